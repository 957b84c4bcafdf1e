// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import SharedArena

@Suite struct CRC32CTests {
  /// The definition, bit by bit.
  private func reference(_ bytes: [UInt8]) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0x82F6_3B78 : 0) }
    }
    return ~remainder
  }

  @Test("the checksums of RFC 3720, B.4")
  func known() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(CRC32C.checksum((0..<32).reversed().map { UInt8($0) }) == 0x113F_DB5C)
  }

  @Test("eight bytes a step come to the same as bit by bit, at every length and in any pieces")
  func steps() {
    var generator = SeededGenerator(seed: 7)
    for count in 0..<70 {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      #expect(CRC32C.checksum(bytes.span) == reference(bytes))
      let cut = count / 3
      var crc = CRC32C()
      crc.update(bytes.span.extracting(0..<cut))
      crc.update(bytes.span.extracting(cut..<count))
      #expect(crc.checksum == reference(bytes))
    }
  }
}
