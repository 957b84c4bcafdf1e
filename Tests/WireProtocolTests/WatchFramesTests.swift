// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Testing

@testable import WireProtocol

/// WATCH, CREDIT and the pushes: both ways, each truncation, each reserved bit.
@Suite struct WatchFramesTests {
  @Test("a WATCH is a handle or a name, and an interval")
  func watch() throws {
    let (header, body) = try split(
      WatchFrame.frame(handle: 6, intervalMilliseconds: 250, sequence: 1))
    #expect(
      header == FrameHeader(opcode: 0x52, bodyByteCount: 8, sequence: 1, handleOrAuxiliary: 6))
    #expect(body == [250, 0, 0, 0, 0, 0, 0, 0])
    #expect(try WatchFrame.intervalMilliseconds(of: body.span) == 250)
    for isPrefix in [false, true] {
      for name in ["", "jobs/"] {
        let frame = try split(WatchFrame.frame(name: name, isPrefix: isPrefix, sequence: 1))
        #expect(frame.header.flags == FrameFlag.name)
        #expect(frame.header.argument == (isPrefix ? 1 : 0))
        let block = try NameBlock(frame.body.span)
        #expect(block.name(in: frame.body.span) == name)
        let rest = frame.body.span.extracting(block.byteCount..<frame.body.count)
        #expect(try WatchFrame.intervalMilliseconds(of: rest) == 0)
      }
    }
    for count in Array(0..<8) + [16] {
      let wrong = Array((body + body).prefix(count))
      #expect(throws: WireFailure.self) { try WatchFrame.intervalMilliseconds(of: wrong.span) }
    }
    for byte in 4..<8 {
      var wrong = body
      wrong[byte] = 1
      #expect(throws: WireFailure.self) { try WatchFrame.intervalMilliseconds(of: wrong.span) }
    }
    let answer = try split(WatchFrame.answer(to: header, watch: 17))
    #expect(answer.header == FrameHeader(opcode: 0x52, sequence: 1, handleOrAuxiliary: 17))
  }

  @Test("CREDIT reads back, and no other length and no reserved byte does")
  func credit() throws {
    let (header, body) = try split(CreditFrame(events: 512).frame(sequence: 2))
    #expect(header == FrameHeader(opcode: 7, bodyByteCount: 8, sequence: 2))
    #expect(try CreditFrame(body: body.span) == CreditFrame(events: 512))
    for count in Array(0..<8) + [16] {
      let wrong = Array((body + body).prefix(count))
      #expect(throws: WireFailure.self) { try CreditFrame(body: wrong.span) }
    }
    for byte in 4..<8 {
      var wrong = body
      wrong[byte] = 1
      #expect(throws: WireFailure.self) { try CreditFrame(body: wrong.span) }
    }
  }

  @Test("each push is laid out as the specification draws it, and reads back")
  func pushes() throws {
    for (kind, code) in zip(WatchPush.Kind.allCases, [0xE0, 0xE1, 0xE2] as [UInt8]) {
      for name in ["", "jobs/1"] {
        for type in RegisterType.all {
          let push = WatchPush(
            kind, sequence: 5, watch: 3, type: type, changes: 7, leftOut: 2, generation: 9,
            value: type.width.mask, name: name)
          let (header, body) = try split(push.bytes)
          #expect(
            header
              == FrameHeader(
                opcode: code, type: type.code, bodyByteCount: name.isEmpty ? 48 : 56, sequence: 5,
                handleOrAuxiliary: 3))
          #expect(body[0] == 7 && body[8] == 2 && body[16] == 9 && body[40] == name.utf8.count)
          #expect(body.span.littleEndian128(at: 24) == type.width.mask)
          #expect(try WatchPush(header: header, body: body.span) == push)
          for count in 0..<body.count {
            #expect(throws: WireFailure.self) {
              try WatchPush(header: header, body: body.span.extracting(0..<count))
            }
          }
          let later = body + [1, 2, 3, 4, 5, 6, 7, 8]
          #expect(try WatchPush(header: header, body: later.span) == push)
        }
      }
    }
    let header = FrameHeader(opcode: 0xE3, type: 3, sequence: 1)
    let body = [UInt8](repeating: 0, count: 48)
    #expect(throws: WireFailure.self) { try WatchPush(header: header, body: body.span) }
  }

  @Test("a watch that the server ends says why in an error's body")
  func ended() throws {
    let failure = WireFailure(.limit, "too many")
    let (header, body) = try split(WatchPush.ended(failure, sequence: 5, watch: 3))
    #expect(header.opcode == 0xE2 && header.orderOrStatus == Status.limit.rawValue)
    #expect(header.sequence == 5 && header.handleOrAuxiliary == 3)
    #expect(WireFailure(status: .limit, body: body.span) == failure)
  }
}
