// SPDX-License-Identifier: Apache-2.0

// Memory for slots is taken here and nowhere else: ahead of need by whoever maintains the arena,
// else by the change that needs it.
extension DirectoryWriter {
  private static let smallestStep = 64  // slots: one page of cells, four of records
  private static let largestStep = 4096  // slots: 1 MiB of records, 256 KiB of cells

  /// Makes sure that `slot` and all before it have memory.
  func growSlots(toHold slot: Int) throws(ArenaError) {
    while slot >= directory.watermark { try growSlots() }
  }

  /// So many unused slots are enough, 10 MiB of them: a quarter of a large arena would be gigabytes
  /// that nobody may ever need.
  private static let mostAhead = 1 << 15

  /// How few unused slots below the watermark call for more.
  static func fewestAhead(of watermark: Int) -> Int { min(watermark / 4, mostAhead) }

  /// Grows by one step when too few slots are left of what there is. False: there is enough.
  func growAhead() throws(ArenaError) -> Bool {
    let watermark = directory.watermark
    guard watermark < header.capacity,
      watermark - directory.nextSlot <= Self.fewestAhead(of: watermark)
    else { return false }
    try growSlots()
    return true
  }

  private func growSlots() throws(ArenaError) {
    let watermark = directory.watermark
    let step = min(max(watermark, Self.smallestStep), Self.largestStep)
    let end = min(watermark + step, header.capacity)
    let records = directory.record(watermark, 0)..<directory.record(end, 0)
    let cells = cell(watermark, 0)..<cell(end, 0)
    try directoryFile.allocate(records.roundedToPages)
    try valuesFile.allocate(cells.roundedToPages)
    CrashPoint.growthAllocated.reached()
    // pairs with the acquire in Directory.watermark
    bytes.release(UInt64(truncatingIfNeeded: end), at: HeaderLayout.watermark)
  }
}

extension Range<Int> {
  /// The pages that the range touches.
  fileprivate var roundedToPages: Range<Int> {
    lowerBound & ~4095..<upperBound.roundedUpToPage
  }
}
