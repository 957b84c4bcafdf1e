// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import TestSupport
import Testing

@testable import AtomicsClient

@Suite struct CallTableTests {
  private var table = CallTable()
  private let now = Deadline(nanoseconds: 1_000)

  private func call(_ allowance: UInt64? = nil) -> PendingCall {
    PendingCall(.ping, allowance: allowance)
  }

  private mutating func remove(
    _ call: PendingCall, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let isRemoved = table.remove(call)
    #expect(isRemoved, sourceLocation: sourceLocation)
  }

  private func wait(milliseconds: UInt32? = nil) throws -> PendingCall {
    let type = try #require(RegisterType(name: "u64"))
    let register = RegisterReference(
      name: "x", type: type, generation: 1, place: .byName(connection: 1))
    let plan = WaitPlan(predicate: .equal, timeoutMilliseconds: milliseconds)
    return PendingCall(.wait(plan, on: register), allowance: nil)
  }

  @Test("first come, first served; what is put back comes before all who never had their turn")
  mutating func keepsOrder() {
    let calls = (0..<4).map { _ in call() }
    for call in calls { table.add(call, now: now) }
    #expect(table.next() === calls[0])
    #expect(table.next() === calls[1])
    table.putBack(calls[0])
    table.putBack(calls[1])
    for index in [0, 1, 2, 3] { #expect(table.next() === calls[index]) }
    #expect(table.next() == nil)
    #expect(table.count == 4)
  }

  @Test("a wait does not stand in the way of a call that came later")
  mutating func separatesWaits() throws {
    let (first, second) = (try wait(milliseconds: 7), call())
    table.add(first, now: now)
    table.add(second, now: now)
    #expect(first.waitEnd == Deadline(nanoseconds: 7_001_000))
    #expect(table.next() === second)
    #expect(table.next() == nil)
    #expect(table.nextWait() === first)
  }

  @Test("a call ends once, and its ticket means nobody afterwards, also when its place is taken")
  mutating func forgetsTickets() {
    let (first, second) = (call(), call())
    table.add(first, now: now)
    let ticket = first.ticket
    #expect(table[ticket] === first)
    remove(first)
    let isRemovedAgain = table.remove(first)
    #expect(!isRemovedAgain)
    #expect(table[ticket] == nil)
    table.add(second, now: now)
    #expect(table[ticket] == nil)
    #expect(second.ticket != ticket)
    #expect(table[second.ticket] === second)
    #expect(table.next() === second)
    #expect(table[.max] == nil && table[CallTable.errandMark | second.ticket] == nil)
  }

  @Test("a call that nobody has handed over yet cannot be removed")
  mutating func ignoresForeigners() {
    table.add(call(), now: now)
    let isRemoved = table.remove(call())
    #expect(!isRemoved)
    #expect(table.count == 1)
  }

  @Test("calls whose time is up come in the order of their deadlines, those that ended do not")
  mutating func expires() {
    let calls = [30, 10, 20, 40].map { call($0) } + [call(nil)]
    for call in calls { table.add(call, now: now) }
    #expect(table.nextDeadline() == Deadline(nanoseconds: 1_010))
    #expect(table.expired(at: now) == nil)
    remove(calls[2])
    var expired: [UInt64] = []
    while let call = table.expired(at: Deadline(nanoseconds: 1_030)) {
      expired.append(call.deadline.nanoseconds)
      remove(call)
    }
    #expect(expired == [1_010, 1_030])
    remove(calls[3])
    #expect(table.nextDeadline() == .never)
    #expect(table.count == 1)
  }

  @Test("calls that end in line do not pile up there")
  mutating func sweeps() {
    var line = CallLine()
    for _ in 0..<10_000 {
      let call = call(5)
      table.add(call, now: now)
      line.append(call)
      _ = table.remove(call)
      line.noteEnd()
      line.sweep()
    }
    #expect(line.count < 200)
    #expect(table.count == 0)
    #expect(table.next() == nil)
    #expect(table.nextDeadline() == .never)
  }

  @Test("random calls, answers, deadlines: nobody is lost, nobody comes twice")
  mutating func survivesAnything() {
    var random = SeededGenerator(seed: 3)
    var (made, ended, underWay) = (0, 0, [PendingCall]())
    var time = now
    for _ in 0..<20_000 {
      time = time.advanced(by: .random(in: 0...50, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0, 1:
        table.add(call(.random(in: 0...5_000, using: &random)), now: time)
        made += 1
      case 2, 3:
        guard let call = table.next() else { continue }
        #expect(call.stage == .queued)
        call.stage = .sent
        underWay.append(call)
      case 4:
        guard let index = underWay.indices.randomElement(using: &random) else { continue }
        let call = underWay.remove(at: index)
        if call.stage == .ended { continue }
        if Bool.random(using: &random) {
          table.putBack(call)
        } else {
          #expect(table[call.ticket] === call)
          remove(call)
          ended += 1
        }
      default:
        while let call = table.expired(at: time) {
          #expect(call.deadline <= time && call.stage != .ended)
          remove(call)
          ended += 1
        }
        #expect(table.nextDeadline() > time)
      }
      #expect(table.count == made - ended)
    }
    #expect(Set(table.all.map(\.ticket)).count == table.count)
  }
}
