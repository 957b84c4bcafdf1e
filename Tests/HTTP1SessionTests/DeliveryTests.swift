// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import Testing

/// Answers that come later, or piece by piece.
@Suite struct DeliveryTests {
  static let get = HTTP1SessionTests.get
  static let chunkedHead = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

  static func session(_ input: String, limits: HTTPLimits = HTTPLimits()) -> HTTP1Session {
    let session = HTTP1Session(limits: limits)
    #expect(session.receive(input.utf8.span) == input.utf8.count)
    return session
  }

  /// Answers the next request so; returns its stream.
  @discardableResult
  static func answer(
    _ session: HTTP1Session, _ delivery: HTTPDelivery, status: Int = 200, _ body: String = ""
  ) -> UInt32? {
    var stream: UInt32?
    _ = session.answerNext { request, _, response in
      stream = request.stream
      response.status = status
      response.delivery = delivery
      response.body = Array(body.utf8)
    }
    return stream
  }

  static func response(
    _ body: String = "", status: Int = 200, _ delivery: HTTPDelivery = .whole
  ) -> HTTPResponse {
    var response = HTTPResponse(status: status, body: Array(body.utf8))
    response.delivery = delivery
    return response
  }

  static func output(of session: HTTP1Session) -> String { HTTP1SessionTests.output(of: session) }

  @Test("an answer that comes later is sent as any other, once")
  func later() {
    let session = Self.session(Self.get)
    #expect(Self.answer(session, .later, "not this") == 1)
    #expect(!session.hasOutput && !session.hasEvents && session.openStreams == 1)
    #expect(!session.add("x", to: 1), "it has not begun")
    session.finish(1)
    #expect(session.openStreams == 1 && session.unsentBytes(of: 1) == 0)
    #expect(session.respond(Self.response("1"), to: 1))
    #expect(!session.respond(Self.response("1"), to: 1))
    #expect(Self.output(of: session) == "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1")
    #expect(session.openStreams == 0 && session.nextClosed() == nil)
  }

  @Test("pieces leave as chunks, those given between two outputs as one")
  func chunks() {
    let session = Self.session(Self.get)
    Self.answer(session, .piecewise)
    #expect(Self.output(of: session) == Self.chunkedHead)
    #expect(!session.hasOutput)
    #expect(session.add("", to: 1))
    #expect(!session.hasOutput, "an empty chunk would end the body")
    #expect(session.add("ab", to: 1) && session.add("cde", to: 1))
    #expect(session.unsentBytes(of: 1) == 5 && session.unsentBytes == 5)
    #expect(Self.output(of: session) == "5\r\nabcde\r\n")
    #expect(session.unsentBytes(of: 1) == 0)
    let long = String(repeating: "x", count: 0x1A3)
    session.add(long, to: 1)
    #expect(Self.output(of: session) == "1a3\r\n\(long)\r\n")
    session.add("z", to: 1)
    session.finish(1)
    #expect(!session.add("z", to: 1) && session.unsentBytes(of: 1) == 0)
    session.finish(1)
    #expect(Self.output(of: session) == "1\r\nz\r\n0\r\n\r\n")
    #expect(session.openStreams == 0 && session.nextClosed() == nil && !session.isFinished)
  }

  @Test("a body that is there with the head, and no more, are one chunk and the end")
  func firstPiece() {
    let session = Self.session(Self.get)
    Self.answer(session, .piecewise, "abc")
    #expect(session.unsentBytes(of: 1) == 3)
    session.finish(1)
    #expect(Self.output(of: session) == Self.chunkedHead + "3\r\nabc\r\n0\r\n\r\n")
    // And none at all.
    _ = session.receive(Self.get.utf8.span)
    Self.answer(session, .piecewise)
    session.finish(2)
    #expect(Self.output(of: session) == Self.chunkedHead + "0\r\n\r\n")
  }

  @Test("whatever is taken at a time, the chunks say the same")
  func takenInPieces() {
    let body = (0..<50).map { "event \($0)\n" }.joined()
    for limit in [1, 2, 7, 100, 10_000] {
      let session = Self.session(Self.get)
      Self.answer(session, .piecewise)
      var bytes: [UInt8] = []
      var given = 0
      for start in stride(from: 0, to: body.utf8.count, by: 61) {
        let end = min(start + 61, body.utf8.count)
        session.append(Array(body.utf8)[start..<end].span, to: 1)
        given += end - start
        let taken = session.takeOutput(upTo: limit) { bytes.append(contentsOf: Self.copy($0)) }
        #expect(taken > 0 && taken <= limit + 12)
        let received = Self.dechunk(bytes.dropFirst(Self.chunkedHead.utf8.count))
        #expect(session.unsentBytes(of: 1) == given - received.body.count)
      }
      while session.hasOutput {
        session.takeOutput(upTo: limit) { bytes.append(contentsOf: Self.copy($0)) }
      }
      session.finish(1)
      session.takeOutput(into: &bytes)
      #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(Self.chunkedHead))
      let received = Self.dechunk(bytes.dropFirst(Self.chunkedHead.utf8.count))
      #expect(received.isComplete && received.body == Array(body.utf8))
    }
  }

  /// The body in whole chunks, and whether the last one has come.
  static func dechunk(_ bytes: ArraySlice<UInt8>) -> (body: [UInt8], isComplete: Bool) {
    var rest = bytes
    var body: [UInt8] = []
    while let lineEnd = rest.firstIndex(of: 0x0A) {
      let line = String(decoding: rest[..<lineEnd].dropLast(), as: UTF8.self)
      rest = rest[(lineEnd + 1)...]
      guard let size = Int(line, radix: 16) else { return (body, false) }
      if size == 0 { return (body, rest.elementsEqual([0x0D, 0x0A])) }
      body += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
    return (body, false)
  }

  static func copy(_ bytes: Span<UInt8>) -> [UInt8] { bytes.indices.map { bytes[$0] } }

  @Test("HTTP/1.0 gets the pieces as they are, and the end of the connection")
  func untilClose() {
    let session = Self.session("GET / HTTP/1.0\r\n\r\n")
    Self.answer(session, .piecewise, "ab")
    #expect(Self.output(of: session) == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nab")
    session.add("cdef", to: 1)
    var bytes: [UInt8] = []
    session.takeOutput(into: &bytes, upTo: 3)
    #expect(bytes == Array("cde".utf8) && session.unsentBytes(of: 1) == 1)
    #expect(!session.isFinished)
    session.finish(1)
    #expect(!session.isFinished)
    #expect(Self.output(of: session) == "f")
    #expect(session.isFinished)
  }

  @Test("to HEAD, and with 204 and 304, the head is all, and nobody waits for pieces")
  func headOnly() {
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
      let session = Self.session("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n\(Self.get)")
      Self.answer(session, .piecewise, status: status, "abc")
      #expect(!session.add("d", to: 1))
      let head = Self.output(of: session)
      #expect(head.hasPrefix("HTTP/1.1 \(status)") && head.hasSuffix("\r\n\r\n"))
      #expect(head.contains("transfer-encoding: chunked") == (status == 200))
      #expect(!head.contains("content-length") && !head.contains("abc"))
      #expect(session.nextClosed() == 1 && session.nextClosed() == nil)
      #expect(session.openStreams == 1 && session.hasEvents, "the next request has its turn")
    }
  }

  @Test(
    "requests behind an answer to come are not handed over before its end",
    arguments: [HTTPDelivery.later, .piecewise])
  func order(delivery: HTTPDelivery) {
    let session = Self.session(String(repeating: Self.get, count: 3))
    Self.answer(session, delivery)
    #expect(!session.hasEvents && Self.answer(session, .whole) == nil)
    #expect(session.openStreams == 3)
    if delivery == .later {
      session.respond(Self.response("1"), to: 1)
    } else {
      session.add("1", to: 1)
      #expect(!session.hasEvents)
      session.finish(1)
    }
    #expect(session.hasEvents)
    #expect(Self.answer(session, .whole, "2") == 2 && Self.answer(session, .whole, "3") == 3)
    let whole = (2...3).map { "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n\($0)" }.joined()
    #expect(
      Self.output(of: session).hasSuffix("1" + (delivery == .later ? "" : "\r\n0\r\n\r\n") + whole))
  }

  @Test("as many requests wait behind it as ever, no more")
  func depth() {
    var limits = HTTPLimits()
    limits.concurrentStreams = 3
    let session = HTTP1Session(limits: limits)
    let input = Array(String(repeating: Self.get, count: 5).utf8)
    let taken = session.receive(input.span)
    #expect(taken == Self.get.utf8.count * 3)
    Self.answer(session, .later)
    #expect(session.receive(input.span.extracting(taken...)) == 0)
    session.respond(Self.response(), to: 1)
    #expect(session.receive(input.span.extracting(taken...)) == Self.get.utf8.count)
  }

  @Test("an answer later may begin in pieces")
  func laterInPieces() {
    let session = Self.session(Self.get)
    Self.answer(session, .later)
    #expect(session.respond(Self.response("a", .piecewise), to: 1))
    #expect(!session.respond(Self.response("a"), to: 1))
    session.add("b", to: 1)
    session.finish(1)
    #expect(Self.output(of: session) == Self.chunkedHead + "2\r\nab\r\n0\r\n\r\n")
  }

  @Test("pieces given before their turn are kept; an answer that ended by then has its length")
  func kept() {
    for ends in [true, false] {
      let session = Self.session(String(repeating: Self.get, count: 4))
      for _ in 1...3 { #expect(session.nextEvent() != nil) }
      #expect(session.respond(Self.response("a", .piecewise), to: 2))
      #expect(session.add("b", to: 2) && session.unsentBytes(of: 2) == 2)
      #expect(session.respond(Self.response("3"), to: 3))
      #expect(!session.hasOutput && !session.hasEvents)
      if ends { session.finish(2) }
      #expect(session.add("-", to: 2) == !ends)
      session.respond(Self.response("1"), to: 1)
      let first = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n1"
      let third = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n3"
      if ends {
        #expect(
          Self.output(of: session)
            == first + "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab" + third)
      } else {
        #expect(Self.output(of: session) == first + Self.chunkedHead + "3\r\nab-\r\n")
        #expect(!session.hasEvents)
        session.finish(2)
        #expect(Self.output(of: session) == "0\r\n\r\n" + third)
      }
      #expect(session.hasEvents && session.openStreams == 1)
    }
  }

  @Test(
    "shutdown waits for answers to come, and closes after them",
    arguments: [HTTPDelivery.later, .piecewise])
  func shutdown(delivery: HTTPDelivery) {
    let session = Self.session(Self.get)
    Self.answer(session, delivery)
    _ = Self.output(of: session)
    session.beginShutdown()
    _ = session.receive(Self.get.utf8.span)
    #expect(!session.isFinished && session.openStreams == 1)
    if delivery == .later {
      session.respond(Self.response("1"), to: 1)
      #expect(Self.output(of: session).contains("connection: close"))
    } else {
      session.add("1", to: 1)
      #expect(Self.output(of: session) == "1\r\n1\r\n" && !session.isFinished)
      session.finish(1)
      #expect(!session.isFinished)
      #expect(Self.output(of: session) == "0\r\n\r\n")
    }
    #expect(session.isFinished)
  }

  @Test(
    "a half-closed client gets answers that come later or in pieces",
    arguments: [HTTPDelivery.later, .piecewise])
  func halfClose(delivery: HTTPDelivery) {
    let session = Self.session("\(Self.get)\(Self.get)")
    Self.answer(session, delivery)
    session.endInput()
    #expect(!session.isFinished && session.nextClosed() == nil)
    if delivery == .later { session.respond(Self.response("1", .piecewise), to: 1) }
    session.add("2", to: 1)
    session.finish(1)
    #expect(Self.answer(session, .later) == 2)
    #expect(Self.output(of: session).hasSuffix("2\r\n0\r\n\r\n") && !session.isFinished)
    session.respond(Self.response("3"), to: 2)
    #expect(Self.output(of: session).hasSuffix("3") && session.isFinished)
  }

  @Test("memory released between pieces changes nothing")
  func release() {
    let session = Self.session("\(Self.get)\(Self.get)GET /half HTTP/1.1\r\n")
    Self.answer(session, .piecewise)
    for number in 0..<4 {
      session.add("\(number)", to: 1)
      if number % 2 == 0 { _ = Self.output(of: session) }
      session.releaseIdleMemory()
    }
    session.finish(1)
    #expect(Self.output(of: session).hasSuffix("1\r\n3\r\n0\r\n\r\n"))
    session.releaseIdleMemory()
    #expect(Self.answer(session, .whole) == 2)
    #expect(session.receive("Host: a\r\n\r\n".utf8.span) == 11)
    #expect(Self.answer(session, .whole) == 3)
  }

  @Test("buffers of answers in pieces are used again for others")
  func reuse() {
    let session = HTTP1Session()
    for round in 0..<20 {
      _ = session.receive("\(Self.get)\(Self.get)".utf8.span)
      let piece = String(repeating: "p", count: round * 211)
      let stream = Self.answer(session, .piecewise, piece)
      session.add(piece, to: stream ?? 0)
      if round % 2 == 0 { _ = Self.output(of: session) }
      session.finish(stream ?? 0)
      _ = session.answerNext { request, _, response in
        #expect(response == HTTPResponse(status: 0))
        response.status = 200
        response.body = request.target
      }
      let output = Self.output(of: session)
      #expect(output.hasSuffix("0\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n/a"))
      #expect(
        output.utf8.filter { $0 == 0x70 }.count == (round % 2 == 0 ? 0 : 2 * piece.utf8.count))
    }
  }
}

extension HTTP1Session {
  /// Adds to an answer in pieces: see `append`.
  @discardableResult
  fileprivate func add(_ text: String, to stream: UInt32) -> Bool {
    append(text.utf8.span, to: stream)
  }
}
