// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension DirectoryWriter {
  private static let allocationStep = 1 << 20

  /// Makes sure that one more name leaves the index sparse: where it gets crowded, or a quarter of
  /// it are tombstones, a level sized for the names that live is built and takes its place.
  ///
  /// Who keeps the directory for life builds a piece with each change; others build all at once,
  /// since nobody would carry on for them.
  func makeRoomInIndex() throws(ArenaError) {
    let counters = try counters()
    let level = try level(of: counters)
    do throws(ArenaError) {
      try memory.withLock { (memory: inout Memory) throws(ArenaError) in
        if memory.building == nil { memory.building = try newBuilding(level, counters) }
        while var building = memory.building {
          // Nothing half done is remembered when a step fails.
          memory.building = nil
          // One that has filled up meanwhile is begun anew, larger.
          if try !advance(&building), !building.isCrowded { memory.building = building }
          if holdsForLife { break }
        }
      }
    } catch .fileSystemFull where counters.indexUsed < fullCount(level) {
      // There is room for this name at least.
    }
    guard counters.indexUsed >= fullCount(level) else { return }
    // It may have moved just now.
    let present = try self.counters()
    guard present.indexUsed < fullCount(try self.level(of: present)) else {
      throw .indexSpaceUsed(limit: header.indexLength)
    }
  }

  private func fullCount(_ level: IndexLevel) -> Int { level.wordCount / 8 * 7 }

  /// What to build when `level` is crowded and there is a place for a better one.
  private func newBuilding(
    _ level: IndexLevel, _ counters: DirectoryCounters
  ) throws(ArenaError) -> IndexBuilding? {
    let largest = IndexLayout.largestLevelLog2(capacity: header.capacity)
    let isCrowded = counters.indexUsed >= level.wordCount / 8 * 3 && level.log2 < largest
    guard isCrowded || counters.indexDead > level.wordCount / 4 else { return nil }
    var log2 = IndexLayout.firstLevelLog2
    while 1 << log2 < counters.liveCount * 4, log2 < largest { log2 += 1 }
    // The next larger ones when both places of the right size still wait.
    for log2 in log2...largest {
      for half in 0...1 {
        let new = IndexLevel(log2: log2, half: half, in: header)
        let place = HeaderLayout.indexPlaces + 8 * IndexPlace.number(log2: log2, half: half)
        guard new != level, bytes.relaxed(place) == 0 else { continue }
        // A writer that was killed while it built here left words behind.
        try directoryFile.punchHole(new.start..<new.start + new.byteCount)
        return IndexBuilding(new, from: level)
      }
    }
    return nil
  }

  /// One step of building. True: it was the last one.
  private func advance(_ building: inout IndexBuilding) throws(ArenaError) -> Bool {
    if !building.isAllocated {
      let start = building.level.start + building.allocatedByteCount
      let end = min(start + Self.allocationStep, building.level.start + building.level.byteCount)
      try directoryFile.allocate(start..<end)
      building.allocatedByteCount = end - building.level.start
      CrashPoint.rebuildAllocated.reached()
      return false
    }
    building.copy(in: bytes)
    guard building.isComplete, !building.isCrowded else { return false }
    CrashPoint.rebuildFilled.reached()
    try moveIndex(to: building)
    return true
  }

  /// Puts a whole level in the place of the present one, which waits until its last reader is gone.
  private func moveIndex(to building: IndexBuilding) throws(ArenaError) {
    guard let oldPlace = building.source.place(in: header) else { throw malformed("index") }
    var counters = try counters()
    counters.deleteEpoch += 1
    counters.indexUsed = building.usedCount
    counters.indexDead = building.deadCount
    counters.indexWord = building.level.word
    let intent = Intent(operation: .rebuild, slot: 0, link: oldPlace, counters: counters)
    bytes.write(intent)
    CrashPoint.rebuildIntended.reached()
    finishRebuild(intent)
  }

  /// Doing it twice is doing it once.
  func finishRebuild(_ intent: Intent) {
    bytes.write(
      UInt64(truncatingIfNeeded: intent.counters.deleteEpoch),
      at: HeaderLayout.indexPlaces + 8 * intent.link)
    CrashPoint.rebuildRetired.reached()
    bytes.writeIndexWord(of: intent.counters)
    CrashPoint.rebuildMoved.reached()
    bytes.write(intent.counters)
    CrashPoint.rebuildApplied.reached()
    bytes.clearIntent()
  }
}
