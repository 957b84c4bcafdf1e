// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// The CRC-32C (Castagnoli) of some bytes, as in iSCSI and ext4: reflected polynomial 0x82F63B78,
/// initial value and final complement of all ones.
///
/// Eight bytes a step, by a table for each of them: a snapshot has gigabytes.
struct CRC32C {
  private var remainder = UInt32.max

  /// The checksum of all bytes so far.
  var checksum: UInt32 { ~remainder }

  /// Takes `bytes` in, which follow those before.
  mutating func update(_ bytes: Span<UInt8>) {
    let tables = Self.tables
    var remainder = self.remainder
    var offset = 0
    while bytes.count - offset >= 8 {
      let word = bytes.littleEndian64(at: offset) ^ UInt64(remainder)
      remainder = 0
      for place in 0..<8 {
        let byte = Int(truncatingIfNeeded: word >> UInt64(8 * place)) & 0xFF
        remainder ^= tables[(7 - place) << 8 | byte]
      }
      offset += 8
    }
    while offset < bytes.count {
      let byte = Int(truncatingIfNeeded: remainder ^ UInt32(bytes[offset])) & 0xFF
      remainder = remainder >> 8 ^ tables[byte]
      offset += 1
    }
    self.remainder = remainder
  }

  static func checksum(_ bytes: Span<UInt8>) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes)
    return crc.checksum
  }

  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 { checksum(Array(bytes).span) }

  /// Table *n* from place 256 *n* on: what a byte does to the remainder that *n* bytes later is
  /// left of it.
  private static let tables: [UInt32] = {
    var tables = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { remainder, _ in
        remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0)
      }
    }
    for place in 256..<8 * 256 {
      let before = tables[place - 256]
      tables.append(before >> 8 ^ tables[Int(before & 0xFF)])
    }
    return tables
  }()
}
