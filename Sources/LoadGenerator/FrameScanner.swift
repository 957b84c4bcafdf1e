// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// Counts the binary protocol's replies by their headers alone, and looks at each one's status.
/// Keeps nothing but its place between calls.
struct FrameScanner {
  /// Bytes of the frame under way that are still to come, behind its first word.
  private var remaining = 0
  private var word: UInt64 = 0
  private var wordBytes: UInt64 = 0
  /// The first status that is neither OK nor a failed comparison.
  private(set) var refusal: UInt8?

  /// The number of replies that end in `bytes`. A refusal ends the count.
  mutating func scan(_ bytes: Span<UInt8>) -> Int {
    var replies = 0
    var index = 0
    while index < bytes.count {
      if remaining == 0, wordBytes == 0 {
        let (count, end) = scanWhole(bytes, from: index)
        replies += count
        index = end
        if refusal != nil || index == bytes.count { return replies }
      }
      if remaining > 0 {
        let step = min(remaining, bytes.count - index)
        remaining -= step
        index += step
        if remaining == 0 { replies += 1 }
        continue
      }
      if wordBytes == 0, bytes.count - index >= 8 {
        word = bytes.littleEndian64(at: index)
        index += 8
      } else {
        word |= UInt64(bytes[index]) << (8 * wordBytes)
        wordBytes += 1
        index += 1
        if wordBytes < 8 { continue }
      }
      guard begin() else { return replies }
    }
    return replies
  }

  /// Counts the frames that are there to their ends, which are nearly all.
  private mutating func scanWhole(
    _ bytes: Span<UInt8>, from start: Int
  ) -> (replies: Int, end: Int) {
    var replies = 0
    var index = start
    while bytes.count - index >= 16 {
      let word = bytes.littleEndian64(at: index)
      let end = index + 16 + Int(word >> 32 & 0xFF_FFFF)
      guard end <= bytes.count else { break }
      let status = UInt8(truncatingIfNeeded: word >> 16)
      if status > 1 {
        refusal = status
        break
      }
      index = end
      replies += 1
    }
    return (replies, index)
  }

  /// Reads the first word of a header: the status is its third byte, the body's length its fifth
  /// to seventh.
  private mutating func begin() -> Bool {
    let status = UInt8(truncatingIfNeeded: word >> 16)
    remaining = 8 + Int(word >> 32 & 0xFF_FFFF)
    word = 0
    wordBytes = 0
    if status > 1 {
      refusal = status
      return false
    }
    return true
  }
}
