// SPDX-License-Identifier: Apache-2.0

/// The CRC-32C (Castagnoli) of some bytes, as in iSCSI and ext4: reflected polynomial 0x82F63B78,
/// initial value and final complement of all ones.
///
/// Bit by bit: it runs over a few hundred bytes once per opened arena.
enum CRC32C {
  static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 {
        remainder = (remainder >> 1) ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0)
      }
    }
    return ~remainder
  }
}
