// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SharedArena

@Suite struct NameHashTests {
  /// SipHash-1-3 as its authors' program writes it, a byte at a time.
  private func reference(_ bytes: [UInt8], _ key0: UInt64, _ key1: UInt64) -> UInt64 {
    var v: [UInt64] = [
      key0 ^ 0x736f_6d65_7073_6575, key1 ^ 0x646f_7261_6e64_6f6d, key0 ^ 0x6c79_6765_6e65_7261,
      key1 ^ 0x7465_6462_7974_6573,
    ]
    func rotate(_ x: UInt64, _ n: UInt64) -> UInt64 { x << n | x >> (64 - n) }
    func round() {
      v[0] &+= v[1]
      v[1] = rotate(v[1], 13) ^ v[0]
      v[0] = rotate(v[0], 32)
      v[2] &+= v[3]
      v[3] = rotate(v[3], 16) ^ v[2]
      v[0] &+= v[3]
      v[3] = rotate(v[3], 21) ^ v[0]
      v[2] &+= v[1]
      v[1] = rotate(v[1], 17) ^ v[2]
      v[2] = rotate(v[2], 32)
    }
    var padded = bytes
    while padded.count % 8 != 7 { padded.append(0) }
    padded.append(UInt8(truncatingIfNeeded: bytes.count))
    for start in stride(from: 0, to: padded.count, by: 8) {
      let word = (0..<8).reduce(UInt64(0)) { $0 | UInt64(padded[start + $1]) << UInt64($1 * 8) }
      v[3] ^= word
      round()
      v[0] ^= word
    }
    v[2] ^= 0xff
    for _ in 0..<3 { round() }
    return v.reduce(0, ^)
  }

  @Test("hashes are SipHash-1-3's at every length", arguments: 0...129)
  func lengths(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 5) }
    let hash = NameHash(seed: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
    #expect(hash(bytes.span) == reference(bytes, 0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
  }

  @Test("the empty name's hash is the published one")
  func published() {
    let hash = NameHash(seed: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
    #expect(hash([UInt8]().span) == 0xabac_0158_050f_c4dc)
  }

  @Test("the tail of a name is its last bytes, padded with zeros", arguments: 0...24)
  func tails(count: Int) {
    let bytes = (0..<count).map { UInt8($0 + 1) }
    let whole = count & ~7
    let expected = (whole..<count).reduce(UInt64(0)) {
      $0 | UInt64(bytes[$1]) << UInt64(($1 - whole) * 8)
    }
    #expect(bytes.span.zeroPaddedTail(from: whole) == expected)
  }

  @Test("another key gives another hash")
  func keyed() {
    let name = Array("hits".utf8)
    #expect(NameHash(seed: (1, 2))(name.span) != NameHash(seed: (1, 3))(name.span))
  }

  @Test("the checksum is CRC-32C, by its published check value")
  func checksum() {
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8]()) == 0)
  }
}
