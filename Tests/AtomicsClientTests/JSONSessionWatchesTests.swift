// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTP2Session
import HTTPMessage
import Testing

@testable import AtomicsClient

@Suite struct JSONSessionWatchesTests {
  private let u8: RegisterType
  private let one: ClientCommand
  private let all: ClientCommand

  init() throws {
    u8 = try #require(RegisterType(name: "u8"))
    let register = RegisterReference(
      name: "a/b", type: u8, generation: 0, place: .byName(connection: 1))
    one = .watch(WatchPlan(subject: .register(register)))
    all = .watch(WatchPlan(subject: .prefix("a/"), intervalMilliseconds: 40))
  }

  /// Begins a watch that the server agrees to; returns its stream.
  private func begin(_ pair: JSONPair, _ command: ClientCommand) throws -> UInt32 {
    try pair.submit(command, 7)
    let stream = pair.take().stream
    #expect(pair.client.outstandingCount == 1)
    try pair.begin(stream)
    let reply = try #require(pair.client.nextReply())
    guard case .watching = try reply.result.get() else {
      Issue.record("another reply")
      return stream
    }
    #expect(reply.ticket == 7 && pair.client.outstandingCount == 0)
    return stream
  }

  private func event(_ kind: RegisterEvent.Kind, _ name: String = "a/b") -> RegisterEvent {
    RegisterEvent(name: name, type: u8, kind: kind)
  }

  /// The events that have come, the end of the watch by its error's description.
  private func told(_ pair: JSONPair) -> [RegisterEvent] {
    var events: [RegisterEvent] = []
    while let found = pair.client.nextEvent() {
      if case .event(let event) = found.kind { events.append(event) }
    }
    return events
  }

  @Test("a watch is a request whose events come in whatever pieces, to the register's end")
  func watches() throws {
    let pair = try JSONPair()
    let stream = try begin(pair, one)
    let text =
      "retry: 1000\n\nid: 1-1-1\nevent: gap\ndata: {\"name\":null,\"missed\":null,\"value\":null}"
      + "\n\nevent: change\ndata: {\"name\":\"a/b\",\"type\":\"u8\",\"value\":\"1\",\"change\":0}\n"
      + "\n:\n\nevent: gap\ndata: {\"name\":\"a/b\",\"type\":\"u8\",\"missed\":4,\"value\":\"9\"}\n\n"
      + "event: other\ndata: {}\n\n"
      + "event: deleted\ndata: {\"name\":\"a/b\",\"type\":\"u8\"}\n\n"
    for byte in text { try pair.append(stream, String(byte)) }
    #expect(told(pair) == [event(.value(1)), event(.gap(9)), event(.deleted)])
    try pair.finish(stream)
    #expect(pair.client.nextEvent() == nil && pair.client.nextReply() == nil)
    #expect(!pair.client.isLeaving)
  }

  @Test("a prefix is asked for as it is, with the interval, and tells each register's type")
  func watchesPrefix() throws {
    let pair = try JSONPair()
    try pair.submit(one, 1)
    #expect(pair.take().target == "/v1/watch?name=a%2Fb")
    try pair.submit(all, 2)
    let (stream, target, _) = pair.take()
    #expect(target == "/v1/watch?prefix=a%2F&interval_ms=40")
    try pair.begin(stream)
    // What a newer server tells is passed over, whatever it is.
    try pair.append(stream, "event: other\ndata: []\n\nevent: another\ndata: x\n\n")
    try pair.append(
      stream, "event: change\ndata: {\"name\":\"a/c\",\"type\":\"i8\",\"value\":\"-1\"}\n\n")
    let i8 = try #require(RegisterType(name: "i8"))
    #expect(told(pair) == [RegisterEvent(name: "a/c", type: i8, kind: .value(0xFF))])
  }

  @Test(
    "events that make no sense end their watch, and nothing else",
    arguments: [
      #"change|{"name":"a/c","type":"u8","value":"1"}"#, #"change|{"name":"a/b","value":"1"}"#,
      #"change|{"name":"a/b","type":"u8","value":"256"}"#, #"change|{"name":"a/b","type":"u8"}"#,
      #"change|{"name":"a b","type":"u8","value":"1"}"#, #"deleted|{"name":"a/b"}"#, "change|[]",
      "change|x", #"change|{"name":"a/b","type":"u8","value":1}"#,
    ])
  func refusesForeignEvents(text: String) throws {
    let pair = try JSONPair()
    let stream = try begin(pair, one)
    let parts = text.split(separator: "|")
    try pair.append(stream, "event: \(parts[0])\ndata: \(parts[1])\n\n")
    guard case .ended(.protocolViolation)? = pair.client.nextEvent()?.kind else {
      Issue.record("it goes on")
      return
    }
    #expect(pair.server.nextClosed() == stream && pair.client.nextEvent() == nil)
    try pair.submit(.ping, 9)
    try pair.answer(pair.take().stream, 200, "{}")
    #expect(pair.client.nextReply()?.ticket == 9)
  }

  @Test("a register of another type that has the name is told of")
  func tellsTypes() throws {
    let pair = try JSONPair()
    let stream = try begin(pair, one)
    try pair.append(
      stream, "event: change\ndata: {\"name\":\"a/b\",\"type\":\"u16\",\"value\":\"1\"}\n\n")
    guard case .ended(.rejected("type-mismatch", _, .no))? = pair.client.nextEvent()?.kind else {
      Issue.record("it goes on")
      return
    }
  }

  @Test("a refusal is the problem that the server tells, or no answer at all")
  func refuses() throws {
    let pair = try JSONPair()
    for (status, slug, error) in [
      (404, "not-found", ClientError.notFound(name: "a/b")),
      (
        429, "too-many-requests",
        .rejected(code: "too-many-requests", text: "t", applied: .no)
      ),
      (403, "forbidden", .rejected(code: "forbidden", text: "t", applied: .no)),
    ] {
      try pair.submit(one, 1)
      let problem = #"{"type":"/problems/\#(slug)","detail":"t","applied":"no"}"#
      try pair.answer(pair.take().stream, status, problem)
      #expect(throws: error) { try pair.client.nextReply()?.result.get() }
      #expect(pair.client.outstandingCount == 0)
    }
    try pair.submit(one, 2)
    let stream = pair.take().stream
    try pair.begin(stream, 200, "text/html")
    try pair.append(stream, String(repeating: "x", count: 70_000))
    let error = #expect(throws: ClientError.self) { try pair.client.nextReply()?.result.get() }
    guard case .protocolViolation? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(pair.server.nextClosed() == stream)
  }

  @Test("an end with a reason is told, but one that may be otherwise elsewhere")
  func ends() throws {
    for (slug, isOver) in [
      ("too-many-requests", true), ("shutting-down", false), ("unauthorized", false),
    ] {
      let pair = try JSONPair()
      let stream = try begin(pair, all)
      try pair.append(
        stream, "event: ended\ndata: {\"type\":\"/problems/\(slug)\",\"applied\":\"no\"}\n\n")
      try pair.finish(stream)
      switch pair.client.nextEvent()?.kind {
      case .ended(.rejected("too-many-requests", _, .no))?: #expect(isOver)
      case .interrupted?: #expect(!isOver)
      case let other: Issue.record("\(String(describing: other))")
      }
      #expect(pair.client.nextEvent() == nil && pair.client.isLeaving == !isOver)
    }
  }

  @Test("a stream that breaks off is to be asked for again, on another connection")
  func breaksOff() throws {
    for endsInOrder in [true, false] {
      let pair = try JSONPair()
      let stream = try begin(pair, one)
      if endsInOrder { try pair.finish(stream) } else { pair.server.cancel(stream) }
      try pair.run()
      guard case .interrupted? = pair.client.nextEvent()?.kind else {
        Issue.record("it goes on")
        continue
      }
      #expect(pair.client.isLeaving)
    }
    let pair = try JSONPair()
    try pair.submit(one, 1)
    pair.server.cancel(pair.take().stream)
    try pair.run()
    let error = #expect(throws: ClientError.self) { try pair.client.nextReply()?.result.get() }
    #expect(error?.isOfEndingConnection == true)
  }

  @Test("a watch that nobody wants is reset, and tells nothing more")
  func cancels() throws {
    let pair = try JSONPair()
    let stream = try begin(pair, one)
    try pair.append(
      stream, "event: change\ndata: {\"name\":\"a/b\",\"type\":\"u8\",\"value\":\"1\"}\n\n")
    try pair.cancel(7)
    #expect(pair.client.nextEvent() == nil && pair.client.nextReply() == nil)
    #expect(pair.server.nextClosed() == stream)
    try pair.submit(one, 8)
    try pair.cancel(8)
    #expect(throws: ClientError.cancelled(applied: .no)) {
      try pair.client.nextReply()?.result.get()
    }
    #expect(pair.client.outstandingCount == 0)
  }
}
