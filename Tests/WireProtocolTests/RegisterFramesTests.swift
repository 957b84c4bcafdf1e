// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

@testable import WireProtocol

/// CREATE, STAT, LIST, OPEN and name blocks: both ways, each truncation, each reserved byte.
@Suite struct RegisterFramesTests {
  static let creates = [
    CreateFrame(name: "a", type: .named("u8")),
    CreateFrame(
      name: "app/hits:total@eu-1", type: .named("i128"), isExclusive: true,
      initial: UInt128.max, restoreGap: 1 << 100, ownerTag: 0x0102_0304_0506_0708,
      label: "every hit, größer"),
    CreateFrame(
      name: String(repeating: "n", count: 128), type: .named("bytes16"), initial: 7,
      label: String(repeating: "l", count: 64)),
  ]

  private func read(_ header: FrameHeader, _ body: [UInt8]) throws(WireFailure) -> CreateFrame {
    let block = try NameBlock(body.span)
    return try CreateFrame(header: header, body: body.span, block: block)
  }

  @Test("CREATE reads back as it was written", arguments: creates)
  func create(create: CreateFrame) throws {
    let (header, body) = try split(create.frame(sequence: 9))
    #expect(header.opcode == 0x12 && header.flags == FrameFlag.name && header.sequence == 9)
    #expect(header.handleOrAuxiliary == FrameHeader.byName && header.type == create.type.code)
    #expect(Int(header.bodyByteCount) == body.count && body.count % 8 == 0)
    #expect(try read(header, body) == create)
  }

  @Test("CREATE's fields stand at their offsets")
  func createLayout() throws {
    let body = try split(Self.creates[1].frame(sequence: 1)).body
    #expect(Array(body.prefix(8)) == [19, 0, 2, 0, 0, 0, 0, 0])
    #expect(Array(body[8..<27]) == Array("app/hits:total@eu-1".utf8))
    #expect(Array(body[27..<32]) == [0, 0, 0, 0, 0])
    #expect(Array(body[32..<48]) == [UInt8](repeating: 0xFF, count: 16))
    #expect(Array(body[48..<64]) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0])
    #expect(Array(body[64..<72]) == [8, 7, 6, 5, 4, 3, 2, 1])
    #expect(Array(body[72..<80]) == [19, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(body[80..<99]) == Array("every hit, größer".utf8))
  }

  @Test("CREATE with any other length is refused", arguments: creates)
  func createTruncated(create: CreateFrame) throws {
    let (header, body) = try split(create.frame(sequence: 1))
    for count in 0..<body.count {
      #expect(throws: WireFailure.self) { try read(header, Array(body.prefix(count))) }
    }
    let longer = body + [UInt8](repeating: 0, count: 8)
    #expect(throws: WireFailure.self) { try read(header, longer) }
  }

  @Test("CREATE refuses reserved bytes, unknown policies and types, and values that do not fit")
  func createRefused() throws {
    let (header, body) = try split(Self.creates[0].frame(sequence: 1))
    func refuse(_ status: Status, type: UInt8? = nil, _ change: (inout [UInt8]) -> Void) {
      var (header, body) = (header, body)
      header.type = type ?? header.type
      change(&body)
      do throws(WireFailure) {
        _ = try read(header, body)
        Issue.record("\(body) was read")
      } catch {
        #expect(error.status == status, "\(error)")
        #expect(error.applied == .no)
      }
    }
    refuse(.badOperand) { $0[2] = 0 }  // must exist: nothing to create
    refuse(.badOperand) { $0[2] = 3 }
    for byte in 3..<8 { refuse(.badOperand) { $0[byte] = 1 } }  // name block, reserved
    for byte in 9..<16 { refuse(.badOperand) { $0[byte] = 1 } }  // behind the name
    for byte in 58..<64 { refuse(.badOperand) { $0[byte] = 1 } }  // label length, reserved
    for byte in 17..<32 { refuse(.badOperand) { $0[byte] = 1 } }  // initial beyond u8
    for byte in 33..<48 { refuse(.badOperand) { $0[byte] = 1 } }  // gap beyond u8
    refuse(.badFrame) { $0[56] = 1 }  // a label that is not there
    refuse(.badFrame) { $0[1] = 0xFF }  // a name longer than the body
    for type in [0x05, 0x07, 0x18, 0x19, 0x1C, 0x20, 0x3F, 0x40, 0x80, 0xFF] as [UInt8] {
      refuse(.badOperand, type: type) { _ in }
    }
    let (labelled, labelBody) = try split(Self.creates[1].frame(sequence: 1))
    var broken = labelBody
    broken[80] = 0xFF
    #expect(throws: WireFailure(.badOperand, "the label is not UTF-8")) {
      try read(labelled, broken)
    }
    broken = labelBody
    broken[99] = 1  // behind the label
    #expect(throws: WireFailure(.badOperand, "the bytes after the label are zero")) {
      try read(labelled, broken)
    }
  }

  @Test("STAT reads back as it was written, and no other length does")
  func stat() throws {
    let stat = StatReply(
      type: .named("i16"), name: "app:hits", value: 0xFFFE, createdUnixNanoseconds: 1_700_000_000,
      generation: 3, ownerTag: 4, ownerUser: 1000, slot: 77, restoreGap: 0x0102, isPinned: true,
      label: "größe")
    let request = FrameHeader(opcode: Opcode.stat.rawValue, sequence: 5)
    let (header, body) = try split(stat.frame(answering: request))
    #expect(header.opcode == 0x14 && header.sequence == 5 && header.type == 0x09)
    #expect(Array(body.prefix(16)) == [0xFE, 0xFF] + [UInt8](repeating: 0, count: 14))
    #expect(Array(body[40..<56]) == [0xE8, 3, 0, 0, 77, 0, 0, 0, 8, 0, 7, 0, 1, 0, 0, 0])
    #expect(Array(body[56..<72]) == [2, 1] + [UInt8](repeating: 0, count: 14))
    #expect(try StatReply(header: header, body: body.span) == stat)
    for count in 0..<body.count {
      #expect(throws: WireFailure.self) {
        try StatReply(header: header, body: body.span.extracting(0..<count))
      }
    }
  }

  @Test("LIST's request reads back, and refuses what the page says")
  func listRequest() throws {
    let list = ListFrame(cursor: 1 << 40, limit: 1000, prefix: Array("app:".utf8))
    let (header, body) = try split(list.frame(sequence: 2))
    #expect(header.opcode == 0x15 && header.flags == 0)
    #expect(
      body == [0, 0, 0, 0, 0, 1, 0, 0, 0xE8, 3, 0, 0, 4, 0, 0, 0] + Array("app:".utf8) + [
        0, 0, 0, 0,
      ])
    #expect(try ListFrame(body: body.span) == list)
    for count in 0..<body.count {
      #expect(throws: WireFailure.self) { try ListFrame(body: body.span.extracting(0..<count)) }
    }
    for (index, value) in [(14, 1), (15, 1), (20, 1), (23, 1), (10, 1)] as [(Int, UInt8)] {
      var changed = body
      changed[index] = value
      #expect(throws: WireFailure.self, "byte \(index)") { try ListFrame(body: changed.span) }
    }
    var none = body
    none.replaceSubrange(8..<12, with: [0, 0, 0, 0])
    #expect(throws: WireFailure(.badOperand, "LIST's limit is 1 to 1000")) {
      try ListFrame(body: none.span)
    }
  }

  @Test("LIST's answer reads back, and a damaged one is refused")
  func listReply() throws {
    let entries = RegisterType.all.enumerated().map { index, type in
      ListReply.Entry(
        name: String(repeating: "r", count: index + 1), type: type,
        value: UInt128.max & type.width.mask, label: String(repeating: "l", count: index))
    }
    let reply = ListReply(next: 99, entries: entries)
    let (header, body) = try split(
      reply.frame(answering: FrameHeader(opcode: Opcode.list.rawValue, sequence: 3)))
    #expect(header.handleOrAuxiliary == UInt32(entries.count))
    #expect(try ListReply(header: header, body: body.span) == reply)
    for count in 0..<body.count {
      #expect(throws: WireFailure.self) {
        try ListReply(header: header, body: body.span.extracting(0..<count))
      }
    }
    let empty = try split(ListReply(next: 0, entries: []).frame(answering: header))
    #expect(empty.body == [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try ListReply(header: empty.header, body: empty.body.span).entries.isEmpty)
  }

  @Test("OPEN's answer tells handle, type and generation")
  func open() throws {
    let request = try split(ControlFrame.open(name: "hits", creating: .named("u64"), sequence: 8))
    #expect(request.header.type == 3 && request.header.flags == FrameFlag.name)
    #expect(request.body == [4, 0, 1, 0, 0, 0, 0, 0] + Array("hits".utf8) + [0, 0, 0, 0])
    let plain = try split(ControlFrame.open(name: "hits", sequence: 8))
    #expect(plain.header.type == FrameHeader.typeAsRegistered && plain.body[2] == 0)
    let (header, body) = try split(
      ControlFrame.opened(
        answering: request.header, handle: 12, type: .named("u64"), generation: 5, slot: 7,
        created: true))
    #expect(header.flags == ReplyFlag.created && header.handleOrAuxiliary == 12)
    let read = try ControlFrame.readOpened(header: header, body: body.span)
    #expect(read.handle == 12 && read.type.name == "u64" && read.generation == 5)
    #expect(read.slot == 7 && body.count == 16)
    #expect(throws: WireFailure.self) {
      try ControlFrame.readOpened(header: header, body: body.span.extracting(0..<15))
    }
  }
}
