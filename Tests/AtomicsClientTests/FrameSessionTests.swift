// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsClient

@Suite struct FrameSessionTests {
  private static let welcome = Welcome(
    maximumFrame: 1 << 20, bootEpoch: 1, inFlightLimit: 64, serverName: "test", opcodes: [0x20],
    types: [], lockFreeWidths: [], arenaUUID: 2
  ).bytes

  /// A session that was welcomed.
  private func session() throws -> FrameSession {
    let session = FrameSession(connection: 1)
    try receive(Self.welcome, session)
    return session
  }

  @discardableResult
  private func receive(_ bytes: [UInt8], _ session: FrameSession) throws -> Int {
    var output = OutputBuffer()
    return try session.receive(bytes.span, into: &output)
  }

  private func submit(_ command: ClientCommand, _ session: FrameSession) -> [UInt8] {
    var output = OutputBuffer()
    session.submit(command, ticket: 1, into: &output)
    return output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
  }

  private func register(_ type: RegisterType, connection: UInt64 = 1) -> RegisterReference {
    RegisterReference(
      name: "x", type: type, generation: 1, place: .remote(connection: connection, handle: 7))
  }

  /// Vectors whose frames hold what this client asks for: the old value, no derived order.
  static let vectors = Vectors.accepted.filter { vector in
    let name = vector.operationName
    let asked: ReturnMode =
      name.operation == .store || name.operation.isBitOperation ? .nothing : .old
    return vector.requestHex != nil && name.returns == asked && vector.framesAsWritten
      && (vector.failureOrder != nil || !name.operation.takesFailureOrder)
  }

  @Test("each vector's operation is sent as its frame, and its reply read as its outcome")
  func followsVectors() throws {
    #expect(Self.vectors.count > 1000)
    for vector in Self.vectors {
      let session = try session()
      let sent = submit(
        .perform(try vector.request(), on: register(vector.registerType)), session)
      #expect(sent == vector.requestBytes, "\(vector)")
      let reply = try #require(vector.replyBytes)
      #expect(try receive(reply, session) == reply.count)
      let outcome = try #require(session.nextReply()).result.get().asOutcome()
      #expect(outcome == vector.outcome, "\(vector)")
    }
  }

  @Test(
    "each legal operation, order and failure order is encoded unchanged",
    arguments: AtomicOperation.allCases)
  func encodesOrders(operation: AtomicOperation) throws {
    let type = try #require(RegisterType(name: operation.isByteComparison ? "bytes4" : "u32"))
    var count = 0
    for order in MemoryOrder.allCases where operation.orders.permits(order) {
      let failures: [MemoryOrder?] =
        operation.takesFailureOrder
        ? MemoryOrder.allCases.filter { $0.isValidFailure(forSuccess: order) } + [nil] : [nil]
      for failure in failures {
        let hasValues = operation.operands == .operand || operation.operands == .expectedAndDesired
        let request = try AtomicRequest(
          operation, on: type, order: order, failureOrder: failure, operand: hasValues ? 0xABCD : 0,
          expected: operation.isCompareExchange ? 0x1234 : 0,
          index: operation.isBitOperation ? 31 : 0)
        let bytes = submit(.perform(request, on: register(type)), try session())
        let header = FrameHeader(
          bytes.span.littleEndian64(at: 0), bytes.span.littleEndian64(at: 8))
        #expect(header.opcode == operation.rawValue)
        let decoded = try OperationFrame.decode(
          operation, header: header, operands: bytes.span.extracting(16..<bytes.count), type: type)
        #expect(decoded.request == request)
        count += 1
      }
    }
    #expect(count > 0)
  }

  @Test("a register of another connection is named, not pointed at")
  func namesForeignRegisters() throws {
    let type = try #require(RegisterType(name: "u8"))
    let request = try AtomicRequest(.increment, on: type)
    let bytes = submit(.perform(request, on: register(type, connection: 2)), try session())
    let header = FrameHeader(bytes.span.littleEndian64(at: 0), bytes.span.littleEndian64(at: 8))
    #expect(header.handleOrAuxiliary == FrameHeader.byName)
    #expect(header.flags == FrameFlag.name)
    let block = try NameBlock(bytes.span.extracting(16..<bytes.count))
    #expect(block.nameByteCount == 1)
  }

  @Test("a reply cut at any byte is waited for, and consumed as a whole")
  func waitsForWholeFrames() throws {
    let type = try #require(RegisterType(name: "u64"))
    let request = try AtomicRequest(.load, on: type)
    let vector = try #require(
      Vectors.accepted.first { $0.op == "load" && $0.type == "u64" && $0.replyHex != nil })
    let reply = try #require(vector.replyBytes)
    let stream = Self.welcome + reply
    for cut in 0..<stream.count {
      let session = FrameSession(connection: 1)
      _ = submit(.perform(request, on: register(type)), session)
      let consumed = try receive(Array(stream[..<cut]), session)
      #expect(consumed == (cut < Self.welcome.count ? 0 : Self.welcome.count))
      #expect(session.nextReply() == nil)
      #expect(try receive(Array(stream[consumed...]), session) == stream.count - consumed)
      #expect(try session.nextReply()?.result.get().asOutcome() == vector.outcome)
    }
  }

  @Test("a refusal carries the server's code, its text and what was applied")
  func reportsRefusals() throws {
    let type = try #require(RegisterType(name: "u64"))
    let cases: [(WireFailure, ClientError)] = [
      (WireFailure(.notFound, "no"), .notFound(name: "x")),
      (WireFailure(.gone, "was deleted"), .notFound(name: "x")),
      (
        WireFailure(.typeMismatch, "is u8"),
        .rejected(code: "type-mismatch", text: "is u8", applied: .no)
      ),
      (
        WireFailure(.internal, "oh", applied: .unknown),
        .rejected(code: "internal", text: "oh", applied: .unknown)
      ),
    ]
    for (failure, expected) in cases {
      let session = try session()
      _ = submit(.perform(try AtomicRequest(.increment, on: type), on: register(type)), session)
      try receive(failure.frame(answering: FrameHeader(opcode: 0x42, sequence: 1)), session)
      let reply = try #require(session.nextReply())
      #expect(throws: expected) { try reply.result.get() }
    }
  }

  @Test("a foreign sequence, a foreign opcode and a reply to nothing end the connection")
  func refusesStrangeReplies() throws {
    let type = try #require(RegisterType(name: "u64"))
    for header in [
      FrameHeader(opcode: 0x42, sequence: 2), FrameHeader(opcode: 0x43, sequence: 1),
      FrameHeader(opcode: 0x42, type: type.code, bodyByteCount: 4, sequence: 1),
      // No value where one was asked for.
      FrameHeader(opcode: 0x42, type: type.code, sequence: 1),
      // A mismatch without a comparison.
      FrameHeader(opcode: 0x42, orderOrStatus: 1, type: type.code, sequence: 1),
      FrameHeader(opcode: 0x42, orderOrStatus: 200, type: type.code, sequence: 1),
    ] {
      let session = try session()
      _ = submit(.perform(try AtomicRequest(.increment, on: type), on: register(type)), session)
      let bytes = FrameWords(header).bytes + [0, 0, 0, 0]
      let error = #expect(throws: ClientError.self) { try receive(bytes, session) }
      guard case .protocolViolation? = error else {
        Issue.record("\(header): \(String(describing: error))")
        continue
      }
    }
    let idle = try session()
    #expect(throws: ClientError.self) {
      try receive(FrameWords(FrameHeader(opcode: 0x42, sequence: 1)).bytes, idle)
    }
  }

  @Test("creating waits for both answers, and reports the first refusal")
  func creates() throws {
    let type = try #require(RegisterType(name: "i16"))
    let plan = RegisterPlan(name: "x", type: type, initial: 5, label: "l")
    let create = FrameHeader(opcode: Opcode.create.rawValue, sequence: 1)
    let open = FrameHeader(opcode: Opcode.open.rawValue, sequence: 2)
    let opened = ControlFrame.opened(
      answering: open, handle: 9, type: type, generation: 4, slot: 3, created: false)

    let made = try session()
    _ = submit(.create(plan), made)
    try receive(ControlFrame.done(answering: create, flags: ReplyFlag.created), made)
    #expect(made.nextReply() == nil)
    try receive(opened, made)
    let (register, created) = try #require(made.nextReply()).result.get().asRegister()
    #expect(created)
    #expect(register.type == type)
    #expect(register.generation == 4)

    let refused = try session()
    _ = submit(.create(plan), refused)
    try receive(WireFailure(.typeMismatch, "is u8").frame(answering: create), refused)
    // Nobody gets the handle.
    var output = OutputBuffer()
    _ = try refused.receive(opened.span, into: &output)
    let sent = output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    #expect(sent == ControlFrame.request(.close, handle: 9, sequence: 3))
    let reply = try #require(refused.nextReply())
    #expect(throws: ClientError.rejected(code: "type-mismatch", text: "is u8", applied: .no)) {
      try reply.result.get()
    }
    #expect(refused.nextReply() == nil)
  }

  @Test("a name that is opened again keeps its handle, and the new one is given back")
  func keepsOneHandle() throws {
    let type = try #require(RegisterType(name: "u8"))
    let session = try session()
    func open(
      _ sequence: UInt32, handle: UInt32, generation: UInt64, slot: UInt32 = 3
    ) throws -> [UInt8] {
      _ = submit(.find(name: "x"), session)
      let header = FrameHeader(opcode: Opcode.open.rawValue, sequence: sequence)
      let answer = ControlFrame.opened(
        answering: header, handle: handle, type: type, generation: generation, slot: slot,
        created: false)
      var output = OutputBuffer()
      _ = try session.receive(answer.span, into: &output)
      let found = try #require(session.nextReply()).result.get().asRegister().register
      let increment = try AtomicRequest(.load, on: type)
      #expect(found.generation == generation)
      // What the client sends of itself, then the handle that the reference uses.
      let closing = output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
      let used = submit(.perform(increment, on: found), session)
      session.abandon(.timeout)
      while session.nextReply() != nil {}
      return closing + used[12..<16]
    }
    #expect(try open(1, handle: 9, generation: 1) == [9, 0, 0, 0])
    #expect(
      try open(3, handle: 10, generation: 1)
        == ControlFrame.request(.close, handle: 10, sequence: 4) + [9, 0, 0, 0])
    // Deleted and made again: another register, another handle, and the old one is given back.
    #expect(
      try open(6, handle: 11, generation: 3)
        == ControlFrame.request(.close, handle: 9, sequence: 7) + [11, 0, 0, 0])
    // In another slot that was used as often.
    #expect(
      try open(9, handle: 12, generation: 3, slot: 4)
        == ControlFrame.request(.close, handle: 11, sequence: 10) + [12, 0, 0, 0])
  }

  @Test("deleting by owner, pinning and the arena's report are frames, and so are their answers")
  func asksAboutArena() throws {
    let session = try session()
    #expect(
      submit(.deleteOwned(tag: 42, cursor: 7), session)
        == DeleteOwnedFrame(ownerTag: 42, cursor: 7).frame(sequence: 1))
    #expect(
      submit(.pin(name: "x"), session) == ControlFrame.request(.pin, name: "x", sequence: 2))
    #expect(
      submit(.arenaReport, session) == ControlFrame.request(.arenaStat, sequence: 3))
    func answer(_ opcode: Opcode, _ sequence: UInt32) -> FrameHeader {
      FrameHeader(opcode: opcode.rawValue, sequence: sequence)
    }
    try receive(
      DeleteOwnedReply(next: 9, deleted: 3).frame(answering: answer(.deleteOwned, 1)), session)
    let part = try #require(session.nextReply()).result.get().asOwnedDeleted()
    #expect(part.count == 3 && part.next == 9)
    try receive(ControlFrame.done(answering: answer(.pin, 2)), session)
    guard case .success(.pinned)? = session.nextReply()?.result else {
      Issue.record("no answer to PIN")
      return
    }
    var reply = ArenaStatReply()
    reply.live = 5
    reply.valuesBytes = .max
    reply.damage = .init(count: 6, last: "cut", lastUnixNanoseconds: 7, isUnrepaired: true)
    reply.attachments = [
      .init(lockByte: 1 << 62, waiting: 2, processes: [.init(identifier: 3, program: "p")])
    ]
    try receive(reply.frame(answering: answer(.arenaStat, 3), atMost: 4096), session)
    let report = try #require(session.nextReply()).result.get().asArenaReport()
    #expect(report.live == 5 && report.valuesBytes == .max && report.attachmentsLeftOut == 0)
    #expect(report.attachments.map(\.lockByte) == [1 << 62])
    #expect(
      report.damage
        == .init(count: 6, last: "cut", lastUnixNanoseconds: 7, isUnrepaired: true))
    #expect(report.attachments[0].processes == [.init(identifier: 3, program: "p")])
    // A part that does not go on would never end.
    _ = submit(.deleteOwned(tag: 42, cursor: 9), session)
    #expect(throws: ClientError.self) {
      try receive(
        DeleteOwnedReply(next: 9, deleted: 0).frame(answering: answer(.deleteOwned, 4)), session)
    }
  }

  @Test("what was sent and never answered is told apart by what it could change")
  func abandons() throws {
    let type = try #require(RegisterType(name: "u64"))
    let commands: [(ClientCommand, AtomicsClient.Applied)] = [
      (.perform(try AtomicRequest(.increment, on: type), on: register(type)), .unknown),
      (.perform(try AtomicRequest(.load, on: type), on: register(type)), .no),
      (.perform(try AtomicRequest(.bitTest, on: type), on: register(type)), .no),
      (.perform(try AtomicRequest(.compareExchangeWeak, on: type), on: register(type)), .unknown),
      (.create(RegisterPlan(name: "x", type: type, initial: 0, label: "")), .unknown),
      (.delete(name: "x"), .unknown), (.info(name: "x"), .no), (.ping, .no),
      (.list(prefix: "", cursor: 0, limit: 1), .no), (.find(name: "x"), .no),
      (.deleteOwned(tag: 1, cursor: 0), .unknown), (.pin(name: "x"), .unknown),
      (.arenaReport, .no),
    ]
    for (command, applied) in commands {
      let session = try session()
      _ = submit(command, session)
      session.abandon(.lost("cut"))
      let reply = try #require(session.nextReply())
      #expect(throws: ClientError.connectionLost(reason: "cut", applied: applied)) {
        try reply.result.get()
      }
      #expect(session.nextReply() == nil)
      #expect(session.outstandingCount == 0)
    }
  }

  @Test("a farewell is remembered, replies before the end still count")
  func keepsFarewell() throws {
    let session = try session()
    _ = submit(.ping, session)
    try receive(
      ControlFrame.goAway(WireFailure(.shuttingDown, "back in a minute"))
        + ControlFrame.done(answering: FrameHeader(opcode: 1, sequence: 1)), session)
    #expect(session.farewell == "back in a minute")
    guard case .success(.pong)? = session.nextReply()?.result else {
      Issue.record("no reply")
      return
    }
  }

  @Test("a greeting that is none, or of another version, is refused")
  func refusesGreetings() throws {
    let foreign = FrameSession(connection: 1)
    let answer = Array("HTTP/1.1 400 Bad Request\r\n".utf8)
    let error = #expect(throws: ClientError.self) { try receive(answer, foreign) }
    #expect(error?.isConnectionFailure == true)
    var newer = Self.welcome
    newer[4] = 2
    #expect(throws: ClientError.self) { try receive(newer, FrameSession(connection: 1)) }
  }

  @Test("a register that was made and cannot be opened is told to be there")
  func tellsOfCreations() throws {
    let session = try session()
    let u64 = try #require(RegisterType(name: "u64"))
    _ = submit(.create(RegisterPlan(name: "x", type: u64, initial: 0, label: "")), session)
    let create = FrameHeader(opcode: Opcode.create.rawValue, sequence: 1)
    let open = FrameHeader(opcode: Opcode.open.rawValue, sequence: 2)
    try receive(
      ControlFrame.done(answering: create, flags: ReplyFlag.created, type: u64.code), session)
    try receive(WireFailure(.limit, "no more handles").frame(answering: open), session)
    let reply = try #require(session.nextReply())
    let error = #expect(throws: ClientError.self) { try reply.result.get() }
    #expect(
      error
        == .rejected(code: "too-many-requests", text: "no more handles", applied: .yes))
  }

  @Test("a reply that makes no sense leaves its command to be abandoned, like the others")
  func keepsConfusedCommands() throws {
    let session = try session()
    _ = submit(.ping, session)
    _ = submit(.info(name: "x"), session)
    let confused = FrameHeader(opcode: Opcode.ping.rawValue, sequence: 9)
    let error = #expect(throws: ClientError.self) {
      try receive(ControlFrame.done(answering: confused), session)
    }
    session.abandon(.broken(try #require(error)))
    #expect(session.nextReply() != nil)
    #expect(session.nextReply() != nil)
    #expect(session.nextReply() == nil)
  }

  @Test("what is known of a command counts for more than what is known of its connection")
  func tellsFates() {
    let lost = AbandonReason.broken(.connectionLost(reason: "over", applied: .unknown))
    #expect(lost.error(.no) == .connectionLost(reason: "over", applied: .no))
    let refused = AbandonReason.broken(.connectionLost(reason: "over", applied: .no))
    #expect(refused.error(.unknown) == .connectionLost(reason: "over", applied: .no))
  }
}
