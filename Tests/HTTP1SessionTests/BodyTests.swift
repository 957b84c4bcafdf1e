// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import Testing

@Suite struct BodyTests {
  static func post(_ fields: String, _ body: String, version: String = "1.1") -> String {
    "POST /b HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n\(body)"
  }

  static let ambiguous: [(String, String)] = [
    ("both framings", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
    (
      "both, the other way",
      post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n")
    ),
    ("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{} ")),
    ("the same length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")),
    ("a list of lengths", post("Content-Length: 2, 2\r\n", "{}")),
    ("a sign", post("Content-Length: +2\r\n", "{}")),
    ("a negative length", post("Content-Length: -2\r\n", "{}")),
    ("a hexadecimal length", post("Content-Length: 0x2\r\n", "{}")),
    ("a length of nothing", post("Content-Length: \r\n", "{}")),
    ("a length with a space", post("Content-Length: 1 2\r\n", "{}")),
    ("a length of 30 digits", post("Content-Length: \(String(repeating: "9", count: 30))\r\n", "")),
    ("a length that overflows", post("Content-Length: 18446744073709551618\r\n", "{}")),
    ("gzip", post("Transfer-Encoding: gzip\r\n", "")),
    ("gzip and chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    ("chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n")),
    ("two codings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n")),
    ("chunked in quotes", post("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n")),
    ("a vertical tab", post("Transfer-Encoding: \u{B}chunked\r\n", "0\r\n\r\n")),
    ("identity", post("Transfer-Encoding: identity\r\n", "")),
    ("an empty coding", post("Transfer-Encoding:\r\n", "")),
    ("chunked in 1.0", post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n", version: "1.0")),
    ("space before the colon", post("Content-Length : 2\r\n", "{}")),
    ("chunk: bare line feed", post("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n")),
    ("chunk: no size", post("Transfer-Encoding: chunked\r\n", "\r\n{}\r\n0\r\n\r\n")),
    ("chunk: prefix", post("Transfer-Encoding: chunked\r\n", "0x2\r\n{}\r\n0\r\n\r\n")),
    ("chunk: sign", post("Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n")),
    ("chunk: space", post("Transfer-Encoding: chunked\r\n", " 2\r\n{}\r\n0\r\n\r\n")),
    ("chunk: space after", post("Transfer-Encoding: chunked\r\n", "2 \r\n{}\r\n0\r\n\r\n")),
    ("chunk: nine digits", post("Transfer-Encoding: chunked\r\n", "000000002\r\n{}\r\n0\r\n\r\n")),
    ("chunk: longer than said", post("Transfer-Encoding: chunked\r\n", "2\r\n{}}\r\n0\r\n\r\n")),
    ("chunk: shorter than said", post("Transfer-Encoding: chunked\r\n", "3\r\n{}\r\n0\r\n\r\n")),
    (
      "chunk: control in extension",
      post("Transfer-Encoding: chunked\r\n", "2;\u{1}\r\n{}\r\n0\r\n\r\n")
    ),
    (
      "chunk: long extension",
      post(
        "Transfer-Encoding: chunked\r\n",
        "2;\(String(repeating: "x", count: 70))\r\n{}\r\n0\r\n\r\n")
    ),
    ("trailers", post("Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nX: y\r\n\r\n")),
    (
      "a trailer of framing",
      post("Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 3\r\n\r\n")
    ),
  ]

  @Test("framing that two parsers could read differently is 400 and the end", arguments: ambiguous)
  func refused(name: String, input: String) {
    for chunk in [Int.max, 1] {
      let exchange = Exchange(input + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n", chunk: chunk)
      #expect(exchange.rejections == [.malformed], "\(name)")
      #expect(!exchange.requests.contains { $0.target == Array("/smuggled".utf8) })
      #expect(!exchange.output.contains("/smuggled"))
    }
  }

  static let accepted: [(String, String)] = [
    (post("Content-Length: 2\r\n", "{}"), "{}"),
    (post("content-length:002\r\n", "{}"), "{}"),
    (post("Content-Length: 0\r\n", ""), ""),
    (post("", ""), ""),
    (post("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"), ""),
    (post("Transfer-Encoding: Chunked\r\n", "2\r\n{}\r\n0\r\n\r\n"), "{}"),
    (post("Transfer-Encoding: chunked\r\n", "1\r\n{\r\n1\r\n}\r\n00\r\n\r\n"), "{}"),
    (post("Transfer-Encoding: chunked\r\n", "A\r\n0123456789\r\n0\r\n\r\n"), "0123456789"),
    (post("Transfer-Encoding: chunked\r\n", "2;a=b\r\n\r\n\r\n0;c\r\n\r\n"), "\r\n"),
  ]

  @Test("a body is read and the next request begins after it", arguments: accepted)
  func read(input: String, body: String) {
    for chunk in [Int.max, 1, 5] {
      let exchange = Exchange(input + "GET /next HTTP/1.1\r\nHost: a\r\n\r\n", chunk: chunk)
      #expect(exchange.rejections.isEmpty)
      #expect(exchange.requests.count == 2)
      #expect(exchange.requests.first?.body == Array(body.utf8))
      #expect(exchange.requests.last?.target == Array("/next".utf8))
    }
  }

  @Test("a body over the limit is 413, with and without a length", arguments: [Int.max, 3])
  func tooLarge(chunk: Int) {
    var limits = HTTPLimits()
    limits.bodyBytes = 10
    let cases: [(String, Bool)] = [
      (Self.post("Content-Length: 10\r\n", "0123456789"), true),
      (Self.post("Content-Length: 11\r\n", ""), false),
      (Self.post("Transfer-Encoding: chunked\r\n", "a\r\n0123456789\r\n0\r\n\r\n"), true),
      (Self.post("Transfer-Encoding: chunked\r\n", "9\r\n012345678\r\n2\r\n90\r\n"), false),
      (Self.post("Transfer-Encoding: chunked\r\n", "FFFFFFFF\r\n"), false),
    ]
    for (input, fits) in cases {
      let exchange = Exchange(input, chunk: chunk, limits: limits)
      #expect(exchange.rejections == (fits ? [] : [.payloadTooLarge]))
      #expect(exchange.requests.count == (fits ? 1 : 0))
    }
  }

  @Test("the rest of a refused body is read and dropped, then the connection is finished")
  func drain() {
    var limits = HTTPLimits()
    limits.bodyBytes = 10
    let exchange = Exchange(Self.post("Content-Length: 1000\r\n", "01234"), limits: limits)
    #expect(exchange.output.hasPrefix("HTTP/1.1 413 Content Too Large\r\n"))
    #expect(exchange.session.isDraining && !exchange.session.isFinished)
    let rest = [UInt8](repeating: 0x30, count: 995)
    #expect(exchange.session.receive(rest.span.extracting(0..<994)) == 994)
    #expect(exchange.session.isDraining)
    _ = exchange.session.receive(rest.span.extracting(0..<1))
    #expect(!exchange.session.isDraining && exchange.session.isFinished)
  }

  @Test("no more than the drain limit is read after a refusal")
  func drainLimit() {
    let exchange = Exchange("garbage\r\n")
    let piece = [UInt8](repeating: 0x30, count: 64 << 10)
    var drained = 0
    while exchange.session.isDraining, drained < 2 << 20 {
      drained += exchange.session.receive(piece.span)
    }
    #expect(exchange.session.isFinished)
    #expect(drained == 1 << 20)
  }

  @Test(
    "a body that nobody wants is not waited for",
    arguments: ["content-length: 900000", "transfer-encoding: chunked"])
  func unwanted(framing: String) throws {
    let session = HTTP1Session()
    var asked: [[UInt8]] = []
    session.wantsBody = { head in
      asked.append(head.target)
      return head.fields.contains("known")
    }
    let known = "PUT /a HTTP/1.1\r\nhost: x\r\nknown: 1\r\ncontent-length: 2\r\n\r\nhi"
    let bare = "GET /b HTTP/1.1\r\nhost: x\r\n\r\n"
    let unknown =
      "PUT /c HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\(framing)\r\n\r\n"
    let bytes = Array((known + bare + unknown).utf8)
    #expect(session.receive(bytes.span) == bytes.count)
    #expect(asked == [Array("/a".utf8), Array("/c".utf8)])
    for (target, body, isUnread) in [("/a", "hi", false), ("/b", "", false), ("/c", "", true)] {
      guard case .request(let request) = session.nextEvent() else {
        Issue.record("no request for \(target)")
        return
      }
      #expect(request.target == Array(target.utf8) && request.body == Array(body.utf8))
      #expect(request.isBodyUnread == isUnread && request.keepAlive == !isUnread)
      session.respond(HTTPResponse(status: isUnread ? 401 : 200), to: request.stream)
    }
    var output: [UInt8] = []
    session.takeOutput(into: &output)
    let text = String(decoding: output, as: UTF8.self)
    #expect(!text.contains("100 Continue"))
    #expect(text.hasSuffix("content-length: 0\r\nconnection: close\r\n\r\n"))
    // What still comes is discarded.
    #expect(session.isDraining && session.inputPhase == .discarding)
    let more = [UInt8](repeating: 0x41, count: 5000)
    #expect(session.receive(more.span) == more.count)
    #expect(session.nextEvent() == nil)
  }
}
