// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

// Memory is taken here and nowhere else, on the thread that creates. The steps need only the lock,
// so a helper thread may take them ahead of need.
extension DirectoryWriter {
  private static let smallestStep = 64  // slots: one page of cells, four of records
  private static let largestStep = 4096  // slots: 1 MiB of records, 256 KiB of cells

  /// Makes sure that `slot` and all before it have memory.
  func growSlots(toHold slot: Int) throws(ArenaError) {
    var watermark = directory.watermark
    while slot >= watermark {
      let step = min(max(watermark, Self.smallestStep), Self.largestStep)
      let end = min(watermark + step, header.capacity)
      let records = directory.record(watermark, 0)..<directory.record(end, 0)
      let cells = cell(watermark, 0)..<cell(end, 0)
      try directoryFile.allocate(records.roundedToPages)
      try valuesFile.allocate(cells.roundedToPages)
      CrashPoint.growthAllocated.reached()
      // pairs with the acquire in Directory.watermark
      bytes.release(UInt64(truncatingIfNeeded: end), at: HeaderLayout.watermark)
      watermark = end
    }
  }

  /// Makes sure that one more name leaves the index at most half full and a quarter dead.
  func makeRoomInIndex() throws(ArenaError) {
    let counters = try counters()
    guard let level = IndexLevel(counters.indexWord, in: header) else { throw malformed("index") }
    if counters.indexUsed >= level.wordCount / 2 || counters.indexDead > level.wordCount / 4 {
      try rebuildIndex(level, counters)
    }
  }

  /// Builds a level of its own for the names that live, a quarter full or less, and moves to it.
  ///
  /// The old level stays as it is: a reader may be inside, and finds there all that lived when it
  /// began. Its memory is not used again until attachments tell when the last reader left.
  private func rebuildIndex(
    _ oldLevel: IndexLevel, _ old: DirectoryCounters
  ) throws(ArenaError) {
    var log2 = IndexLayout.firstLevelLog2
    while UInt64(1) << UInt64(log2) < old.liveCount &* 4, log2 < 40 { log2 += 1 }
    let level = IndexLevel(log2: log2, start: old.indexEnd)
    let end = level.start + level.byteCount
    guard end <= header.indexOffset + header.indexLength else {
      throw .indexSpaceUsed(limit: header.indexLength)
    }
    // A writer that was killed while it filled this place left words behind.
    let range = level.start..<end
    try directoryFile.punchHole(range)
    try directoryFile.allocate(range)
    CrashPoint.rebuildAllocated.reached()
    let used = try fill(level, from: oldLevel)
    CrashPoint.rebuildFilled.reached()
    var new = old
    new.indexUsed = used
    new.indexDead = 0
    new.indexWord = level.word
    new.indexEnd = end
    bytes.write(
      Intent(operation: .rebuild, slot: 0, position: 0, previousWord: 0, counters: new))
    CrashPoint.rebuildIntended.reached()
    bytes.write(new)
    CrashPoint.rebuildApplied.reached()
    bytes.clearIntent()
  }

  /// Enters every name of the `old` level that lives into an empty one. Costs the length of the old
  /// level, however many slots were used before.
  private func fill(_ level: IndexLevel, from old: IndexLevel) throws(ArenaError) -> Int {
    let slots = directory.nextSlot
    var used = 0
    for oldPosition in 0...old.mask {
      guard let slot = directory.slot(in: bytes.relaxed(old.offset(oldPosition))), slot < slots,
        directory.liveGeneration(ofRecord: slot) != nil
      else { continue }
      let hash = directory.hash(ofRecord: slot)
      var position = Int(truncatingIfNeeded: hash) & level.mask
      while bytes.relaxed(level.offset(position)) != 0 { position = (position + 1) & level.mask }
      used += 1
      // One word stays empty, or the search above would never end.
      guard used < level.wordCount else { throw malformed("live count") }
      bytes.write(
        IndexLayout.word(hash: hash, slot: slot), at: level.offset(position))
    }
    return used
  }
}

extension Range<Int> {
  /// The pages that the range touches.
  fileprivate var roundedToPages: Range<Int> {
    lowerBound & ~4095..<upperBound.roundedUpToPage
  }
}
