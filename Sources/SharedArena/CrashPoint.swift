// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import Glibc
  import Synchronization
#endif

/// The moments between two steps of a change to the directory: whatever is killed there, the next
/// writer repairs. Tests arm one and die at it; release builds contain none of this.
package enum CrashPoint: UInt8, CaseIterable, Codable, Sendable {
  case createIntended = 1
  case createFilled, createIndexed, createCounted, createPublished, createApplied
  case deleteIntended, deletePublished, deleteGenerationRaised, deleteUnindexed, deleteQueued
  case deleteApplied
  case growthAllocated
  case rebuildAllocated, rebuildFilled, rebuildIntended, rebuildRetired, rebuildMoved
  case rebuildApplied
  case reclaimIntended, reclaimFreed, reclaimApplied
  case placePunched
  case pinIntended, pinMarked, pinApplied
  // Of the repair of a change that was cut off.
  case createUndone = 48
  // Of a snapshot, not of the directory: its two files, not the next writer, have to be right.
  case snapshotWritten = 64
  case snapshotSynced, snapshotReplaced, snapshotKept

  /// Those of changes to the directory.
  package static let ofDirectory = allCases.filter { $0.rawValue < createUndone.rawValue }
  /// Those of writing a snapshot.
  package static let ofSnapshot = allCases.filter { $0.rawValue >= snapshotWritten.rawValue }

  #if DEBUG
    private static let armed = Atomic<UInt8>(0)
    private static let passesLeft = Atomic(0)

    /// Kills the process, as `kill -9` does, when it gets to this point, after passing it `count`
    /// times.
    package func arm(passing count: Int = 0) {
      Self.passesLeft.store(count, ordering: .relaxed)
      Self.armed.store(rawValue, ordering: .relaxed)
    }

    @inline(__always)
    func reached() {
      guard Self.armed.load(ordering: .relaxed) == rawValue else { return }
      if Self.passesLeft.wrappingSubtract(1, ordering: .relaxed).newValue < 0 {
        kill(getpid(), SIGKILL)
      }
    }
  #else
    @inline(__always)
    func reached() {}
  #endif
}

/// Lets a file system be full after some allocations, for tests; nothing in release builds.
package enum MemoryFault {
  #if DEBUG
    private static let allocationsLeft = Atomic<Int>(.max)

    /// Lets `count` more allocations of this process succeed, and no others until it is called
    /// again.
    package static func allow(_ count: Int) {
      allocationsLeft.store(count, ordering: .relaxed)
    }

    static var isFull: Bool {
      allocationsLeft.wrappingSubtract(1, ordering: .relaxed).newValue < 0
    }
  #else
    @inline(__always) static var isFull: Bool { false }
  #endif
}
