// SPDX-License-Identifier: Apache-2.0

/// One table of the index: 2^k words somewhere in the index's part of `dir`.
///
///     63                               6 5      0
///    | offset in `dir`, a multiple of 64 | k      |
struct IndexLevel {
  var log2: Int
  var start: Int

  @inline(__always)
  init?(_ word: UInt64, in header: ArenaHeader) {
    log2 = Int(word & 63)
    start = Int(truncatingIfNeeded: word & ~63)
    guard log2 <= 40, start >= header.indexOffset,
      start <= header.indexOffset + header.indexLength - IndexLayout.wordByteCount << log2
    else { return nil }
  }

  init(log2: Int, start: Int) {
    self.log2 = log2
    self.start = start
  }

  var word: UInt64 { UInt64(truncatingIfNeeded: start) | UInt64(truncatingIfNeeded: log2) }
  @inline(__always) var mask: Int { 1 << log2 - 1 }
  var wordCount: Int { 1 << log2 }
  var byteCount: Int { IndexLayout.wordByteCount << log2 }
  @inline(__always)
  func offset(_ position: Int) -> Int { start + position * IndexLayout.wordByteCount }
}
