// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import Testing

@Suite struct HTTP1SessionTests {
  static let get = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"

  @Test("a response has its length, the date, and the body")
  func response() {
    let session = HTTP1Session()
    session.setDate(Array("now".utf8), seconds: 1)
    _ = session.receive(Self.get.utf8.span)
    #expect(session.nextEvent() != nil)
    var fields = HTTPFields()
    fields.append(name: "Content-Type", value: "text/plain")
    #expect(
      session.respond(HTTPResponse(status: 200, fields: fields, body: [0x31, 0x0A]), to: 1))
    #expect(
      Self.output(of: session)
        == "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ndate: now\r\ncontent-length: 2\r\n\r\n1\n"
    )
    #expect(!session.isFinished && !session.isDraining)
  }

  @Test("HEAD, 204 and 304 send no body, HEAD the length of one")
  func bodiless() {
    let session = HTTP1Session()
    _ = session.receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n\(Self.get)\(Self.get)".utf8.span)
    session.respond(HTTPResponse(status: 200, body: [0x31]), to: 1)
    session.respond(HTTPResponse(status: 204, body: [0x31]), to: 2)
    session.respond(HTTPResponse(status: 304, body: [0x31]), to: 3)
    #expect(
      Self.output(of: session)
        == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"
        + "HTTP/1.1 304 Not Modified\r\n\r\n")
  }

  @Test("a line end in a response's value cannot begin a field")
  func splitting() {
    let session = HTTP1Session()
    _ = session.receive(Self.get.utf8.span)
    var fields = HTTPFields()
    fields.append(name: "location", value: "/a\r\nset-cookie: b")
    session.respond(HTTPResponse(status: 201, fields: fields), to: 1)
    #expect(!Self.output(of: session).contains("\nset-cookie"))
  }

  @Test("pipelined responses leave in the order of the requests")
  func order() {
    let session = HTTP1Session()
    _ = session.receive(String(repeating: Self.get, count: 4).utf8.span)
    #expect(session.openStreams == 4)
    for stream: UInt32 in [3, 2, 4] {
      #expect(session.respond(HTTPResponse(status: 200, body: [UInt8(stream) + 0x30]), to: stream))
      #expect(!session.respond(HTTPResponse(status: 200), to: stream))
    }
    #expect(!session.respond(HTTPResponse(status: 200), to: 5))
    #expect(!session.respond(HTTPResponse(status: 200), to: 0))
    #expect(!session.hasOutput)
    session.respond(HTTPResponse(status: 200, body: [0x31]), to: 1)
    #expect(
      Self.output(of: session)
        == (1...4).map { "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\($0)" }.joined())
    #expect(session.openStreams == 0)
  }

  @Test("as many pipelined requests as allowed are taken, the rest after answers")
  func depth() {
    var limits = HTTPLimits()
    limits.concurrentStreams = 3
    let session = HTTP1Session(limits: limits)
    let input = Array(String(repeating: Self.get, count: 5).utf8)
    let taken = session.receive(input.span)
    #expect(taken == Self.get.utf8.count * 3)
    #expect(session.receive(input.span.extracting(taken...)) == 0)
    session.respond(HTTPResponse(status: 200), to: 1)
    session.respond(HTTPResponse(status: 200), to: 2)
    #expect(session.receive(input.span.extracting(taken...)) == Self.get.utf8.count * 2)
    let all = Exchange(String(repeating: Self.get, count: 500))
    #expect(all.requests.count == 500)
  }

  @Test("a peer that does not read gets no more work done")
  func slowReader() {
    let session = HTTP1Session()
    let input = Array(String(repeating: Self.get, count: 200).utf8)
    var answered = 0
    var taken = 0
    let body = [UInt8](repeating: 0x30, count: 100_000)
    for _ in 0..<200 {
      taken += session.receive(input.span.extracting(taken...))
      while let event = session.nextEvent() {
        guard case .request(let request) = event else { continue }
        session.respond(HTTPResponse(status: 200, body: body), to: request.stream)
        answered += 1
      }
    }
    #expect(answered == 3)
    _ = Self.output(of: session)
    #expect(session.hasEvents)
  }

  static let lasting: [(String, Bool)] = [
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", true),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: x\r\nConnection: close\r\n\r\n", false),
    ("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed, disclose\r\n\r\n", true),
    ("GET / HTTP/1.0\r\n\r\n", false),
    ("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false),
  ]

  @Test("the connection lasts or closes as the request says", arguments: lasting)
  func keepAlive(input: String, lasts: Bool) {
    let exchange = Exchange(input + Self.get)
    #expect(exchange.requests.count == (lasts ? 2 : 1))
    #expect(exchange.requests.first?.keepAlive == lasts)
    #expect(exchange.output.contains("connection: close") == !lasts)
    #expect(exchange.session.isFinished == !lasts)
  }

  @Test("100 Continue comes after earlier answers and before the body")
  func expectContinue() {
    let session = HTTP1Session()
    let head = "POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n"
    _ = session.receive("\(Self.get)\(head)".utf8.span)
    #expect(!session.hasOutput)
    session.respond(HTTPResponse(status: 204), to: 1)
    #expect(
      Self.output(of: session) == "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
    _ = session.receive("{}".utf8.span)
    session.respond(HTTPResponse(status: 204), to: 2)
    #expect(Self.output(of: session) == "HTTP/1.1 204 No Content\r\n\r\n")
    // Nothing to wait for, or nobody to tell.
    let none = HTTP1Session()
    _ = none.receive("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n".utf8.span)
    #expect(!none.hasOutput)
    let old = HTTP1Session()
    _ = old.receive("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n".utf8.span)
    #expect(!old.hasOutput)
    let large = HTTP1Session()
    _ = large.receive(
      "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9999999\r\n\r\n"
        .utf8.span)
    #expect(!large.hasOutput)
    #expect(large.nextEvent() == .rejected(.payloadTooLarge, stream: 1))
  }

  @Test("a half-closed client still gets its answers, and then the end")
  func halfClose() {
    let session = HTTP1Session()
    _ = session.receive("\(Self.get)\(Self.get)GET /half HTTP/1.1\r\nHo".utf8.span)
    session.endInput()
    #expect(!session.isFinished)
    session.respond(HTTPResponse(status: 204), to: 1)
    session.respond(HTTPResponse(status: 204), to: 2)
    #expect(!session.isFinished)
    #expect(Self.output(of: session).split(separator: "HTTP/1.1 204").count == 2)
    #expect(session.isFinished)
  }

  @Test("a slow head or body is 408, an idle connection is not")
  func timeout() {
    for (input, phase) in [
      ("GET / HT", HTTP1Session.InputPhase.head),
      ("GET / HTTP/1.1\r\n", .head),
      ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab", .body(received: 2)),
    ] {
      let session = HTTP1Session()
      _ = session.receive(input.utf8.span)
      #expect(session.inputPhase == phase)
      session.timeOut()
      #expect(session.nextEvent() == .rejected(.timeout, stream: 1))
      #expect(session.inputPhase == .discarding)
      session.timeOut()
      #expect(session.nextEvent() == nil)
    }
    let idle = HTTP1Session()
    idle.timeOut()
    #expect(idle.nextEvent() == nil && idle.inputPhase == .idle)
  }

  @Test("shutdown ends an idle connection at once and a busy one after its request")
  func shutdown() {
    let idle = HTTP1Session()
    idle.beginShutdown()
    #expect(idle.isFinished)
    let waiting = HTTP1Session()
    _ = waiting.receive("\(Self.get)\(Self.get)".utf8.span)
    waiting.beginShutdown()
    _ = waiting.receive(Self.get.utf8.span)
    #expect(waiting.openStreams == 2)
    waiting.respond(HTTPResponse(status: 204), to: 1)
    #expect(!Self.output(of: waiting).contains("close"))
    waiting.respond(HTTPResponse(status: 204), to: 2)
    #expect(Self.output(of: waiting).contains("connection: close"))
    #expect(waiting.isFinished)
    let reading = HTTP1Session()
    _ = reading.receive("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab".utf8.span)
    reading.beginShutdown()
    _ = reading.receive("c".utf8.span)
    reading.respond(HTTPResponse(status: 204), to: 1)
    #expect(Self.output(of: reading).contains("connection: close"))
    #expect(reading.isFinished)
  }

  @Test("output is taken in pieces")
  func pieces() {
    let session = HTTP1Session()
    _ = session.receive(Self.get.utf8.span)
    session.respond(HTTPResponse(status: 200, body: [0x31]), to: 1)
    var bytes: [UInt8] = []
    while session.hasOutput { session.takeOutput(into: &bytes, upTo: bytes.count + 7) }
    #expect(
      String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1")
  }

  static func output(of session: HTTP1Session) -> String {
    var bytes: [UInt8] = []
    session.takeOutput(into: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}
