// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The contents of `dir` and `val`, as the words in them that are not zero, so that an input is
/// short and each of its bytes matters.
///
///     byte 0   1: the checksum of the header is made right  2: the boot is the present one
///     then     word number, 2 bytes | word, 8 bytes     `val` follows behind `dir`
struct ArenaImage {
  static let directoryByteCount = 36_864
  static let valuesByteCount = 12_288

  var rightsChecksum: Bool
  var isOfThisBoot: Bool
  var words: [(index: Int, value: UInt64)] = []

  init(decoding bytes: [UInt8]) {
    rightsChecksum = (bytes.first ?? 0) & 1 != 0
    isOfThisBoot = (bytes.first ?? 0) & 2 != 0
    let limit = (Self.directoryByteCount + Self.valuesByteCount) / 8
    for start in stride(from: 1, to: bytes.count - 9, by: 10) {
      let index = Int(bytes[start]) | Int(bytes[start + 1]) << 8
      words.append((index % limit, bytes.littleEndian(8, at: start + 2)))
    }
  }

  /// An image of real files.
  init(directory: [UInt8], values: [UInt8]) {
    rightsChecksum = true
    isOfThisBoot = true
    let all = directory + values
    for start in stride(from: 0, to: all.count, by: 8) {
      let value = all.littleEndian(8, at: start)
      if value != 0 { words.append((start / 8, value)) }
    }
  }

  var encoded: [UInt8] {
    var bytes: [UInt8] = [(rightsChecksum ? 1 : 0) | (isOfThisBoot ? 2 : 0)]
    for (index, value) in words {
      bytes += [UInt8(truncatingIfNeeded: index), UInt8(truncatingIfNeeded: index >> 8)]
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))) }
    }
    return bytes
  }

  /// The two files.
  func files(boot: [UInt8]) -> (directory: [UInt8], values: [UInt8]) {
    var all = [UInt8](repeating: 0, count: Self.directoryByteCount + Self.valuesByteCount)
    for (index, value) in words {
      for shift in 0..<8 {
        all[8 * index + shift] = UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))
      }
    }
    if isOfThisBoot { all.replaceSubrange(56..<72, with: boot) }
    if rightsChecksum {
      let checksum = crc32c(all[..<176])
      for shift in 0..<4 { all[176 + shift] = UInt8(truncatingIfNeeded: checksum >> (8 * shift)) }
    }
    return (
      Array(all[..<Self.directoryByteCount]), Array(all[Self.directoryByteCount...])
    )
  }

  private func crc32c(_ bytes: ArraySlice<UInt8>) -> Int {
    var remainder: UInt32 = .max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return Int(~remainder)
  }
}

extension [UInt8] {
  func littleEndian(_ count: Int, at start: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(self[start + $1]) << UInt64(8 * $1) }
  }
}
