// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a writer is about to do, written down before it starts: if it dies, the next writer
/// finishes the work or takes it back, without searching.
///
///     63            32 31        8 7         0
///    | slot           | 0         | operation |
struct Intent {
  enum Operation: UInt8 {
    case create = 1
    case delete = 2
    /// The index moves to a new level, which is complete.
    case rebuild = 3
  }

  var operation: Operation
  var slot: Int
  /// The index word that changes.
  var position: Int
  /// What it held before.
  var previousWord: UInt64
  /// The counters as they are once the work is done.
  var counters: DirectoryCounters
}

/// The header's numbers that change together, one set per finished create, delete or rebuild.
struct DirectoryCounters: Equatable {
  var nextSlot: Int
  var liveCount: UInt64
  var deleteEpoch: UInt64
  /// Words of the present level that are not empty, tombstones included.
  var indexUsed: Int
  var indexDead: Int
  var indexWord: UInt64
  var indexEnd: Int
}

extension SharedBytes {
  var counters: DirectoryCounters {
    DirectoryCounters(
      nextSlot: Int(truncatingIfNeeded: acquire(HeaderLayout.nextSlot)),
      liveCount: relaxed(HeaderLayout.liveCount),
      deleteEpoch: relaxed(HeaderLayout.deleteEpoch),
      indexUsed: Int(truncatingIfNeeded: relaxed(HeaderLayout.indexUsed)),
      indexDead: Int(truncatingIfNeeded: relaxed(HeaderLayout.indexDead)),
      indexWord: relaxed(HeaderLayout.indexWord),
      indexEnd: Int(truncatingIfNeeded: relaxed(HeaderLayout.indexEnd)))
  }

  /// Puts finished counters in place. Doing it twice is doing it once.
  func write(_ counters: DirectoryCounters) {
    // Whoever dies has published before it counted.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    release(UInt64(truncatingIfNeeded: counters.nextSlot), at: HeaderLayout.nextSlot)
    write(counters.liveCount, at: HeaderLayout.liveCount)
    // pairs with the acquire in Directory.deleteEpoch
    release(counters.deleteEpoch, at: HeaderLayout.deleteEpoch)
    write(UInt64(truncatingIfNeeded: counters.indexUsed), at: HeaderLayout.indexUsed)
    write(UInt64(truncatingIfNeeded: counters.indexDead), at: HeaderLayout.indexDead)
    write(UInt64(truncatingIfNeeded: counters.indexEnd), at: HeaderLayout.indexEnd)
    if relaxed(HeaderLayout.indexWord) != counters.indexWord {
      // pairs with the acquire in Directory.level
      release(counters.indexWord, at: HeaderLayout.indexWord)
    }
  }

  /// Writes the intent down; it counts from the last store on.
  func write(_ intent: Intent) {
    write(UInt64(truncatingIfNeeded: intent.position), at: HeaderLayout.intentPosition)
    write(intent.previousWord, at: HeaderLayout.intentPreviousWord)
    let counters = intent.counters
    write(UInt64(truncatingIfNeeded: counters.nextSlot), at: HeaderLayout.intentNextSlot)
    write(counters.liveCount, at: HeaderLayout.intentLiveCount)
    write(counters.deleteEpoch, at: HeaderLayout.intentDeleteEpoch)
    write(UInt64(truncatingIfNeeded: counters.indexUsed), at: HeaderLayout.intentIndexUsed)
    write(UInt64(truncatingIfNeeded: counters.indexDead), at: HeaderLayout.intentIndexDead)
    write(counters.indexWord, at: HeaderLayout.intentIndexWord)
    write(UInt64(truncatingIfNeeded: counters.indexEnd), at: HeaderLayout.intentIndexEnd)
    // pairs with the acquire in `intent`
    release(
      UInt64(truncatingIfNeeded: intent.slot) << 32 | UInt64(intent.operation.rawValue),
      at: HeaderLayout.intent)
    // Whoever dies had written the intent down before it did the first thing.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
  }

  func clearIntent() {
    release(0, at: HeaderLayout.intent)
  }

  /// The intent of a writer that did not get to clear it; nil: none, or not one of this version's.
  var intent: Intent? {
    let word = acquire(HeaderLayout.intent)
    guard let operation = Intent.Operation(rawValue: UInt8(truncatingIfNeeded: word)) else {
      return nil
    }
    func length(_ offset: Int) -> Int { Int(truncatingIfNeeded: relaxed(offset)) }
    return Intent(
      operation: operation, slot: Int(word >> 32), position: length(HeaderLayout.intentPosition),
      previousWord: relaxed(HeaderLayout.intentPreviousWord),
      counters: DirectoryCounters(
        nextSlot: length(HeaderLayout.intentNextSlot),
        liveCount: relaxed(HeaderLayout.intentLiveCount),
        deleteEpoch: relaxed(HeaderLayout.intentDeleteEpoch),
        indexUsed: length(HeaderLayout.intentIndexUsed),
        indexDead: length(HeaderLayout.intentIndexDead),
        indexWord: relaxed(HeaderLayout.intentIndexWord),
        indexEnd: length(HeaderLayout.intentIndexEnd)))
  }
}
