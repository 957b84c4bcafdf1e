// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

@Suite struct FrameHeaderTests {
  @Test("each field stands at its offset, little-endian")
  func layout() throws {
    let header = FrameHeader(
      opcode: 0x40, flags: 0x02, orderOrStatus: 0x44, type: 0x1B, bodyByteCount: 0x03_0201,
      argument: 0x3F, sequence: 0xA1A2_A3A4, handleOrAuxiliary: 0xB1B2_B3B4)
    let bytes = FrameWords(header).bytes
    #expect(
      bytes == [
        0x40, 0x02, 0x44, 0x1B, 0x01, 0x02, 0x03, 0x3F, 0xA4, 0xA3, 0xA2, 0xA1, 0xB4, 0xB3, 0xB2,
        0xB1,
      ])
    #expect(try split(bytes).header == header)
  }

  @Test("any 16 bytes are a header that writes the same 16 bytes")
  func roundTrip() {
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<10_000 {
      let (first, second) = (generator.next(), generator.next())
      let header = FrameHeader(first, second)
      #expect(header.first == first && header.second == second)
      #expect(header.bodyByteCount < 1 << 24)
    }
  }

  @Test("a body length beyond 24 bits does not reach the argument")
  func length() {
    let header = FrameHeader(opcode: 1, bodyByteCount: 0xFF00_0008, argument: 0, sequence: 1)
    #expect(header.bodyByteCount == 8 && header.first >> 32 == 8)
  }

  @Test("constants are these, for good")
  func constants() {
    #expect(FrameHeader.byteCount == 16 && FrameHeader.byName == 0xFFFF_FFFF)
    #expect(FrameHeader.typeAsRegistered == 0x3F)
    #expect(FrameFlag.quiet == 0x01 && FrameFlag.name == 0x02 && FrameFlag.bounds == 0x40)
    #expect(ReplyFlag.more == 0x02 && ReplyFlag.created == 0x10)
    let opcodes = Opcode.allCases.map(\.rawValue)
    #expect(
      opcodes == [
        0x00, 0x01, 0x02, 0x04, 0x05, 0x07, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
        0x50, 0x51, 0x52, 0x53, 0x54, 0x60, 0xE3,
      ])
    #expect(Opcode.allCases.filter(\.isPush) == [.pingClient])
    // No control frame has the code of an operation.
    #expect(opcodes.allSatisfy { AtomicOperation(rawValue: $0) == nil })
    let names = Status.allCases.map(\.wireName)
    #expect(Status.allCases.map(\.rawValue) == Array(0...27))
    #expect(
      names == [
        "OK", "MISMATCH", "TIMEOUT", "OVERFLOW", "NOT_FOUND", "EXISTS", "TYPE_MISMATCH",
        "BAD_FRAME", "BAD_ORDER", "BAD_OPERAND", "UNSUPPORTED", "AUTHENTICATION_REQUIRED",
        "DENIED", "GONE", "STALE_TOKEN", "INDETERMINATE", "FENCED", "NOT_MANAGED", "LIMIT",
        "SHUTTING_DOWN", "NOT_OWNER", "CANCELLED", "INTERNAL", "VERSION", "READ_ONLY", "BAD_NAME",
        "ARENA_FULL", "BEYOND_GAP",
      ])
  }
}
