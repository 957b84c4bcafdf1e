// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Testing
import WireProtocol

@testable import AtomicsClient

@Suite struct FrameSessionWatchesTests {
  private let u64: RegisterType
  private let session: ScriptedSession
  private let watched: RegisterReference

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    session = try ScriptedSession(credits: 8)
    watched = RegisterReference(
      name: "x", type: u64, generation: 4, place: .remote(connection: 1, handle: 7), slot: 3)
  }

  /// A watch that the server has answered with the number 50.
  private func watch(_ subject: WatchPlan.Subject, ticket: UInt64 = 1) throws {
    let bytes = session.submit(.watch(WatchPlan(subject: subject)), ticket: ticket)
    try session.receive(
      WatchFrame.answer(
        to: FrameHeader(
          opcode: Opcode.watch.rawValue, sequence: bytes.span.littleEndian32(at: 8)), watch: 50))
    guard case .success(.watching)? = session.session.nextReply()?.result else {
      throw ClientError.usage("it does not watch")
    }
  }

  private func push(
    _ kind: WatchPush.Kind, _ value: UInt128, sequence: UInt32 = 1, watch: UInt32 = 50,
    type: RegisterType? = nil, generation: UInt64 = 4, slot: UInt32 = 3, name: String = ""
  ) -> [UInt8] {
    WatchPush(
      kind, sequence: sequence, watch: watch, type: type ?? u64, changes: 1, leftOut: 0,
      generation: generation, slot: slot, value: value, name: name
    ).bytes
  }

  private func event() -> RegisterEvent? {
    guard case .event(let event)? = session.session.nextEvent()?.kind else { return nil }
    return event
  }

  private func event(_ kind: RegisterEvent.Kind, _ name: String = "x") -> RegisterEvent {
    RegisterEvent(name: name, type: u64, kind: kind)
  }

  @Test("watches are sent by handle, by name, and of a prefix")
  func sends() throws {
    let foreign = RegisterReference(
      name: "x", type: u64, generation: 4, place: .byName(connection: 2))
    func sent(_ subject: WatchPlan.Subject) -> [UInt8] {
      session.submit(
        .watch(WatchPlan(subject: subject, intervalMilliseconds: 20)), ticket: 1)
    }
    #expect(
      sent(.register(watched))
        == WatchFrame.frame(handle: 7, intervalMilliseconds: 20, sequence: 1))
    #expect(
      sent(.register(foreign))
        == WatchFrame.frame(name: "x", intervalMilliseconds: 20, sequence: 2))
    #expect(
      sent(.prefix(""))
        == WatchFrame.frame(name: "", isPrefix: true, intervalMilliseconds: 20, sequence: 3))
  }

  @Test("pushes become events under the watch's ticket, until the register is gone")
  func tellsEvents() throws {
    try watch(.register(watched), ticket: 9)
    try session.receive(push(.event, 5) + push(.gap, 6) + push(.deleted, 0))
    for kind in [RegisterEvent.Kind.value(5), .gap(6), .deleted] {
      let told = try #require(session.session.nextEvent())
      #expect(told.ticket == 9)
      guard case .event(event(kind)) = told.kind else {
        Issue.record("\(told)")
        continue
      }
    }
    // The server does not do this; it must not matter.
    try session.receive(push(.event, 7))
    #expect(session.session.nextEvent() == nil)
    #expect(session.cancel(9).isEmpty)
  }

  @Test("a watch of a prefix tells names, and outlives registers")
  func tellsNames() throws {
    try watch(.prefix("jobs/"))
    try session.receive(
      push(.event, 1, name: "jobs/1") + push(.deleted, 0, name: "jobs/1")
        + push(.event, 2, generation: 9, name: "jobs/2"))
    #expect(event() == event(.value(1), "jobs/1"))
    #expect(event() == event(.deleted, "jobs/1"))
    #expect(event() == event(.value(2), "jobs/2"))
  }

  @Test("watched by its name, another register of that name is a deletion")
  func tellsRegistersApart() throws {
    for (generation, slot) in [(UInt64(6), UInt32(3)), (4, 2)] {
      let other = try FrameSessionWatchesTests()
      try other.watch(.register(watched))
      let sent = try other.session.receive(
        other.push(.event, 1, generation: generation, slot: slot))
      #expect(other.event() == event(.deleted))
      #expect(sent == ControlFrame.request(.unwatch, handle: 50, sequence: 2))
      try other.session.receive(other.push(.event, 2, generation: generation, slot: slot))
      #expect(other.event() == nil)
    }
  }

  @Test("watched by a name that is of another type, the watch ends, and nothing else")
  func tellsTypesApart() throws {
    let u8 = try #require(RegisterType(name: "u8"))
    let named = RegisterReference(
      name: "x", type: u64, generation: 0, place: .byName(connection: 2))
    try watch(.register(named))
    let sent = try session.receive(push(.event, 1, type: u8))
    #expect(sent == ControlFrame.request(.unwatch, handle: 50, sequence: 2))
    guard case .ended(.rejected("type-mismatch", _, .no))? = session.session.nextEvent()?.kind
    else {
      Issue.record("it goes on")
      return
    }
    try session.receive(push(.event, 2, type: u8))
    #expect(session.session.nextEvent() == nil)
  }

  @Test("cancelled, a watch has no more events, whatever is under way")
  func cancels() throws {
    try watch(.register(watched))
    try session.receive(push(.event, 5))
    #expect(session.cancel(1) == ControlFrame.request(.unwatch, handle: 50, sequence: 2))
    #expect(session.cancel(1).isEmpty)
    #expect(session.session.nextEvent() == nil)
    try session.receive(push(.event, 6))
    let unwatch = FrameHeader(opcode: Opcode.unwatch.rawValue, sequence: 2)
    try session.receive(ControlFrame.done(answering: unwatch))
    try session.receive(push(.event, 7))
    #expect(session.session.nextEvent() == nil)
    #expect(session.session.outstandingCount == 0)
  }

  @Test("cancelled before it was answered, a watch is given up when it is")
  func cancelsEarly() throws {
    _ = session.submit(.watch(WatchPlan(subject: .register(watched))), ticket: 1)
    #expect(session.cancel(1).isEmpty)
    let header = FrameHeader(opcode: Opcode.watch.rawValue, sequence: 1)
    let sent = try session.receive(WatchFrame.answer(to: header, watch: 50) + push(.event, 5))
    #expect(sent == ControlFrame.request(.unwatch, handle: 50, sequence: 2))
    let reply = try #require(session.session.nextReply())
    #expect(throws: ClientError.cancelled(applied: .no)) { try reply.result.get() }
    #expect(session.session.nextEvent() == nil)
  }

  @Test("credit is given back when half of the window is used, whoever takes the events")
  func givesCredit() throws {
    try watch(.register(watched))
    for value in 1...3 { #expect(try session.receive(push(.event, UInt128(value))).isEmpty) }
    let credit = CreditFrame(events: 4).frame(sequence: 0)
    #expect(try session.receive(push(.event, 4)) == credit)
    // In one piece, where they come together; and what is dropped costs credit, too.
    _ = session.cancel(1)
    #expect(
      try session.receive((0..<9).flatMap { push(.event, $0) })
        == CreditFrame(events: 9).frame(sequence: 0))
  }

  @Test("a watch that the server ends tells why")
  func tellsEnds() throws {
    try watch(.prefix("jobs/"))
    let limit = WireFailure(.limit, "65536 registers are watched")
    let sent = try session.receive(WatchPush.ended(limit, sequence: 1, watch: 50))
    #expect(sent.isEmpty)
    guard case .ended(let error)? = session.session.nextEvent()?.kind else {
      Issue.record("it goes on")
      return
    }
    #expect(error == .rejected(code: "too-many-requests", text: limit.text, applied: .no))
    #expect(session.cancel(1).isEmpty)
  }

  @Test("a refused watch is its command's error, and its number means nothing then")
  func refuses() throws {
    _ = session.submit(.watch(WatchPlan(subject: .register(watched))), ticket: 1)
    let header = FrameHeader(opcode: Opcode.watch.rawValue, sequence: 1)
    try session.receive(WireFailure(.gone, "was deleted").frame(answering: header))
    let reply = try #require(session.session.nextReply())
    #expect(throws: ClientError.notFound(name: "x")) { try reply.result.get() }
    try session.receive(push(.event, 1))
    #expect(session.session.nextEvent() == nil)
  }

  @Test("pushes that make no sense end the connection")
  func refusesStrangePushes() throws {
    let u8 = try #require(RegisterType(name: "u8"))
    let cut = FrameWords(FrameHeader(opcode: 0xE0, type: u64.code, sequence: 1)).bytes
    let numbered = FrameHeader(
      opcode: 0xE0, type: u64.code, sequence: 1, handleOrAuxiliary: 50)
    for (subject, bytes) in [
      (WatchPlan.Subject.register(watched), cut),
      (.register(watched), FrameWords(numbered).bytes),
      (.register(watched), push(.event, 1, watch: 51)),
      (.register(watched), push(.event, 1, type: u8)),
      (.prefix("jobs/"), push(.event, 1, name: "")),
      (.prefix("jobs/"), push(.event, 1, name: "job/1")),
      (.prefix(""), push(.event, 1, name: "two words")),
      (.prefix("jobs/"), WatchPush.ended(.init(.badFrame, "no"), sequence: 1, watch: 50)),
    ] {
      let fresh = try FrameSessionWatchesTests()
      try fresh.watch(subject)
      let error = #expect(throws: ClientError.self) { try fresh.session.receive(bytes) }
      guard case .protocolViolation? = error else {
        Issue.record("\(bytes): \(String(describing: error))")
        continue
      }
    }
    // Where nothing was ever watched.
    #expect(throws: ClientError.self) { try session.receive(push(.event, 1)) }
  }

  @Test("when the connection ends, watches are over without a word, unanswered ones have a reply")
  func abandons() throws {
    try watch(.register(watched))
    _ = session.submit(.watch(WatchPlan(subject: .prefix(""))), ticket: 2)
    session.session.abandon(.lost("cut"))
    let reply = try #require(session.session.nextReply())
    #expect(reply.ticket == 2)
    #expect(throws: ClientError.connectionLost(reason: "cut", applied: .no)) {
      try reply.result.get()
    }
    #expect(session.session.nextReply() == nil && session.session.nextEvent() == nil)
    #expect(session.cancel(1).isEmpty)
  }
}
