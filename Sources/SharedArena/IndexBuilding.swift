// SPDX-License-Identifier: Apache-2.0

/// An index level that is being built beside the present one, a piece with each change, so that no
/// change takes long. Nobody reads it before it is whole.
struct IndexBuilding {
  /// The present level.
  let source: IndexLevel
  let level: IndexLevel
  /// Bytes from the level's start that have memory.
  var allocatedByteCount = 0
  /// Words of the source that were looked at; names that come and go below are done here too.
  private(set) var copiedCount = 0
  private(set) var usedCount = 0
  private(set) var deadCount = 0

  /// Words copied with one change: they are read and written in order, a few microseconds.
  private static let step = 4096

  init(_ level: IndexLevel, from source: IndexLevel) {
    self.level = level
    self.source = source
  }

  var isAllocated: Bool { allocatedByteCount == level.byteCount }
  var isComplete: Bool { copiedCount == source.wordCount }
  /// Whether more names came than the level was made for.
  var isCrowded: Bool { usedCount > level.wordCount / 8 * 6 }

  /// Copies the next words. All memory was allocated.
  mutating func copy(in bytes: SharedBytes) {
    let end = min(copiedCount + Self.step, source.wordCount)
    while copiedCount < end, !isCrowded {
      let word = bytes.relaxed(source.offset(copiedCount))
      if word != 0 && word != IndexLayout.tombstone { insert(word, in: bytes) }
      copiedCount += 1
    }
  }

  /// A name came into the source at `position`.
  mutating func insert(
    _ word: UInt64, at position: Int, of source: IndexLevel, in bytes: SharedBytes
  ) {
    if source == self.source && position < copiedCount && !isCrowded { insert(word, in: bytes) }
  }

  /// A name's word went from the source, where it was at `position`.
  mutating func remove(
    _ word: UInt64, at position: Int, of source: IndexLevel, in bytes: SharedBytes
  ) {
    guard source == self.source, position < copiedCount else { return }
    var place = level.firstPosition(word)
    for _ in 0...level.mask {
      let found = bytes.relaxed(level.offset(place))
      if found == 0 { return }
      if found == word {
        bytes.write(IndexLayout.tombstone, at: level.offset(place))
        deadCount += 1
        return
      }
      place = (place + 1) & level.mask
    }
  }

  // A word's high half is the hash's, and no level asks for more of it than that.
  private mutating func insert(_ word: UInt64, in bytes: SharedBytes) {
    var place = level.firstPosition(word)
    for _ in 0...level.mask {
      if bytes.relaxed(level.offset(place)) == 0 {
        // Published with the level, by the release of its word.
        bytes.write(word, at: level.offset(place))
        usedCount += 1
        return
      }
      place = (place + 1) & level.mask
    }
  }
}
