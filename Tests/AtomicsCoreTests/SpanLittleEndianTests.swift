// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@Suite struct SpanLittleEndianTests {
  @Test("integers are read little-endian at any offset, up to the last that fits")
  func read() {
    let bytes: [UInt8] = Array(1...17)
    for offset in 0...9 {
      let expected = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
      #expect(bytes.span.littleEndian64(at: offset) == expected)
      #expect(bytes.span.littleEndian32(at: offset) == UInt32(truncatingIfNeeded: expected))
      #expect(bytes.span.littleEndian16(at: offset) == UInt16(truncatingIfNeeded: expected))
    }
    for offset in 0...1 {
      let pair = bytes.span.littleEndianPair(at: offset)
      #expect(pair.first == bytes.span.littleEndian64(at: offset))
      #expect(pair.second == bytes.span.littleEndian64(at: offset + 8))
    }
    #expect(bytes.span.littleEndian32(at: 13) == 0x1110_0F0E)
    #expect(bytes.span.littleEndian16(at: 15) == 0x1110)
  }

  @Test("a read that leaves the span traps, also far outside")
  func outside() async {
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...8).span.littleEndian64(at: 1) }
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...8).span.littleEndian64(at: -1) }
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...7).span.littleEndian64(at: 0) }
    await #expect(processExitsWith: .failure) {
      _ = [UInt8](1...8).span.littleEndian32(at: Int.max)
    }
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...8).span.littleEndian16(at: 7) }
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...17).span.littleEndianPair(at: 2) }
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...17).span.littleEndianPair(at: -1) }
    await #expect(processExitsWith: .failure) { _ = [UInt8](1...15).span.littleEndianPair(at: 0) }
  }
}
