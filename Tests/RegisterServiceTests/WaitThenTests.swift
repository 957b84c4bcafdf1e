// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import SharedArena
import Synchronization
import TestSupport
import Testing

@testable import RegisterService

/// Waits that run an operation on the very value that satisfies them.
@Suite struct WaitThenTests {
  private static let u64 = HubBench.u64

  private func take(_ type: RegisterType = u64) throws -> AtomicRequest {
    try AtomicRequest(.sub, on: type, operand: 1)
  }

  @Test("a semaphore serves those who wait in their order, and never goes below zero")
  func semaphore() throws {
    try HubBench.use { bench in
      let permits = try bench.make("permits", Self.u64, 1)
      let guests = (0..<5).map { _ in HubGuest(bench) }
      for guest in guests { try guest.wait(1, permits, .greaterOrEqual, 1, then: take()) }
      let one = AtomicOutcome(old: 1, new: 0)
      #expect(guests[0].results() == [1: .performed(one, on: 1)])
      for guest in guests[1...] { #expect(guest.results() == [:]) }
      try bench.run(.add, 2, on: permits)
      #expect(guests[1].results() == [1: .performed(AtomicOutcome(old: 2, new: 1), on: 2)])
      #expect(guests[2].results() == [1: .performed(one, on: 1)])
      #expect(guests[3].results() == [:] && guests[4].results() == [:])
      #expect(try bench.service.load(permits) == 0)
    }
  }

  @Test("who comes later stands behind those who wait, also when there is something to take")
  func order() throws {
    try HubBench.use { bench in
      let permits = try bench.make("permits")
      let (first, second) = (HubGuest(bench), HubGuest(bench))
      try first.wait(1, permits, .greaterOrEqual, 1, then: take())
      bench.settle()
      try bench.run(.add, 1, on: permits)
      try second.wait(2, permits, .greaterOrEqual, 1, then: take())
      #expect(second.results() == [:])
      #expect(first.results() == [1: .performed(AtomicOutcome(old: 1, new: 0), on: 1)])
      try bench.run(.add, 1, on: permits)
      #expect(second.results() == [2: .performed(AtomicOutcome(old: 1, new: 0), on: 1)])
    }
  }

  @Test("an operation that declines on that value, or is refused, ends the wait with that")
  func declining() throws {
    try HubBench.use { bench in
      let register = try bench.make("n", Self.u64, 3)
      let guest = HubGuest(bench)
      let exchange = try AtomicRequest(
        .compareExchangeStrong, on: Self.u64, operand: 9, expected: 4)
      try guest.wait(1, register, .greater, 2, then: exchange)
      let declined = AtomicOutcome(old: 3, new: 3, succeeded: false)
      #expect(guest.results() == [1: .performed(declined, on: 3)])
      let bounded = try AtomicRequest(
        .add, on: Self.u64, modifier: .overflow(.fail, least: 0, greatest: 5), operand: 3)
      try guest.wait(2, register, .greater, 2, then: bounded)
      #expect(guest.results() == [2: .performed(declined, on: 3)])
      let load = try AtomicRequest(.load, on: Self.u64, order: .acquiring)
      try guest.wait(3, register, .equal, 3, then: load)
      #expect(guest.results() == [3: .performed(AtomicOutcome(old: 3, new: 3), on: 3)])
      let bit = try AtomicRequest(.bitTestSet, on: Self.u64, index: 2)
      try guest.wait(4, register, .equal, 3, then: bit)
      #expect(guest.results() == [4: .performed(AtomicOutcome(old: 0, new: 1), on: 3)])
      #expect(try bench.service.load(register) == 7)
    }
  }

  @Test("a restore gap bounds what a wait may do, too")
  func bounds() throws {
    try withTemporaryArena { arena in
      let bench = HubBench(arena, takingSnapshots: true)
      let register = try bench.service.create(
        RegisterDefinition(
          name: "n", type: Self.u64, initial: 1, ownerUser: 0, restoreGap: 10)
      ).register
      let guest = HubGuest(bench)
      let add = try AtomicRequest(.add, on: Self.u64, operand: 1)
      try guest.wait(1, register, .greaterOrEqual, 1, then: add)
      #expect(
        guest.results() == [1: .refused(.notSavedYet(Self.u64, found: 1))])
      #expect(try bench.service.load(register) == 1)
    }
  }

  @Test("one that timed out, was cancelled or closed takes nothing")
  func ended() throws {
    try HubBench.use { bench in
      let permits = try bench.make("permits")
      let guest = HubGuest(bench)
      try guest.wait(1, permits, .greaterOrEqual, 1, milliseconds: 10, then: take())
      try guest.wait(2, permits, .greaterOrEqual, 1, then: take())
      bench.pass(milliseconds: 10)
      #expect(guest.results() == [1: .timedOut(0)])
      #expect(guest.client.cancel(2))
      let other = HubGuest(bench)
      try other.wait(3, permits, .greaterOrEqual, 1, then: take())
      other.client.close()
      try bench.run(.add, 1, on: permits)
      bench.settle()
      #expect(try bench.service.load(permits) == 1)
    }
  }

  static let each = RunLength.isLong ? 20_000 : 300

  /// Two hubs on threads of their own take permits, two others give them; the books must balance.
  @Test("hubs on several threads and those who map the register share one semaphore exactly")
  func threads() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      let permits = try service.create(
        RegisterDefinition(name: "permits", type: Self.u64, ownerUser: 0)
      ).register
      let taken = Atomic(0)
      let given = Atomic(0)
      let total = 2 * Self.each
      let takers = (0..<2).map { _ in
        Thread { Self.serve(service, permits, count: Self.each, taken) }
      }
      for thread in takers { thread.start() }
      for _ in 0..<2 {
        Thread.detachNewThread {
          guard let give = try? AtomicRequest(.add, on: Self.u64, order: .releasing, operand: 1)
          else { return }
          for _ in 0..<Self.each {
            _ = arena.perform(give, on: permits.handle)
            given.add(1, ordering: .releasing)
          }
        }
      }
      #expect(becomesTrue { taken.load(ordering: .acquiring) == total })
      #expect(becomesTrue { given.load(ordering: .acquiring) == total })
      #expect(try service.load(permits) == 0)
    }
  }

  /// Takes `count` permits, one wait after the other. Nothing but rings brings it on: its clock
  /// stands still, so that no sample helps.
  private static func serve(
    _ service: RegisterService, _ permits: RegisterReference, count: Int,
    _ taken: borrowing Atomic<Int>
  ) {
    let flag = HubFlag()
    let hub = service.makeHub { flag.value.store(true, ordering: .releasing) }
    let client = hub.makeClient {}
    defer { client.close() }
    guard let take = try? AtomicRequest(.sub, on: u64, operand: 1) else { return }
    let condition = WaitCondition(.greaterOrEqual, 1, then: take)
    for key in 0..<UInt32(count) {
      try? client.wait(key, for: permits, until: condition, timeout: nil, now: 0)
      var result = client.nextResult()
      let isServed = becomesTrue {
        if result != nil { return true }
        if flag.value.exchange(false, ordering: .acquiring) {
          while hub.process(now: 0) {}
          result = client.nextResult()
        }
        return result != nil
      }
      guard isServed, case .performed(let outcome, _)? = result?.result, outcome.old >= 1 else {
        Issue.record("\(String(describing: result)) for wait \(key)")
        return
      }
      taken.add(1, ordering: .releasing)
    }
  }
}
