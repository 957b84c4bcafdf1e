// SPDX-License-Identifier: Apache-2.0

/// One table of the index: 2^k words somewhere in the index's part of `dir`.
///
///     63                               6 5      0
///    | offset in `dir`, a multiple of 64 | k      |
struct IndexLevel: Equatable {
  var log2: Int
  var start: Int

  @inline(__always)
  init?(_ word: UInt64, in header: ArenaHeader) {
    log2 = Int(word & 63)
    start = Int(truncatingIfNeeded: word & ~63)
    guard log2 >= IndexLayout.firstLevelLog2, log2 <= IndexLayout.lastLevelLog2,
      start >= header.indexOffset,
      start <= header.indexOffset + header.indexLength - IndexLayout.wordByteCount << log2
    else { return nil }
  }

  /// The level of one of the two places for its size.
  init(log2: Int, half: Int, in header: ArenaHeader) {
    self.log2 = log2
    start = header.indexOffset + IndexPlace.offset(log2: log2, half: half)
  }

  var word: UInt64 { UInt64(truncatingIfNeeded: start) | UInt64(truncatingIfNeeded: log2) }
  @inline(__always) var mask: Int { 1 << log2 - 1 }
  var wordCount: Int { 1 << log2 }
  var byteCount: Int { IndexLayout.wordByteCount << log2 }
  @inline(__always)
  func offset(_ position: Int) -> Int { start + position * IndexLayout.wordByteCount }

  /// Where a name's way through the level begins: its hash's first k bits, which are in its word
  /// too.
  @inline(__always)
  func firstPosition(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: hash &>> UInt64(truncatingIfNeeded: 64 &- log2))
  }

  /// The number of the level's place; nil where a level of this version cannot lie.
  func place(in header: ArenaHeader) -> Int? {
    for half in 0...1 where IndexLevel(log2: log2, half: half, in: header) == self {
      return IndexPlace.number(log2: log2, half: half)
    }
    return nil
  }
}
