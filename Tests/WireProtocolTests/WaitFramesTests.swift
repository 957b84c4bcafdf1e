// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@testable import WireProtocol

/// WAIT_UNTIL, WAIT_THEN and CANCEL: both ways, each truncation, each reserved bit.
@Suite struct WaitFramesTests {
  private static let u64 = RegisterType.named("u64")

  private static func take(_ type: RegisterType = u64) throws -> AtomicRequest {
    try AtomicRequest(.sub, on: type, order: .acquiring, operand: 1)
  }

  @Test("a WAIT_UNTIL is these 32 bytes, and its answers these 24")
  func layout() throws {
    let frame = WaitFrame(.greaterOrEqual, 3, timeoutMilliseconds: 1000, order: .acquiring)
    #expect(
      frame.frame(type: Self.u64, handle: 7, sequence: 9)
        == [
          0x50, 0, 2, 3, 16, 0, 0, 5, 9, 0, 0, 0, 7, 0, 0, 0,
          3, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 0, 0, 0, 0,
        ])
    let header = FrameHeader(opcode: 0x50, sequence: 9, handleOrAuxiliary: 7)
    let answer = WaitFrame.answer(to: header, .timeout, value: 2, type: Self.u64)
    #expect(
      answer == [0x50, 0, 2, 3, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
    let (read, body) = try split(answer)
    #expect(try WaitFrame.value(ofAnswer: read, body: body.span, type: Self.u64) == 2)
  }

  @Test("a WAIT_THEN is these 56 bytes")
  func thenLayout() throws {
    let frame = WaitFrame(
      .greaterOrEqual, 1, timeoutMilliseconds: WaitFrame.withoutLimit, then: try Self.take(),
      returns: .new)
    #expect(
      frame.frame(type: Self.u64, handle: 7, sequence: 9)
        == [
          0x51, 0, 0, 3, 40, 0, 0, 5, 9, 0, 0, 0, 7, 0, 0, 0,
          1, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,
          0x41, 0, 0x82, 3, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
          1, 0, 0, 0, 0, 0, 0, 0,
        ])
  }

  @Test("every predicate on every type reads back, both ways", arguments: RegisterType.all)
  func roundTrip(type: RegisterType) throws {
    for predicate in ValuePredicate.allCases where predicate.exists(on: type.kind) {
      let operand: UInt128 = predicate == .changed ? 0 : type.width.mask
      var frames = [
        WaitFrame(predicate, operand, timeoutMilliseconds: 5),
        WaitFrame(
          predicate, operand, timeoutMilliseconds: 0,
          then: try AtomicRequest(.exchange, on: type, order: .releasing, operand: 1), returns: .old
        ),
      ]
      if type.kind.isInteger {
        let bounded = try AtomicRequest(
          .add, on: type, modifier: .overflow(.fail, least: 1, greatest: 9), operand: 2)
        frames.append(
          WaitFrame(predicate, operand, timeoutMilliseconds: 1, then: bounded, returns: .new))
      }
      for frame in frames {
        let (header, body) = try split(frame.frame(type: type, handle: 1, sequence: 2))
        #expect(try WaitFrame(header: header, body: body.span, type: type) == frame)
        let named = try split(frame.frame(type: type, name: "hits", sequence: 2))
        #expect(named.header.flags == FrameFlag.name)
        let block = try NameBlock(named.body.span)
        let rest = named.body.span.extracting(block.byteCount..<named.body.count)
        #expect(try WaitFrame(header: named.header, body: rest, type: type) == frame)
        for count in 0..<body.count {
          #expect(throws: WireFailure.self, "\(predicate) \(count)") {
            try WaitFrame(header: header, body: body.span.extracting(0..<count), type: type)
          }
        }
        let longer = body + [UInt8](repeating: 0, count: 8)
        #expect(throws: WireFailure.self) {
          try WaitFrame(header: header, body: longer.span, type: type)
        }
      }
    }
  }

  @Test("what is reserved or makes no sense is refused, with the status that says so")
  func refusals() throws {
    let plain = try split(
      WaitFrame(.equal, 1, timeoutMilliseconds: 1).frame(type: Self.u64, handle: 1, sequence: 2))
    let then = try split(
      WaitFrame(.equal, 1, timeoutMilliseconds: 1, then: Self.take(), returns: .old)
        .frame(type: Self.u64, handle: 1, sequence: 2))
    func status(
      _ frame: (header: FrameHeader, body: [UInt8]), _ type: RegisterType = Self.u64,
      _ change: (inout FrameHeader, inout [UInt8]) -> Void
    ) -> Status? {
      var (header, body) = frame
      change(&header, &body)
      do throws(WireFailure) {
        _ = try WaitFrame(header: header, body: body.span, type: type)
        return nil
      } catch {
        return error.status
      }
    }
    #expect(status(plain) { _, _ in } == nil && status(then) { _, _ in } == nil)
    #expect(status(plain) { header, _ in header.argument = 9 } == .badOperand)
    #expect(status(plain) { header, _ in header.argument = 8 } == .badOperand)
    #expect(status(plain) { header, _ in header.type |= 0x40 } == .badOperand)
    #expect(status(plain) { header, _ in header.type = 2 } == .typeMismatch)
    #expect(status(plain) { header, _ in header.type = 0x3F } == nil)
    for order in [1, 3, 4, 6, 7, 8, 0x40, 0x85] as [UInt8] {
      #expect(status(plain) { header, _ in header.orderOrStatus = order } == .badOrder)
    }
    for byte in 12..<16 { #expect(status(plain) { $1[byte] = 1 } == .badOperand) }
    let double = RegisterType.named("f64")
    #expect(
      status(plain, double) { header, _ in (header.type, header.argument) = (double.code, 6) }
        == .unsupported)
    let u8 = RegisterType.named("u8")
    #expect(
      status(plain, u8) { header, body in
        header.type = u8.code
        body[1] = 1
      } == .badOperand)
    #expect(status(then) { header, _ in header.orderOrStatus = 5 } == .badOperand)
    // The operation's frame: opcode, flags, sequence, handle, length, its own order.
    #expect(status(then) { $1[16] = 0x10 } == .unsupported)
    #expect(status(then) { $1[16] = 0x51 } == .unsupported)
    for flag in [1, 2, 4, 8, 16, 32, 128] as [UInt8] {
      #expect(status(then) { $1[17] = flag } == .badOperand)
    }
    for byte in 24..<32 { #expect(status(then) { $1[byte] = 1 } == .badOperand) }
    #expect(status(then) { $1[20] = 16 } == .badOperand)
    #expect(status(then) { $1[18] = 1 } == .badOrder)
  }

  @Test("the answer of a WAIT_THEN is its operation's")
  func answers() throws {
    let header = FrameHeader(opcode: 0x51, sequence: 4, handleOrAuxiliary: 1)
    let bit = try AtomicRequest(.bitTestSet, on: Self.u64, index: 3)
    let reply = OperationFrame.reply(
      to: header, bit, AtomicOutcome(old: 1, new: 1), returns: .nothing, type: Self.u64)
    let (read, body) = try split(reply.bytes)
    #expect(read.opcode == 0x51 && read.argument == 1)
    #expect(
      try WaitFrame.value(
        ofAnswer: read, body: body.span, type: Self.u64, operation: .bitTestSet) == 1)
    let late = try split(WaitFrame.answer(to: header, .timeout, value: 6, type: Self.u64))
    #expect(
      try WaitFrame.value(
        ofAnswer: late.header, body: late.body.span, type: Self.u64, operation: .bitTestSet) == 6)
  }

  @Test("CANCEL reads back, and no other length and no reserved byte does")
  func cancel() throws {
    let (header, body) = try split(CancelFrame(wait: 0x0403_0201).frame(sequence: 3))
    #expect(header == FrameHeader(opcode: 5, bodyByteCount: 8, sequence: 3))
    #expect(body == [1, 2, 3, 4, 0, 0, 0, 0])
    #expect(try CancelFrame(body: body.span) == CancelFrame(wait: 0x0403_0201))
    for count in Array(0..<8) + [16] {
      let wrong = Array((body + body).prefix(count))
      #expect(throws: WireFailure.self) { try CancelFrame(body: wrong.span) }
    }
    for byte in 4..<8 {
      var wrong = body
      wrong[byte] = 1
      #expect(throws: WireFailure.self) { try CancelFrame(body: wrong.span) }
    }
  }
}
