// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import Synchronization
import TestSupport
import Testing

@testable import RegisterService

@Suite struct WaitHubTests {
  private static let u64 = HubBench.u64

  @Test("a value that is there is told at once, and nothing is marked")
  func immediate() throws {
    try HubBench.use { bench in
      let register = try bench.make("n", Self.u64, 7)
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 7)
      #expect(guest.client.nextResult()?.result == .satisfied(7))
      try guest.wait(2, register, .equal, 8, milliseconds: 0)
      #expect(guest.client.nextResult()?.result == .timedOut(7))
      #expect(bench.hub.watchedCount == 0 && !bench.service.isWatching)
      #expect(!bench.arena.isWatched(slot: 0) && bench.hub.nextDeadline == .max)
    }
  }

  @Test("a wait ends with the operation that satisfies it, by any predicate")
  func predicates() throws {
    let ends: [(ValuePredicate, UInt128, from: UInt128, other: UInt128, last: UInt128)] = [
      (.equal, 5, 0, 4, 5), (.notEqual, 0, 0, 0, 1), (.less, 5, 9, 5, 4),
      (.lessOrEqual, 5, 9, 6, 5), (.greater, 5, 0, 5, 6), (.greaterOrEqual, 5, 0, 4, 5),
      (.anyBits, 6, 0, 8, 10), (.allBits, 6, 0, 4, 7), (.changed, 0, 3, 3, 2),
    ]
    for type in RegisterType.all where type.kind != .float && type.kind != .bytes {
      try HubBench.use { bench in
        for (index, end) in ends.enumerated() {
          let register = try bench.make("n\(index)", type, end.from)
          let guest = HubGuest(bench)
          try guest.wait(1, register, end.0, end.1)
          #expect(guest.results() == [:] && bench.arena.isWatched(slot: index))
          try bench.store(end.other, in: register)
          #expect(guest.results() == [:], "\(end.0) \(type.name)")
          try bench.store(end.last, in: register)
          #expect(guest.results() == [1: .satisfied(end.last)], "\(end.0) \(type.name)")
          #expect(!bench.arena.isWatched(slot: index))
        }
      }
    }
  }

  @Test("floats and bytes are waited for by their own order")
  func kinds() throws {
    try HubBench.use { bench in
      let float = try bench.make("f", Double.registerType, Double(1).atomicBits)
      let bytes = try bench.make("b", RegisterType(name: "bytes4")!, 0x0000_0001)
      let guest = HubGuest(bench)
      try guest.wait(1, float, .less, Double(0).atomicBits)
      try guest.wait(2, bytes, .greater, 0x0000_0002)
      try bench.store(Double.nan.atomicBits, in: float)
      try bench.store(0xFF00_0001, in: bytes)
      #expect(guest.results() == [:])
      try bench.store(Double(-1).atomicBits, in: float)
      try bench.store(0x0000_0102, in: bytes)
      #expect(
        guest.results() == [1: .satisfied(Double(-1).atomicBits), 2: .satisfied(0x0102)])
    }
  }

  @Test("a wait's time ends it with the last value; one that was satisfied by then is satisfied")
  func time() throws {
    try HubBench.use { bench in
      let (register, other) = (try bench.make("n"), try bench.make("m", Self.u64, 6))
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5, milliseconds: 30)
      try guest.wait(2, other, .equal, 9, milliseconds: 20)
      #expect(bench.hub.nextDeadline == bench.now + 20_000_000)
      bench.pass(milliseconds: 19)
      #expect(guest.results() == [:])
      // Without a word: only the look at the end finds it.
      bench.arena.cell(of: register.handle)?.store(5)
      bench.pass(milliseconds: 1)
      #expect(guest.results() == [2: .timedOut(6)])
      bench.pass(milliseconds: 10)
      #expect(guest.results() == [1: .satisfied(5)])
      #expect(bench.hub.nextDeadline == .max && !bench.service.isWatching)
    }
  }

  @Test("a deletion ends the waits, also when the name is made again, and nothing is bound anew")
  func deletion() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5)
      _ = guest.results()
      try bench.service.delete(Array("n".utf8).span)
      let again = try bench.make("n", Self.u64, 5)
      #expect(guest.results() == [1: .refused(.gone)])
      #expect(again.generation != register.generation || again.handle.slot != register.handle.slot)
      #expect(throws: ServiceError.gone) { try guest.wait(2, register, .equal, 5) }
      #expect(bench.hub.watchedCount == 0)
    }
  }

  @Test("writers that tell nobody are found within the time of a sample")
  func sampling() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5)
      #expect(guest.results() == [:])
      let kept = try #require(bench.arena.cell(of: register.handle))
      kept.store(5)
      bench.pass(milliseconds: 49)
      #expect(guest.results() == [:])
      bench.pass(milliseconds: 1)
      #expect(guest.results() == [1: .satisfied(5)])
    }
  }

  @Test("a mark that a stranger took away is set again by the next sample")
  func lostMark() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5)
      _ = guest.results()
      bench.arena.setWatched(false, slot: 0)
      bench.pass(milliseconds: 50)
      #expect(bench.arena.isWatched(slot: 0))
    }
  }

  @Test("other processes are heard at the bell; what nobody waits for costs nobody a turn")
  func rings() throws {
    try HubBench.use { bench in
      let (register, other) = (try bench.make("n"), try bench.make("m"))
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5)
      _ = guest.results()
      let own = try Arena.open(at: bench.arena.path)
      own.withCell(of: other.handle) { $0.store(5) }
      own.withCell(of: register.handle) { $0.store(5) }
      #expect(guest.results() == [:])
      let before = bench.wakeCount
      #expect(bench.service.passRingsOn())
      #expect(bench.wakeCount == before + 1)
      #expect(guest.results() == [1: .satisfied(5)])
    }
  }

  @Test("a ring wakes the hubs that care, and no other")
  func interest() throws {
    try HubBench.use { bench in
      let other = HubWakes()
      let idle = bench.service.makeHub { other.add() }
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5)
      bench.settle()
      let before = bench.wakeCount
      try bench.store(4, in: register)
      try bench.store(3, in: register)
      #expect(bench.wakeCount == before + 1 && other.count == 0)
      #expect(idle.watchedCount == 0)
    }
  }

  @Test("cancelling ends a wait without a result; giving up spares those that end by themselves")
  func cancel() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      try guest.wait(1, register, .equal, 5)
      #expect(guest.client.cancel(1) && !guest.client.cancel(1) && !guest.client.cancel(9))
      #expect(guest.results() == [:] && bench.hub.watchedCount == 0)
      let then = try AtomicRequest(.decrement, on: Self.u64)
      try guest.wait(2, register, .equal, 5)
      try guest.wait(3, register, .equal, 5, milliseconds: 40)
      try guest.wait(4, register, .equal, 5, milliseconds: 40, then: then)
      guest.client.giveUp()
      #expect(guest.results() == [2: .cancelled, 4: .cancelled])
      guest.client.shutDown()
      #expect(guest.results() == [3: .shuttingDown])
    }
  }

  @Test("each limit is told, and what was given back can be taken again")
  func limits() throws {
    var limits = WaitLimits()
    (limits.waits, limits.waitsTotal) = (3, 4)
    try HubBench.use(limits) { bench in
      let register = try bench.make("n")
      let (guest, second) = (HubGuest(bench), HubGuest(bench))
      for key in 1...3 as ClosedRange<UInt32> { try guest.wait(key, register, .equal, 5) }
      #expect {
        try guest.wait(4, register, .equal, 5)
      } throws: { "\($0)".contains("at most 3 open waits") }
      try second.wait(1, register, .equal, 5)
      #expect {
        try second.wait(2, register, .equal, 5)
      } throws: { "\($0)".contains("the server has its 4 open waits") }
      #expect(guest.client.cancel(2))
      try second.wait(2, register, .equal, 5)
      guest.client.close()
      second.client.close()
      #expect(bench.service.board.waits.load(ordering: .relaxed) == 0)
      bench.settle()
      #expect(bench.hub.watchedCount == 0 && !bench.service.isWatching)
    }
  }

  @Test("results that nobody takes count as waits")
  func untaken() throws {
    var limits = WaitLimits()
    limits.waits = 2
    try HubBench.use(limits) { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      for key in 1...2 as ClosedRange<UInt32> { try guest.wait(key, register, .equal, 0) }
      #expect(throws: ServiceError.self) { try guest.wait(3, register, .equal, 0) }
      #expect(guest.calls == 1)
      #expect(guest.results().count == 2)
      try guest.wait(3, register, .equal, 0)
    }
  }

  @Test("one turn looks for a bounded number, and the rest is looked for in the next ones")
  func bounded() throws {
    var limits = WaitLimits()
    limits.waits = 10_000
    try HubBench.use(limits) { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      for key in 1...10_000 as ClosedRange<UInt32> { try guest.wait(key, register, .equal, 5) }
      bench.settle()
      try bench.store(5, in: register)
      #expect(bench.hub.process(now: bench.now))
      var first: [UInt32] = []
      while let (key, _) = guest.client.nextResult() { first.append(key) }
      // In the order in which they came.
      #expect(first == Array(1...UInt32(first.count)))
      #expect(first.count > 200 && first.count <= WaitHub.turn)
      #expect(guest.results().count == 10_000 - first.count)
      #expect(bench.hub.watchedCount == 0)
    }
  }
}
