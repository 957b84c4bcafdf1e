// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// DELETE_OWNED, ARENA_STAT and PIN: both ways, each truncation, each bound.
@Suite struct ArenaFramesTests {
  private static let report = {
    var report = ArenaStatReply()
    report.capacity = 1 << 25
    report.live = 2
    report.free = 3
    report.waiting = 4
    report.pinned = 5
    report.committed = 6
    report.deleteEpoch = 1 << 40
    report.indexWords = 1024
    report.indexUsed = 9
    report.indexDead = 10
    report.waitingLevels = 11
    report.directoryBytes = 12
    report.valuesBytes = UInt64.max
    report.damage = .init(
      count: 13, last: "val was cut", lastUnixNanoseconds: 14, isUnrepaired: true)
    report.attachments = [
      .init(
        lockByte: 1 << 62 + 7, waiting: 4,
        processes: [
          .init(identifier: 4711, program: "python3"), .init(identifier: 12, program: "größer"),
        ]),
      .init(lockByte: 1 << 62 + 1 << 40, waiting: 0, processes: [], processesLeftOut: 3),
    ]
    return report
  }()

  private static let request = FrameHeader(opcode: Opcode.arenaStat.rawValue, sequence: 6)

  @Test("DELETE_OWNED reads back, both ways, and no other length and no tag 0 does")
  func deleteOwned() throws {
    let frame = DeleteOwnedFrame(ownerTag: 0x0807_0605_0403_0201, cursor: 4096)
    let (header, body) = try split(frame.frame(sequence: 3))
    #expect(header == FrameHeader(opcode: 0x16, bodyByteCount: 16, sequence: 3))
    #expect(body == [1, 2, 3, 4, 5, 6, 7, 8, 0, 0x10, 0, 0, 0, 0, 0, 0])
    #expect(try DeleteOwnedFrame(body: body.span) == frame)
    let reply = DeleteOwnedReply(next: 8192, deleted: 64)
    let (answer, answerBody) = try split(reply.frame(answering: header))
    #expect(answer == FrameHeader(opcode: 0x16, bodyByteCount: 16, sequence: 3))
    #expect(answerBody == [0, 0x20, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0, 0, 0])
    #expect(try DeleteOwnedReply(body: answerBody.span) == reply)
    for body in (0..<16).map({ Array(body.prefix($0)) }) + [body + body] {
      #expect(throws: WireFailure(.badFrame, "DELETE_OWNED's body is 16 bytes")) {
        try DeleteOwnedFrame(body: body.span)
      }
      #expect(throws: WireFailure.self) { try DeleteOwnedReply(body: body.span) }
    }
    let untagged = [UInt8](repeating: 0, count: 8) + body[8...]
    #expect(throws: WireFailure(.badOperand, "DELETE_OWNED takes a tag that is not 0")) {
      try DeleteOwnedFrame(body: untagged.span)
    }
  }

  @Test("PIN is a name, ARENA_STAT nothing at all")
  func requests() throws {
    let (header, body) = try split(ControlFrame.request(.pin, name: "hits", sequence: 9))
    #expect(header.opcode == 0x18 && header.flags == FrameFlag.name)
    #expect(header.handleOrAuxiliary == FrameHeader.byName)
    #expect(body == NameBlock.bytes("hits"))
    let stat = try split(ControlFrame.request(.arenaStat, sequence: 9))
    #expect(stat.header == FrameHeader(opcode: 0x17, sequence: 9) && stat.body.isEmpty)
  }

  @Test("ARENA_STAT's answer reads back, and no other length does")
  func arenaStat() throws {
    let (header, body) = try split(Self.report.frame(answering: Self.request, atMost: 4096))
    #expect(header.opcode == 0x17 && header.sequence == 6 && header.handleOrAuxiliary == 2)
    #expect(try ArenaStatReply(header: header, body: body.span) == Self.report)
    for count in 0..<body.count {
      #expect(throws: WireFailure.self) {
        try ArenaStatReply(header: header, body: body.span.extracting(0..<count))
      }
    }
    for offset in [0, 1, 2, 3] {
      var wrong = body
      wrong[offset] = 0xFF
      #expect(throws: WireFailure.self) { try ArenaStatReply(header: header, body: wrong.span) }
    }
  }

  @Test("ARENA_STAT's fields stand at their offsets")
  func arenaStatLayout() throws {
    let body = try split(Self.report.frame(answering: Self.request, atMost: 4096)).body
    let words = (0..<14).map { body.span.littleEndian64(at: 8 * $0) }
    #expect(
      words == [152, 1 << 25, 2, 3, 4, 5, 6, 1 << 40, 1024, 9, 10, 11, 12, .max])
    #expect(Array(body[112..<128]) == [13, 0, 0, 0, 0, 0, 0, 0, 14, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(body[128..<136]) == [1, 0, 0, 0, 11, 0, 0, 0])
    #expect(Array(body[136..<152]) == Array("val was cut\0\0\0\0\0".utf8))
    #expect(Array(body[152..<160]) == [7, 0, 0, 0, 0, 0, 0, 0x40])
    #expect(Array(body[160..<176]) == [4, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(body[176..<192]) == [0x67, 0x12, 0, 0, 7, 0, 0, 0] + Array("python3\0".utf8))
    #expect(Array(body[(body.count - 8)...]) == [0, 0, 0, 0, 3, 0, 0, 0])
  }

  @Test("figures that this client does not know are passed over")
  func newerServer() throws {
    var (header, body) = try split(Self.report.frame(answering: Self.request, atMost: 4096))
    body.insert(contentsOf: [1, 2, 3, 4, 5, 6, 7, 8], at: 152)
    body[0] = 160
    header.bodyByteCount += 8
    #expect(try ArenaStatReply(header: header, body: body.span) == Self.report)
  }

  @Test("a server that tells no damage is understood")
  func olderServer() throws {
    var report = Self.report
    report.damage = nil
    let (header, body) = try split(report.frame(answering: Self.request, atMost: 4096))
    #expect(body[0] == 112)
    #expect(try ArenaStatReply(header: header, body: body.span) == report)
  }

  @Test("the sentence about damage stays in its place, and is cut to it")
  func sentence() throws {
    var (header, body) = try split(Self.report.frame(answering: Self.request, atMost: 4096))
    body[132] = 17
    #expect(throws: WireFailure.self) { try ArenaStatReply(header: header, body: body.span) }
    var report = Self.report
    report.damage?.last = String(repeating: "x", count: 600)
    (header, body) = try split(report.frame(answering: Self.request, atMost: 4096))
    let read = try ArenaStatReply(header: header, body: body.span)
    #expect(read.damage?.last?.utf8.count == 512 && read.attachments == report.attachments)
    report.damage = .init(count: 0, last: nil, lastUnixNanoseconds: 0, isUnrepaired: false)
    (header, body) = try split(report.frame(answering: Self.request, atMost: 4096))
    #expect(try ArenaStatReply(header: header, body: body.span) == report)
  }

  @Test(
    "what does not fit into a frame, or is too much, is left out and counted",
    arguments: [
      4096, 1 << 20,
    ])
  func bounds(limit: Int) throws {
    var report = ArenaStatReply()
    report.attachments = (0..<100).map { index in
      .init(
        lockByte: UInt64(index), waiting: 1,
        processes: (0..<10).map {
          .init(identifier: $0, program: String(repeating: "p", count: 100))
        })
    }
    let frame = report.frame(answering: Self.request, atMost: limit)
    #expect(frame.count <= limit)
    let (header, body) = try split(frame)
    let read = try ArenaStatReply(header: header, body: body.span)
    #expect(read.attachments.count == (limit == 4096 ? 6 : 64))
    #expect(read.attachments.count + Int(read.attachmentsLeftOut) == 100)
    #expect(read.attachments.map(\.lockByte) == (0..<UInt64(read.attachments.count)).map { $0 })
    for attachment in read.attachments {
      #expect(attachment.processes.count == 8 && attachment.processesLeftOut == 2)
      #expect(attachment.processes.allSatisfy { $0.program.utf8.count == 64 })
    }
  }
}
