// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SharedArena

/// Deleted slots are used again, and never while somebody could still change them. Each test has a
/// process of its own: a thread of any other test that is inside keeps its process from quiescing.
@Suite struct ArenaReuseTests {
  private static func specification(_ name: String) -> RegisterSpecification {
    RegisterSpecification(name: name, type: RegisterType.all[3], ownerUser: 0)
  }

  /// Whether `slot` is used again when many registers come and go.
  private static func isReused(_ slot: UInt32, _ arena: Arena) throws -> Bool {
    var isReused = false
    for index in 0..<800 {
      let made = try arena.create(specification("probe:\(index)"))
      if made.handle.slot == slot { isReused = true }
      _ = try arena.delete(named: "probe:\(index)")
    }
    return isReused
  }

  @Test("what one process deletes, it uses again, and old handles stay stale")
  func alone() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let old = try arena.create(ArenaReuseTests.specification("old")).handle
        #expect(try arena.delete(named: "old"))
        #expect(try ArenaReuseTests.isReused(old.slot, arena))
        #expect(arena.withCell(of: old) { $0.load() } == nil)
        #expect(arena.info(of: old) == nil)
        expectWholeDirectory(arena)
      }
    }
  }

  @Test("while somebody is attached who could know a register, its slot waits")
  func attached() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let old = try arena.create(ArenaReuseTests.specification("old")).handle
        var other: Arena? = try Arena.open(at: arena.path)
        #expect(try arena.delete(named: "old"))
        #expect(try !ArenaReuseTests.isReused(old.slot, arena))
        #expect(other?.find(named: "old") == nil)
        // Who comes later cannot know it, and keeps nothing.
        let later = try Arena.open(at: arena.path)
        other = nil
        #expect(try ArenaReuseTests.isReused(old.slot, arena))
        expectWholeDirectory(later)
      }
    }
  }

  @Test("who quiesces lets go of what was deleted, unless it lent cells")
  func quiesced() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let old = try arena.create(ArenaReuseTests.specification("old")).handle
        let other = try Arena.open(at: arena.path)
        #expect(try arena.delete(named: "old"))
        let before = other.lockByte
        #expect(other.quiesce())
        #expect(other.lockByte == before + 1)
        #expect(try ArenaReuseTests.isReused(old.slot, arena))

        let next = try arena.create(ArenaReuseTests.specification("next")).handle
        let cell = try #require(other.cell(of: next))
        #expect(try arena.delete(named: "next"))
        #expect(!other.quiesce())
        #expect(try !ArenaReuseTests.isReused(next.slot, arena))
        cell.store(.max)
      }
    }
  }

  @Test("a thread inside an operation keeps its process from quiescing")
  func inside() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let handle = try arena.create(ArenaReuseTests.specification("hits")).handle
        _ = try arena.create(ArenaReuseTests.specification("other"))
        #expect(try arena.delete(named: "other"))
        let isInside = DispatchSemaphore(value: 0)
        let mayLeave = DispatchSemaphore(value: 0)
        let hasLeft = DispatchSemaphore(value: 0)
        Thread {
          arena.withCell(of: handle) { _ in
            isInside.signal()
            mayLeave.wait()
          }
          hasLeft.signal()
        }.start()
        isInside.wait()
        #expect(!arena.quiesce())
        mayLeave.signal()
        hasLeft.wait()
        let deadline = ContinuousClock.now + .seconds(30)
        while !arena.quiesce(), ContinuousClock.now < deadline {}
        #expect(arena.quiesce())
        #expect(arena.withCell(of: handle) { _ in arena.lockByte } == 1 << 62 + 1)
      }
    }
  }

  @Test("a pinned slot is used for nothing else, ever")
  func pinned() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let pinned = try arena.create(ArenaReuseTests.specification("pinned")).handle
        #expect(try arena.pin(named: "pinned"))
        #expect(try arena.pin(named: "pinned"))
        #expect(try !arena.pin(named: "missing"))
        #expect(arena.info(of: pinned)?.isPinned == true)
        #expect(arena.find(named: "pinned") == pinned)
        #expect(try arena.delete(named: "pinned"))
        #expect(arena.withCell(of: pinned) { $0.load() } == nil)
        #expect(try !ArenaReuseTests.isReused(pinned.slot, arena))
        expectWholeDirectory(arena)
      }
    }
  }

  @Test("a full arena tells how many slots wait, and goes on when they are free")
  func full() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena(capacity: 10) { arena in
        let other = try Arena.open(at: arena.path)
        for index in 0..<10 { _ = try arena.create(ArenaReuseTests.specification("r:\(index)")) }
        for index in 0..<4 { #expect(try arena.delete(named: "r:\(index)")) }
        #expect(throws: ArenaError.capacityReached(limit: 10, waiting: 4)) {
          try arena.create(ArenaReuseTests.specification("more"))
        }
        #expect(other.quiesce())
        arena.quiesce()
        _ = try arena.create(ArenaReuseTests.specification("more"))
        try arena.maintain()
        #expect(arena.directory.bytes.counters.quarantineCount == 0)
        expectWholeDirectory(arena)
      }
    }
  }

  @Test("a killed process holds nothing")
  func killed() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
        let arena = try Arena.openOrCreate(at: path)
        let old = try arena.create(ArenaReuseTests.specification("old")).handle
        _ = arena.cell(of: old)
        _ = try arena.delete(named: "old")
        withExtendedLifetime(arena) { _ = kill(getpid(), SIGKILL) }
      }
      await #expect(processExitsWith: .success) { [path = path as String] in
        let arena = try Arena.open(at: path)
        #expect(try ArenaReuseTests.isReused(0, arena))
      }
    }
  }

  @Test("a register is never changed through the handle of another, however slots are used again")
  func foreign() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena(capacity: 1024) { arena in
        let other = try Arena.open(at: arena.path)
        let isOver = Atomic(false)
        let wrong = Atomic(0)
        let made = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 3) { thread in
          if thread == 0 {
            let deadline = ContinuousClock.now + .seconds(60)
            var round = 0
            // A create fails while a thread that lost its processor inside keeps all waiting.
            while made.load(ordering: .relaxed) < 10_000, ContinuousClock.now < deadline {
              round += 1
              let name = "r:\(round % 8)"
              _ = try? arena.delete(named: name)
              guard let handle = try? arena.create(ArenaReuseTests.specification(name)).handle
              else { continue }
              made.add(1, ordering: .relaxed)
              // Nobody adds to a register of an odd name.
              if round % 2 == 1, arena.withCell(of: handle, { $0.load() }) ?? 0 != 0 {
                wrong.add(1, ordering: .relaxed)
              }
            }
            isOver.store(true, ordering: .releasing)
            return
          }
          var handles: [RegisterHandle] = []
          while !isOver.load(ordering: .acquiring) {
            for index in stride(from: 0, to: 8, by: 2) {
              if let handle = other.find(named: "r:\(index)") { handles.append(handle) }
            }
            if handles.count > 64 { handles.removeFirst(16) }
            for handle in handles { other.withCell(of: handle) { $0.store(1) } }
            other.quiesce()
          }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(made.load(ordering: .relaxed) == 10_000, "slots were used again")
        expectWholeDirectory(arena)
      }
    }
  }
}
