// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

/// What a request's header section has to be (RFC 9113 §8.2, §8.3), in the first request and in one
/// whose fields came before.
@Suite struct FieldTests {
  /// `:method: GET` and the rest of a request.
  private static let get: [UInt8] = [0x82] + Frames.address

  static let malformed: [(String, [UInt8])] = [
    ("te that is not trailers", get + Frames.literal("te", "gzip")),
    ("an upgrade", get + Frames.literal("upgrade", "h2c")),
    ("keep-alive", get + Frames.literal("keep-alive", "5")),
    ("proxy-connection", get + Frames.literal("proxy-connection", "close")),
    ("Host twice", get + Frames.literal("host", "a") + Frames.literal("host", "a")),
    ("an empty Host", [0x82, 0x84, 0x86] + Frames.literal("host", "")),
    ("a path in Host", [0x82, 0x84, 0x86] + Frames.literal("host", "a/b")),
    ("user information's slash", [0x82, 0x84, 0x86] + Frames.literal(":authority", "a/b")),
    ("a space in the authority", [0x82, 0x84, 0x86] + Frames.literal(":authority", "a b")),
    (":authority twice", get + [0x01, 1, 0x61]),
    (":scheme twice", get + [0x86]),
    (":method twice", get + [0x82]),
    ("a space in the method", Frames.literal(":method", "GE T") + Frames.address),
    ("an empty method", Frames.literal(":method", "") + Frames.address),
    ("a scheme of digits", [0x82, 0x84] + Frames.literal(":scheme", "1a") + [0x01, 1, 0x61]),
    ("a space in the path", [0x82, 0x86, 0x01, 1, 0x61] + Frames.literal(":path", "/a b")),
    ("an asterisk for GET", [0x82, 0x86, 0x01, 1, 0x61] + Frames.literal(":path", "*")),
    ("white space before a value", get + Frames.literal("x", " a")),
    ("white space behind a value", get + Frames.literal("x", "a\t")),
    ("an empty name", get + Frames.literal("", "a")),
    ("an empty content-length", get + Frames.literal("content-length", "")),
    ("a signed content-length", get + Frames.literal("content-length", "+0")),
    ("a content-length beyond all", get + Frames.literal("content-length", "9223372036854775808")),
    ("CONNECT with a path", Frames.literal(":method", "CONNECT") + Frames.address),
    ("CONNECT to nowhere", Frames.literal(":method", "CONNECT")),
    (":protocol", get + Frames.literal(":protocol", "websocket")),
  ]

  @Test("what is malformed is so at first and later", arguments: malformed)
  func malformedAgain(name: String, block: [UInt8]) throws {
    let server = try HTTP2Session(role: .server)
    var input = Frames.preface + Frames.settings
    for stream in stride(from: 1, to: 12, by: 4) as StrideTo<UInt32> {
      input += Frames.frame(1, 5, stream, block) + Frames.get(stream: stream + 2, endStream: true)
    }
    try Pair.deliver(input, to: server, chunk: .max)
    var seen: [UInt32] = []
    while let event = server.nextEvent() {
      guard case .request(let request) = event else {
        Issue.record("\(name): \(event)")
        continue
      }
      seen.append(request.stream)
    }
    #expect(seen == [3, 7, 11], "\(name)")
    let resets = Frames.parse(output(of: server)).filter { $0.type == 3 }
    #expect(resets.map(\.stream) == [1, 5, 9] && resets.allSatisfy { $0.code(at: 0) == 1 })
  }

  static let wellFormed: [(String, [UInt8], String)] = [
    ("te: trailers", get + Frames.literal("te", "trailers"), "/"),
    ("Host alone", [0x82, 0x84, 0x86] + Frames.literal("host", "a"), "/"),
    ("an empty value", get + Frames.literal("x", ""), "/"),
    ("bytes above ASCII", get + Frames.literal("x", "ä"), "/"),
    ("a zero length", get + Frames.literal("content-length", "0"), "/"),
    (
      "the asterisk of OPTIONS",
      Frames.literal(":method", "OPTIONS") + [0x86, 0x01, 1, 0x61] + Frames.literal(":path", "*"),
      "*"
    ),
    ("CONNECT", Frames.literal(":method", "CONNECT") + [0x01, 1, 0x61], "a"),
    ("an unknown method", Frames.literal(":method", "BREW") + Frames.address, "/"),
  ]

  @Test("what is well formed comes through, at first and later", arguments: wellFormed)
  func wellFormedAgain(name: String, block: [UInt8], target: String) throws {
    let server = try HTTP2Session(role: .server)
    var input = Frames.preface + Frames.settings
    for stream in [1, 3, 5] as [UInt32] { input += Frames.frame(1, 5, stream, block) }
    try Pair.deliver(input, to: server, chunk: .max)
    for stream in [1, 3, 5] as [UInt32] {
      guard case .request(let request)? = server.nextEvent() else {
        Issue.record("\(name): no request on \(stream)")
        return
      }
      #expect(request.stream == stream && request.target == Array(target.utf8), "\(name)")
      #expect(request.authority == [0x61], "\(name)")
    }
  }

  @Test("each request has its own fields, whatever the one before had at the same place")
  func places() throws {
    let pair = try Pair()
    // Indexed by the client's encoder: the same strings again and again, then others.
    let kinds: [(HTTPMethod, String, [(String, String)])] = [
      (.get, "/a", [("accept", "x"), ("x-one", "1")]), (.get, "/a", [("x-one", "1")]),
      (.post, "/b", [("accept", "x"), ("x-one", "2")]), (.get, "/a", []),
      (.get, "/a", [("x-one", "1"), ("accept", "x"), ("accept", "x")]),
    ]
    var expected: [UInt32: Int] = [:]
    for round in 0..<20 {
      let kind = round * 7 % kinds.count
      let (method, target, fields) = kinds[kind]
      expected[try pair.client.submit(request(method, target, fields: fields))] = kind
    }
    let events = try pair.run { event in
      guard case .request(let request) = event, let kind = expected[request.stream] else {
        Issue.record("\(event)")
        return nil
      }
      let (method, target, fields) = kinds[kind]
      #expect(request.method == method && request.target == Array(target.utf8))
      #expect(request.authority == Array("localhost:7070".utf8))
      #expect(request.fields.count == fields.count)
      var names: [String] = []
      request.fields.visit { name, value in
        names.append(
          String(decoding: name.indices.map { name[$0] }, as: UTF8.self) + "="
            + String(decoding: value.indices.map { value[$0] }, as: UTF8.self))
      }
      #expect(names == fields.map { "\($0)=\($1)" })
      return (HTTPResponse(status: 204), request.stream)
    }
    #expect(events.count == 20)
  }

  @Test("a body that is not as long as was said is reset", arguments: [0, 2, 4])
  func lengths(count: Int) throws {
    let server = try HTTP2Session(role: .server)
    let head = [0x83] + Frames.address + Frames.literal("content-length", "3")
    for stream in [1, 3] as [UInt32] {
      let opening = stream == 1 ? Frames.preface + Frames.settings : []
      try Pair.deliver(
        opening + Frames.frame(1, 4, stream, head)
          + Frames.frame(0, 1, stream, [UInt8](repeating: 1, count: count)), to: server,
        chunk: .max)
      #expect(server.nextEvent() == nil)
    }
    let resets = Frames.parse(output(of: server)).filter { $0.type == 3 }
    #expect(resets.map(\.stream) == [1, 3] && resets.allSatisfy { $0.code(at: 0) == 1 })
    try Pair.deliver(
      Frames.frame(1, 4, 5, head) + Frames.frame(0, 1, 5, [1, 2, 3]), to: server, chunk: .max)
    guard case .request(let request)? = server.nextEvent() else {
      Issue.record("the next request was not seen")
      return
    }
    #expect(request.body == [1, 2, 3])
  }

  @Test(
    "trailers end the request and name nothing of a head",
    arguments: [
      ("not the end", 4, Frames.literal("x", "y")), ("a pseudo-header", 5, [0x82]),
      ("a length", 5, Frames.literal("content-length", "1")),
      ("a capital", 5, Frames.literal("X", "y")),
    ] as [(String, UInt8, [UInt8])])
  func trailers(name: String, flags: UInt8, block: [UInt8]) throws {
    let server = try HTTP2Session(role: .server)
    let input =
      Frames.preface + Frames.settings + Frames.get(stream: 1, endStream: false, method: 0x83)
      + Frames.frame(0, 0, 1, [0x61]) + Frames.frame(1, flags, 1, block)
      + Frames.get(stream: 3, endStream: true)
    try Pair.deliver(input, to: server, chunk: .max)
    guard case .request(let request)? = server.nextEvent() else {
      Issue.record("\(name): the next request was not seen")
      return
    }
    #expect(request.stream == 3 && server.nextEvent() == nil, "\(name)")
    #expect(Frames.parse(output(of: server)).filter { $0.type == 3 }.map(\.stream) == [1])
  }

  @Test("malformed requests are nuisances: a flood of them ends the connection")
  func flood() throws {
    let server = try HTTP2Session(role: .server)
    var input = Frames.preface + Frames.settings
    for number in 0..<1000 as Range<UInt32> {
      input += Frames.frame(1, 5, 2 * number + 1, [0x82] + Frames.literal("X", "y"))
    }
    try? Pair.deliver(input, to: server, chunk: .max)
    let frames = Frames.parse(output(of: server))
    #expect(frames.last { $0.type == 7 }?.code(at: 4) == 11)
    #expect(server.isFinished)
  }
}
