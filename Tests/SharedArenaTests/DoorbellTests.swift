// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SharedArena

/// Writers ring for cells that a server watches, and for no others.
@Suite struct DoorbellTests {
  private func rings(_ arena: Arena) -> [Int] {
    var rings: [Int] = []
    _ = arena.takeRings { rings.append($0) }
    return rings
  }

  private func add(_ handle: RegisterHandle, in arena: Arena) throws {
    #expect(arena.perform(try AtomicRequest(.increment, on: handle.type), on: handle) != nil)
  }

  @Test("an operation on a watched cell rings for its bucket, once until the ring is taken")
  func rings() throws {
    try withTemporaryArena { arena in
      let handles = try (0..<70).map { try ArenaWaitTests.make("n\($0)", in: arena) }
      for handle in handles { try add(handle, in: arena) }
      #expect(rings(arena).isEmpty)
      for index in [3, 64, 69] { arena.setWatched(true, slot: Int(handles[index].slot)) }
      for _ in 0..<2 {
        for handle in handles { try add(handle, in: arena) }
        #expect(!arena.doorbell.isQuiet)
        #expect(rings(arena) == [3, 64, 69])
        #expect(rings(arena).isEmpty && arena.doorbell.isQuiet)
      }
      arena.setWatched(false, slot: Int(handles[64].slot))
      for handle in handles { try add(handle, in: arena) }
      #expect(rings(arena) == [3, 69])
    }
  }

  @Test("slots that are 8192 apart share a bucket")
  func buckets() throws {
    try withTemporaryArena { arena in
      arena.doorbell.ring(8191)
      arena.doorbell.ring(8192)
      arena.doorbell.ring(8192 * 3 + 5)
      #expect(rings(arena) == [0, 5, 8191])
    }
  }

  @Test("loads ring for nobody; deletions and notify do")
  func others() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena, initial: 7)
      arena.setWatched(true, slot: 0)
      #expect(arena.load(handle) == 7)
      _ = arena.perform(try AtomicRequest(.load, on: handle.type), on: handle)
      #expect(arena.info(of: handle)?.value == 7)
      #expect(rings(arena).isEmpty)
      arena.notify(handle)
      #expect(rings(arena) == [0])
      #expect(try arena.delete(named: "n"))
      #expect(rings(arena) == [0])
    }
  }

  @Test("within one process the watcher is told instead, and the sleepers are woken all the same")
  func own() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena)
      let told = Mutex<[Int]>([])
      arena.onWatchedChange { slot in told.withLock { $0.append(slot) } }
      try add(handle, in: arena)
      arena.setWatched(true, slot: 0)
      _ = arena.event(ofSlot: 0).announce()
      try add(handle, in: arena)
      #expect(told.withLock { $0 } == [0] && rings(arena).isEmpty)
      #expect(arena.event(ofSlot: 0).current == 4 | EventWord.watched)
    }
  }

  @Test("the marks that a killed server left are taken off, part by part")
  func stale() throws {
    try withTemporaryArena { arena in
      for index in 0..<10 {
        let handle = try ArenaWaitTests.make("n\(index)", in: arena)
        arena.setWatched(true, slot: Int(handle.slot))
      }
      #expect(arena.clearMarks(from: 0, scanLimit: 4) { $0 == 2 } == 4)
      #expect((0..<10).filter { arena.isWatched(slot: $0) } == [2] + (4..<10))
      #expect(arena.clearMarks(from: 4, scanLimit: 100) { _ in false } == nil)
      #expect((0..<10).filter { arena.isWatched(slot: $0) } == [2])
    }
  }

  @Test("a ring of another process ends the sleep, and one that came before prevents it")
  func sleeping() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let handle = try ArenaWaitTests.make("n", in: arena)
        arena.setWatched(true, slot: 0)
        let child = try ChildProcess {
          guard becomesTrue({ arena.doorbell.bell.current & EventWord.awaited != 0 }) else {
            return 98
          }
          return arena.withCell(of: handle) { $0.store(5) } == nil ? 1 : 0
        }
        arena.awaitRing(nanoseconds: 60_000_000_000)
        var taken: [Int] = []
        #expect(arena.takeRings { taken.append($0) } && taken == [0])
        #expect(arena.load(handle) == 5 && child.wait() == 0)
        arena.doorbell.ring(1)
        arena.awaitRing(nanoseconds: 60_000_000_000)
        #expect(!arena.doorbell.isQuiet)
      }
    }
  }

  static let rounds =
    RunLength.isLong ? 1_000_000 : 20_000

  /// A writer in another process stores by release, which leaves the value in the store buffer when
  /// it looks at the marks; the server would sleep for a minute if it missed one.
  @Test("no ring is lost between processes")
  func exact() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let there = try ArenaWaitTests.make("there", in: arena)
        let back = try ArenaWaitTests.make("back", in: arena)
        let rounds = UInt128(DoorbellTests.rounds)
        arena.setWatched(true, slot: Int(there.slot))
        arena.passBarrier()
        let writer = try ChildProcess {
          var random = SeededGenerator(seed: 7)
          for turn in 1...rounds {
            arena.withCell(of: there) { $0.store(turn, order: .releasing) }
            // The next one comes when this was seen, and then sometimes early, sometimes late.
            while arena.load(back, order: .acquiring) != turn { sched_yield() }
            for _ in 0..<Int.random(in: 0..<256, using: &random) { AtomicFence.spinHint() }
          }
          return 0
        }
        var seen: UInt128 = 0
        while seen < rounds {
          let start = SystemClock.monotonicNanoseconds()
          arena.awaitRing(nanoseconds: 60_000_000_000)
          #expect(SystemClock.monotonicNanoseconds() - start < 30_000_000_000, "after \(seen)")
          guard arena.takeRings({ _ in }) else { continue }
          seen = try #require(arena.load(there, order: .relaxed))
          arena.withCell(of: back) { $0.store(seen, order: .releasing) }
        }
        #expect(writer.wait() == 0)
      }
    }
  }

  /// Two threads of one process: what they touch is seen by the thread sanitizer.
  @Test("no ring is lost between threads")
  func threads() throws {
    try withTemporaryArena { arena in
      let handle = try ArenaWaitTests.make("n", in: arena)
      arena.setWatched(true, slot: 0)
      arena.passBarrier()
      let writers = 3
      let increment = try AtomicRequest(.increment, on: handle.type, order: .relaxed)
      let each: UInt128 = 3000
      let done = Atomic(0)
      for _ in 0..<writers {
        Thread.detachNewThread {
          for _ in 0..<each { _ = arena.perform(increment, on: handle) }
          done.add(1, ordering: .releasing)
        }
      }
      var seen: UInt128 = 0
      while seen < each * UInt128(writers) {
        let start = SystemClock.monotonicNanoseconds()
        arena.awaitRing(nanoseconds: 60_000_000_000)
        #expect(SystemClock.monotonicNanoseconds() - start < 30_000_000_000, "after \(seen)")
        if arena.takeRings({ _ in }) { seen = arena.load(handle, order: .relaxed) ?? 0 }
      }
      #expect(becomesTrue { done.load(ordering: .acquiring) == writers })
    }
  }
}
