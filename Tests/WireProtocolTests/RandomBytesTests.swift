// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// Bytes from outside never reach a trap: what is read back at all is a value.
@Suite struct RandomBytesTests {
  private var generator = SeededGenerator(seed: 0x5EED)

  private mutating func bytes(_ count: Int) -> [UInt8] {
    // Mostly zeros, small numbers and ones: random words alone never pass a first check.
    (0..<count).map { _ in
      let random = generator.next()
      return switch random % 4 {
      case 0: 0
      case 1: UInt8(truncatingIfNeeded: random >> 8) & 7
      case 2: 0xFF
      default: UInt8(truncatingIfNeeded: random >> 8)
      }
    }
  }

  @Test("random bodies, read as every kind of body")
  func bodies() {
    var test = self
    for _ in 0..<5_000 {
      let body = test.bytes(Int(test.generator.next() % 20) * 8)
      let header = FrameHeader(test.generator.next(), test.generator.next())
      let span = body.span
      if let block = try? NameBlock(span) {
        #expect(block.nameOffset + block.nameByteCount <= body.count)
        _ = try? CreateFrame(header: header, body: span, block: block)
      }
      _ = try? ListFrame(body: span)
      _ = try? ListReply(header: header, body: span)
      _ = try? StatReply(header: header, body: span)
      _ = try? CancelFrame(body: span)
      _ = try? CreditFrame(body: span)
      _ = try? WatchFrame.intervalMilliseconds(of: span)
      _ = try? WatchPush(header: header, body: span)
      _ = try? DeleteOwnedFrame(body: span)
      _ = try? DeleteOwnedReply(body: span)
      var counted = header
      counted.handleOrAuxiliary &= 3
      _ = try? ArenaStatReply(header: counted, body: span)
      _ = try? ControlFrame.readOpened(header: header, body: span)
      _ = WireFailure(status: .internal, body: span)
      for type in RegisterType.all {
        _ = try? OperationFrame.value(ofReply: header, body: span, type: type)
        var wait = header
        wait.type = type.code
        _ = try? WaitFrame(header: wait, body: span, type: type)
        wait.opcode = Opcode.waitThen.rawValue
        _ = try? WaitFrame(header: wait, body: span, type: type)
      }
    }
  }

  @Test("random greetings, with and without the right magic")
  func greetings() {
    var test = self
    for turn in 0..<5_000 {
      var bytes = test.bytes(Int(test.generator.next() % 200))
      if turn % 2 == 0 {
        for (index, byte) in [0xA7, 0x41, 0x54, 0x52].enumerated() where index < bytes.count {
          bytes[index] = UInt8(byte)
        }
        if turn % 4 == 0, bytes.count > 15 {
          bytes.replaceSubrange(12..<16, with: [UInt8(test.generator.next() % 10 * 8), 0, 0, 0])
        }
      }
      if let read = try? Hello.decode(bytes.span) { #expect(read.byteCount <= bytes.count) }
      if let read = try? Welcome.decode(bytes.span) { #expect(read.byteCount <= bytes.count) }
    }
  }

  @Test("random operations: what is read is legal")
  func operations() throws {
    var test = self
    for _ in 0..<10_000 {
      var header = FrameHeader(test.generator.next(), test.generator.next())
      let type = RegisterType.all[Int(test.generator.next() % UInt64(RegisterType.all.count))]
      let operation =
        AtomicOperation.allCases[
          Int(test.generator.next() % UInt64(AtomicOperation.allCases.count))]
      if test.generator.next() % 2 == 0 { header.type = FrameHeader.typeAsRegistered }
      let body = test.bytes(Int(test.generator.next() % 6) * 8)
      guard
        let read = try? OperationFrame.decode(
          operation, header: header, operands: body.span, type: type)
      else { continue }
      let again = OperationFrame.encode(
        read.request, type: type, returns: read.returns, handle: header.handleOrAuxiliary,
        sequence: header.sequence)
      #expect(again.bytes.dropFirst(16).elementsEqual(body))
      #expect(operation.orders.permits(read.request.order))
    }
  }
}
