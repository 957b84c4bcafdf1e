// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import HTTP2Session
import HTTPMessage
import Testing

@testable import AtomicsClient

@Suite struct JSONSessionTests {
  /// A client's session and a server's, joined in memory.
  private final class Pair {
    let client: JSONSession
    let server: HTTP2Session
    var output = OutputBuffer()

    init(limits: HTTPLimits = HTTPLimits()) throws {
      client = try JSONSession(authority: "127.0.0.1:7070", connection: 1)
      server = try HTTP2Session(role: .server, limits: limits)
      client.begin(into: &output)
    }

    /// Carries all bytes both ways, and answers requests by `answer`.
    func run(_ answer: (HTTPRequest) -> HTTPResponse?) throws {
      while true {
        let sent = output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        output.removeAll()
        if !sent.isEmpty { try server.receive(sent.span) }
        while case .request(let request)? = server.nextEvent() {
          if let response = answer(request) {
            server.respond(response, to: request.stream)
          } else {
            server.cancel(request.stream)
          }
        }
        var received: [UInt8] = []
        server.takeOutput(into: &received)
        if sent.isEmpty, received.isEmpty { return }
        _ = try client.receive(received.span, into: &output)
      }
    }

    func submit(_ command: ClientCommand, _ ticket: UInt64) {
      client.submit(command, ticket: ticket, into: &output)
    }
  }

  private func json(_ status: Int, _ text: String) -> HTTPResponse {
    HTTPResponse(status: status, body: Array(text.utf8))
  }

  @Test("a command becomes a request with method, path and authority, and its answer a reply")
  func asks() throws {
    let pair = try Pair()
    let u64 = try #require(RegisterType(name: "u64"))
    pair.submit(.create(RegisterPlan(name: "a/b", type: u64, initial: 5, label: "x")), 3)
    try pair.run { request in
      #expect(request.method == .put)
      #expect(String(decoding: request.target, as: UTF8.self) == "/v1/registers/a%2Fb")
      #expect(request.authority.map { String(decoding: $0, as: UTF8.self) } == "127.0.0.1:7070")
      #expect(request.fields.first("content-type", equals: "application/json"))
      #expect(
        String(decoding: request.body, as: UTF8.self)
          == #"{"type":"u64","initial":"5","label":"x"}"#)
      return json(201, #"{"name":"a/b","type":"u64","value":"5","label":"x"}"#)
    }
    let reply = try #require(pair.client.nextReply())
    #expect(reply.ticket == 3)
    let (register, created) = try reply.result.get().asRegister()
    #expect(created)
    #expect(register.name == "a/b")
    #expect(pair.client.isReady)
    #expect(pair.client.outstandingCount == 0)
  }

  @Test(
    "what HTTP has no request for is refused at once, and the connection is as before",
    arguments: [ClientCommand.deleteOwned(tag: 1, cursor: 0), .arenaReport, .pin(name: "a")])
  private func refusesForeignCommands(command: ClientCommand) throws {
    let pair = try Pair()
    pair.submit(command, 4)
    let reply = try #require(pair.client.nextReply())
    #expect(reply.ticket == 4)
    let error = #expect(throws: ClientError.self) { try reply.result.get() }
    #expect(error?.description.contains("HTTP has no request") == true)
    pair.submit(.ping, 5)
    try pair.run { request in
      #expect(String(decoding: request.target, as: UTF8.self) == "/livez")
      return json(200, "{}")
    }
    #expect(try #require(pair.client.nextReply()).ticket == 5)
  }

  @Test("replies find their commands, in whatever order they come")
  func matches() throws {
    let pair = try Pair()
    for ticket in 1...20 { pair.submit(.info(name: "r\(ticket)"), UInt64(ticket)) }
    var held: [HTTPRequest] = []
    try pair.run { request in
      held.append(request)
      return json(
        200,
        #"{"name":"\#(String(decoding: request.target.dropFirst(14), as: UTF8.self))","#
          + #""type":"u8","value":"1"}"#)
    }
    var seen: Set<UInt64> = []
    while let reply = pair.client.nextReply() {
      #expect(try reply.result.get().asDescription().name == "r\(reply.ticket)")
      seen.insert(reply.ticket)
    }
    #expect(seen.count == 20)
  }

  @Test("no more is taken than the server lets leave: what waits here was not sent")
  func limitsRequests() throws {
    var limits = HTTPLimits()
    limits.concurrentStreams = 3
    let pair = try Pair(limits: limits)
    pair.submit(.ping, 1)
    try pair.run { _ in HTTPResponse(status: 200) }
    #expect(pair.client.inFlightLimit == 3)
  }

  @Test("a listing is read to the end of its objects")
  func lists() throws {
    let pair = try Pair()
    pair.submit(.list(prefix: "", cursor: 0, limit: 10), 1)
    try pair.run { _ in
      json(
        200,
        #"{"registers":[{"name":"a","type":"i8","value":"-1"},"#
          + #"{"name":"b","type":"bytes2","value":"0102","label":"l"}],"cursor":"17"}"#)
    }
    let page = try #require(pair.client.nextReply()).result.get().asPage()
    #expect(page.next == 17)
    #expect(page.registers.map(\.name) == ["a", "b"])
    #expect(page.registers.map(\.value) == [0xFF, 0x0201])
  }

  @Test(
    "an answer about another register, or a listing that does not go on, is no answer",
    arguments: [
      (ClientCommand.find(name: "a"), #"{"name":"b","type":"u8","value":"1"}"#),
      (.info(name: "a"), #"{"name":"b","type":"u8","value":"1"}"#),
      (.list(prefix: "", cursor: 17, limit: 1), #"{"registers":[],"cursor":"17"}"#),
      (.list(prefix: "", cursor: 0, limit: 1), #"{"registers":[],"cursor":"-"}"#),
      (.list(prefix: "", cursor: 0, limit: 1), #"{"registers":[],"cursor":3}"#),
      (.capabilities, #"{"types":[],"widths":[],"operations":[],"limits":{},"boot_epoch":"1"}"#),
    ])
  private func refusesForeignAnswers(command: ClientCommand, answer: String) throws {
    let pair = try Pair()
    pair.submit(command, 1)
    try pair.run { _ in json(200, answer) }
    let reply = try #require(pair.client.nextReply())
    let error = #expect(throws: ClientError.self) { try reply.result.get() }
    guard case .protocolViolation? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("what a newer server can do beyond this client is passed over")
  func readsCapabilities() throws {
    let pair = try Pair()
    pair.submit(.capabilities, 1)
    try pair.run { _ in
      json(
        200,
        #"{"types":["u8","u256"],"widths":[{"bytes":1,"lock_free":true},{"bytes":16,"#
          + #""lock_free":false},{"bytes":32,"lock_free":true}],"operations":[{"name":"fetch_add"},"#
          + #"{"name":"median"}],"limits":{"streams":7},"boot_epoch":"18446744073709551615","#
          + #""arena_uuid":"01000000-0000-0000-0000-000000000080"}"#)
    }
    let capabilities = try #require(pair.client.nextReply()).result.get().asCapabilities()
    #expect(capabilities.types.map(\.name) == ["u8"])
    #expect(capabilities.lockFreeWidths == [.one])
    #expect(capabilities.operations == [.add])
    #expect(capabilities.inFlightLimit == 7)
    #expect(capabilities.bootEpoch == .max)
    #expect(capabilities.arenaUUID == 1 | UInt128(0x80) << 120)
  }

  @Test("a request that the server ends has its fate told; the connection goes on")
  func survivesResets() throws {
    let pair = try Pair()
    let u64 = try #require(RegisterType(name: "u64"))
    let register = RegisterReference(
      name: "x", type: u64, generation: 0, place: .byName(connection: 1))
    pair.submit(.perform(try AtomicRequest(.increment, on: u64), on: register), 1)
    try pair.run { _ in nil }
    let lost = try #require(pair.client.nextReply())
    let error = #expect(throws: ClientError.self) { try lost.result.get() }
    #expect(error?.applied == .unknown)
    pair.submit(.ping, 2)
    try pair.run { _ in HTTPResponse(status: 200) }
    #expect(try #require(pair.client.nextReply()).ticket == 2)
  }

  @Test("a server that does not speak HTTP/2 is told from one that does")
  func refusesForeigners() throws {
    let pair = try Pair()
    let error = #expect(throws: ClientError.self) {
      try pair.client.receive(Array("HTTP/1.1 400 Bad\r\n\r\n".utf8).span, into: &pair.output)
    }
    guard case .protocolViolation? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
