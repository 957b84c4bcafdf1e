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
    /// A deleted slot, whose last possible user has gone, becomes free.
    case reclaim = 4
    /// A slot is kept out of reuse for ever.
    case pin = 5
  }

  var operation: Operation
  var slot: Int
  /// The index word that changes.
  var position = 0
  /// What it held before.
  var previousWord: UInt64 = 0
  /// Delete: how many index words, up to and with `position`, become empty; 0: a tombstone stays.
  var run = 0
  /// Create: what a free record linked to, or `noLink` for a slot that was never used. Delete: the
  /// list's last slot + 1. Reclaim: the free list's first slot + 1. Rebuild: the old level's place.
  var link = 0
  /// The counters as they are once the work is done.
  var counters: DirectoryCounters

  static let noLink = -1
}

/// The header's numbers that change together, one set per finished change.
struct DirectoryCounters: Equatable {
  var nextSlot = 0
  var liveCount = 0
  var deleteEpoch = 0
  /// Words of the present level that are not empty, tombstones included.
  var indexUsed = 0
  var indexDead = 0
  /// Heads and tails of lists are slots + 1; 0: the list is empty.
  var freeHead = 0
  var freeCount = 0
  var quarantineHead = 0
  var quarantineTail = 0
  var quarantineCount = 0
  var pinnedCount = 0
  var indexWord: UInt64
}

extension DirectoryCounters {
  /// All but the index word, as they lie in the header from `HeaderLayout.counters` on.
  fileprivate init(at start: Int, in bytes: SharedBytes, indexWord: UInt64) {
    func number(_ field: Int) -> Int {
      Int(truncatingIfNeeded: bytes.relaxed(start + field - HeaderLayout.counters))
    }
    nextSlot = number(HeaderLayout.nextSlot)
    liveCount = number(HeaderLayout.liveCount)
    deleteEpoch = number(HeaderLayout.deleteEpoch)
    indexUsed = number(HeaderLayout.indexUsed)
    indexDead = number(HeaderLayout.indexDead)
    freeHead = number(HeaderLayout.freeHead)
    freeCount = number(HeaderLayout.freeCount)
    quarantineHead = number(HeaderLayout.quarantineHead)
    quarantineTail = number(HeaderLayout.quarantineTail)
    quarantineCount = number(HeaderLayout.quarantineCount)
    pinnedCount = number(HeaderLayout.pinnedCount)
    self.indexWord = indexWord
  }

  fileprivate func write(at start: Int, in bytes: SharedBytes) {
    func put(_ value: Int, _ field: Int) {
      bytes.release(UInt64(truncatingIfNeeded: value), at: start + field - HeaderLayout.counters)
    }
    // In the header, read by others: pairs with the acquires of Directory.nextSlot and
    // Directory.deleteEpoch. In an intent nobody looks before its own release.
    put(nextSlot, HeaderLayout.nextSlot)
    put(liveCount, HeaderLayout.liveCount)
    put(deleteEpoch, HeaderLayout.deleteEpoch)
    put(indexUsed, HeaderLayout.indexUsed)
    put(indexDead, HeaderLayout.indexDead)
    put(freeHead, HeaderLayout.freeHead)
    put(freeCount, HeaderLayout.freeCount)
    put(quarantineHead, HeaderLayout.quarantineHead)
    put(quarantineTail, HeaderLayout.quarantineTail)
    put(quarantineCount, HeaderLayout.quarantineCount)
    put(pinnedCount, HeaderLayout.pinnedCount)
  }
}

extension SharedBytes {
  var counters: DirectoryCounters {
    DirectoryCounters(
      at: HeaderLayout.counters, in: self, indexWord: relaxed(HeaderLayout.indexWord))
  }

  /// Puts finished counters in place. Doing it twice is doing it once.
  func write(_ counters: DirectoryCounters) {
    // Whoever dies has published before it counted.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    writeIndexWord(of: counters)
    counters.write(at: HeaderLayout.counters, in: self)
  }

  /// The level before the delete epoch at which the old one is given up: who attaches at that epoch
  /// must not find the old level any more.
  func writeIndexWord(of counters: DirectoryCounters) {
    if relaxed(HeaderLayout.indexWord) != counters.indexWord {
      // pairs with the acquire in Directory.find: the level's words are all there
      release(counters.indexWord, at: HeaderLayout.indexWord)
    }
  }

  /// Writes the intent down; it counts from the last store on.
  func write(_ intent: Intent) {
    func put(_ value: Int, _ field: Int) { write(UInt64(truncatingIfNeeded: value), at: field) }
    put(intent.position, HeaderLayout.intentPosition)
    write(intent.previousWord, at: HeaderLayout.intentPreviousWord)
    put(intent.run, HeaderLayout.intentRun)
    put(intent.link, HeaderLayout.intentLink)
    write(intent.counters.indexWord, at: HeaderLayout.intentIndexWord)
    intent.counters.write(at: HeaderLayout.intentCounters, in: self)
    // pairs with the acquire in `intent`
    release(
      UInt64(truncatingIfNeeded: intent.slot) << 32 | UInt64(intent.operation.rawValue),
      at: HeaderLayout.intent)
    // Whoever dies had written the intent down before it did the first thing.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
  }

  /// Everything that the intent announced is done.
  func clearIntent() {
    // pairs with the acquire in `intent`
    release(0, at: HeaderLayout.intent)
    // The next intent's words stay behind this store.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
  }

  /// The intent of a writer that did not get to clear it; nil: none, or not one of this version's.
  var intent: Intent? {
    let word = acquire(HeaderLayout.intent)
    guard let operation = Intent.Operation(rawValue: UInt8(truncatingIfNeeded: word)) else {
      return nil
    }
    func number(_ offset: Int) -> Int { Int(truncatingIfNeeded: relaxed(offset)) }
    return Intent(
      operation: operation, slot: Int(word >> 32), position: number(HeaderLayout.intentPosition),
      previousWord: relaxed(HeaderLayout.intentPreviousWord),
      run: number(HeaderLayout.intentRun), link: number(HeaderLayout.intentLink),
      counters: DirectoryCounters(
        at: HeaderLayout.intentCounters, in: self,
        indexWord: relaxed(HeaderLayout.intentIndexWord)))
  }
}
