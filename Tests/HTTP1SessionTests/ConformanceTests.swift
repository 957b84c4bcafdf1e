// SPDX-License-Identifier: Apache-2.0
import HTTP1Session
import HTTPMessage
import Testing

/// What a client that breaks RFC 9112 or goes to its edges gets, row by row, in the middle of a
/// pipeline: the request before is answered, and the one behind only where the row is one.
/// ``RequestHeadTests`` and ``BodyTests`` have the rest.
@Suite struct ConformanceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    /// Of RFC 9112, unless it says otherwise.
    let section: String
    let name: String
    let due: Due
    let input: String

    init(_ section: String, _ name: String, _ due: Due, _ input: String) {
      (self.section, self.name, self.due, self.input) = (section, name, due, input)
    }

    var testDescription: String { "§\(section) \(name)" }
  }

  enum Due: Sendable {
    /// A request with this target and this body.
    case request(String, body: String = "")
    /// 400, the end, and not a word on what follows.
    case malformed
    case refused(HTTPRejection)
  }

  /// A request line with a Host.
  private static func line(_ line: String, host: String = "a") -> String {
    "\(line)\r\nHost: \(host)\r\n\r\n"
  }

  private static func get(_ field: String) -> String {
    "GET /x HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n"
  }

  private static func post(_ field: String, _ body: String) -> String {
    "POST /x HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\n\(body)"
  }

  private static func chunked(_ body: String) -> String {
    post("Transfer-Encoding: chunked", body)
  }

  static let lines: [Row] = [
    Row("2.2", "an empty line between requests", .request("/x"), "\r\n" + line("GET /x HTTP/1.1")),
    Row("2.2", "a line feed between requests", .malformed, "\n" + line("GET /x HTTP/1.1")),
    Row("2.2", "a carriage return between requests", .malformed, "\r" + line("GET /x HTTP/1.1")),
    Row(
      "2.2", "white space between head and fields", .malformed,
      "GET / HTTP/1.1\r\n \r\nHost: a\r\n\r\n"),
    Row("2.3", "version 3.0", .malformed, line("GET / HTTP/3.0")),
    Row("2.3", "version 1", .malformed, line("GET / HTTP/1")),
    Row("2.3", "version 1.1.1", .malformed, line("GET / HTTP/1.1.1")),
    Row("2.3", "version 01.1", .malformed, line("GET / HTTP/01.1")),
    Row("2.3", "version +1.1", .malformed, line("GET / HTTP/+1.1")),
    Row("2.3", "version 11", .malformed, line("GET / HTTP/11")),
    Row("2.3", "another protocol's version", .malformed, line("GET / HTTPS/1.1")),
    Row("2.3", "an empty version", .malformed, line("GET / ")),
    Row("3", "a tab before the version", .malformed, line("GET /\tHTTP/1.1")),
    Row("3", "a vertical tab in the target", .malformed, line("GET /\u{B}x HTTP/1.1")),
    Row("3", "an empty target", .malformed, line("GET  HTTP/1.1")),
    Row("3.1", "a separator in the method", .malformed, line("GE(T) / HTTP/1.1")),
    Row("3.1", "a colon in the method", .malformed, line("GET: / HTTP/1.1")),
    Row(
      "3.1", "a method of every kind of letter", .request("/x"),
      line("a!#$%&'*+-.^_`|~9Z /x HTTP/1.1")),
    Row("3.2.1", "a target of two slashes", .request("//x"), line("GET //x HTTP/1.1")),
    Row("3.2.1", "an empty query", .request("/x?"), line("GET /x? HTTP/1.1")),
    Row("3.2.1", "a backslash first", .malformed, line("GET \\x HTTP/1.1")),
    Row("3.2.1", "a query alone", .malformed, line("GET ?x HTTP/1.1")),
    Row("3.2.2", "absolute form", .request("/x?y"), line("GET http://a/x?y HTTP/1.1")),
    Row("3.2.2", "absolute form, no Host", .malformed, "GET http://a/x HTTP/1.1\r\n\r\n"),
    Row("3.2.2", "absolute form, another port", .malformed, line("GET http://a:1/x HTTP/1.1")),
    Row("3.2.2", "absolute form, user information", .malformed, line("GET http://u@a/x HTTP/1.1")),
    Row("3.2.2", "absolute form, one slash", .malformed, line("GET http:/a HTTP/1.1")),
    Row("3.2.2", "absolute form, a backslash", .malformed, line("GET http://a\\b/x HTTP/1.1")),
    Row("3.2.3", "authority form for GET", .malformed, line("GET a:80 HTTP/1.1")),
    Row("3.2.3", "authority form", .request("a:80"), line("CONNECT a:80 HTTP/1.1", host: "a:80")),
    Row("3.2.3", "authority form of another host", .malformed, line("CONNECT b:80 HTTP/1.1")),
    Row("3.2.3", "CONNECT to a path", .malformed, line("CONNECT /x HTTP/1.1")),
    Row("3.2.4", "asterisk form", .request("*"), line("OPTIONS * HTTP/1.1")),
    Row("3.2.4", "asterisk form with a query", .malformed, line("OPTIONS *?x HTTP/1.1")),
    Row("3.2.4", "two asterisks", .malformed, line("OPTIONS ** HTTP/1.1")),
    Row("3.2.4", "asterisk form for CONNECT", .malformed, line("CONNECT * HTTP/1.1")),
  ]

  static let fields: [Row] = [
    Row("3.2", "Host in two cases", .malformed, get("hOST: a")),
    Row("3.2", "Host and its fold", .malformed, "GET /x HTTP/1.1\r\nHost:\r\n a\r\n\r\n"),
    Row("3.2", "Host with a fragment", .malformed, line("GET /x HTTP/1.1", host: "a#b")),
    Row("3.2", "Host with a query", .malformed, line("GET /x HTTP/1.1", host: "a?b")),
    Row("3.2", "Host with a backslash", .malformed, line("GET /x HTTP/1.1", host: "a\\b")),
    Row("3.2", "Host beyond ASCII", .malformed, line("GET /x HTTP/1.1", host: "ä")),
    Row("5", "a tab before the colon", .malformed, get("X\t: y")),
    Row("5", "NUL in a name", .malformed, get("X\0: y")),
    Row("5", "a colon first", .malformed, get(":x: y")),
    Row("5", "a comma in a name", .malformed, get("X,Y: z")),
    Row("5", "colons in a value", .request("/x"), get("X: :y:")),
    Row("5", "no white space", .request("/x"), get("X:y")),
    Row("5", "white space and no more", .request("/x"), get("X: \t ")),
    Row("5", "a tab in a value", .request("/x"), get("X: a\tb")),
    Row("5", "a vertical tab in a value", .malformed, get("X: a\u{B}b")),
    Row("5", "a form feed behind a value", .malformed, get("X: a\u{C}")),
    Row("5.2", "a fold of nothing", .malformed, get("X: a\r\n ")),
    Row(
      "5.2", "a fold that hides a field", .malformed, get("X: a\r\n\tTransfer-Encoding: chunked")),
    Row("9.3", "an unknown connection option", .request("/x"), get("Connection: keep-alive, x")),
    Row(
      "RFC 9110 §7.8", "an upgrade to HTTP/2", .request("/x"),
      get("Connection: upgrade\r\nUpgrade: h2c")),
    Row(
      "RFC 9110 §7.8", "an upgrade to web sockets", .request("/x"),
      get("Connection: upgrade\r\nUpgrade: websocket")),
    Row("RFC 9110 §10.1.1", "an empty expectation", .malformed, get("Expect:")),
    Row(
      "RFC 9110 §10.1.1", "two expectations", .malformed,
      get("Expect: 100-continue\r\nExpect: 100-continue")),
    Row("RFC 9110 §10.1.1", "a list of expectations", .malformed, get("Expect: 100-continue, x")),
    Row(
      "RFC 9110 §10.1.1", "an expectation without a body", .request("/x"),
      get("Expect: 100-CONTINUE")),
    Row(
      "RFC 9110 §5.4", "a field beyond the limit", .refused(.headersTooLarge),
      get("X: " + String(repeating: "y", count: 20_000))),
    Row(
      "RFC 9110 §5.4", "a name beyond the limit", .refused(.headersTooLarge),
      get(String(repeating: "y", count: 20_000) + ":")),
    Row(
      "3", "a target beyond the limit", .refused(.uriTooLong),
      line("GET /" + String(repeating: "x", count: 9000) + " HTTP/1.1")),
  ]

  static let bodies: [Row] = [
    Row(
      "6.2", "a length with white space around it", .request("/x", body: "{}"),
      post("Content-Length:\t 2 \t", "{}")),
    Row(
      "6.2", "a length of GET", .request("/x", body: "{}"),
      "GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"),
    Row("6.2", "a length with a fraction", .malformed, post("Content-Length: 2.0", "{}")),
    Row("6.2", "a length in other digits", .malformed, post("Content-Length: ２", "{}")),
    Row("6.2", "a length in quotes", .malformed, post("Content-Length: \"2\"", "{}")),
    Row(
      "6.2", "a length with an underscore", .malformed, post("Content-Length: 1_0", "0123456789")),
    Row("6.2", "a list with an empty length", .malformed, post("Content-Length: 2,", "{}")),
    Row(
      "6.2", "the body's own line ends", .request("/x", body: "\r\n\r\n"),
      post("Content-Length: 4", "\r\n\r\n")),
    Row(
      "6.2", "a body that looks like a request",
      .request("/x", body: "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"),
      post("Content-Length: 35", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")),
    Row(
      "6.1", "chunked with a parameter", .malformed,
      post("Transfer-Encoding: chunked;q=1", "0\r\n\r\n")),
    Row("6.1", "chunked and a comma", .malformed, post("Transfer-Encoding: chunked,", "0\r\n\r\n")),
    Row("6.1", "a comma and chunked", .malformed, post("Transfer-Encoding: ,chunked", "0\r\n\r\n")),
    Row(
      "6.1", "chunked, not last", .malformed, post("Transfer-Encoding: chunked, gzip", "0\r\n\r\n")),
    Row(
      "6.1", "chunked and identity", .malformed,
      post("Transfer-Encoding: chunked, identity", "0\r\n\r\n")),
    Row(
      "6.1", "something like chunked", .malformed, post("Transfer-Encoding: xchunked", "0\r\n\r\n")),
    Row("6.1", "chunked and NUL", .malformed, post("Transfer-Encoding: chunked\0", "0\r\n\r\n")),
    Row(
      "6.1", "chunked on a folded line", .malformed,
      post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n")),
    Row(
      "6.1", "chunked behind a tab", .request("/x"),
      post("Transfer-Encoding:\tchunked\t", "0\r\n\r\n")),
    Row(
      "7.1", "digits of both cases, zeros first", .request("/x", body: "0123456789"),
      chunked("0000000A\r\n0123456789\r\n0\r\n\r\n")),
    Row(
      "7.1", "the largest size that is read", .refused(.payloadTooLarge), chunked("FFFFFFFF\r\n")),
    Row(
      "7.1", "a size that overflows 64 bits", .malformed,
      chunked("10000000000000002\r\n{}\r\n0\r\n\r\n")),
    Row("7.1", "a negative size", .malformed, chunked("-1\r\n{}\r\n0\r\n\r\n")),
    Row("7.1", "a size with an underscore", .malformed, chunked("0_2\r\n{}\r\n0\r\n\r\n")),
    Row("7.1", "a size and h", .malformed, chunked("2h\r\n{}\r\n0\r\n\r\n")),
    Row("7.1", "a line feed behind the data", .malformed, chunked("2\r\n{}\n0\r\n\r\n")),
    Row("7.1", "a carriage return behind the data", .malformed, chunked("2\r\n{}\r0\r\n\r\n")),
    Row("7.1", "a line feed behind the last chunk", .malformed, chunked("0\n\r\n")),
    Row("7.1", "a line feed at the end", .malformed, chunked("0\r\n\n")),
    Row(
      "7.1.1", "an extension in quotes", .request("/x", body: "{}"),
      chunked("2;a=\"b;\\\"c\"\r\n{}\r\n0;d\r\n\r\n")),
    Row("7.1.1", "a line feed in an extension", .malformed, chunked("2;a\n\r\n{}\r\n0\r\n\r\n")),
    Row(
      "7.1.1", "a carriage return in an extension", .malformed, chunked("2;a\rb\r\n{}\r\n0\r\n\r\n")
    ),
    Row("7.1.1", "space before an extension", .malformed, chunked("2 ;a\r\n{}\r\n0\r\n\r\n")),
    Row(
      "7.1.1", "more extensions than fields could be", .malformed,
      chunked(
        String(repeating: "1;" + String(repeating: "e", count: 50) + "\r\nx\r\n", count: 400)
          + "0\r\n\r\n")),
    Row("7.1.2", "a trailer", .malformed, chunked("0\r\nX: y\r\n\r\n")),
    Row(
      "7.1.2", "a trailer that frames", .malformed,
      chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n")),
    Row("7.1.2", "a fold for a trailer", .malformed, chunked("0\r\n \r\n\r\n")),
  ]

  @Test(
    "each row has its due, whole and byte by byte",
    arguments: [lines, fields, bodies].joined().map { $0 })
  func row(row: Row) throws {
    let input = line("/first") + row.input + line("/next")
    for chunk in [Int.max, 1, 3] {
      let exchange = Exchange(input, chunk: chunk)
      let targets = exchange.requests.map { String(decoding: $0.target, as: UTF8.self) }
      switch row.due {
      case .request(let target, let body):
        #expect(exchange.rejections.isEmpty && targets == ["/first", target, "/next"])
        #expect(exchange.requests.dropFirst().first?.body == Array(body.utf8))
        #expect(!exchange.session.isFinished)
      case .malformed: expect(exchange, .malformed)
      case .refused(let rejection): expect(exchange, rejection)
      }
    }
  }

  private func line(_ target: String) -> String { Self.line("GET \(target) HTTP/1.1") }

  /// The first request was answered, the second refused, and the third never seen.
  private func expect(_ exchange: Exchange, _ rejection: HTTPRejection) {
    #expect(exchange.rejections == [rejection])
    #expect(exchange.requests.map(\.target) == [Array("/first".utf8)])
    let heads = exchange.output.components(of: "HTTP/1.1 ")
    #expect(heads.count == 2 && heads.first?.hasPrefix("200 ") == true)
    #expect(heads.last?.hasPrefix("\(rejection.status) ") == true)
    #expect(heads.last?.contains("\r\nconnection: close\r\n") == true)
    #expect(exchange.session.isDraining)
  }

  /// Two fields that frame a body: parsers that each heed another one see other requests behind it.
  private static let framings =
    ["0", "5", "35", "+5", "5, 5"].map { "Content-Length: \($0)" }
    + [
      "chunked", "Chunked", "\tchunked", "chunked ", "\u{B}chunked", "xchunked", "identity",
      "chunked, identity", "identity, chunked", "\"chunked\"", "",
    ].map { "Transfer-Encoding: \($0)" }

  @Test("no pair of framings is taken: CL.CL, CL.TE, TE.CL, TE.TE (§6.3)", arguments: framings)
  func smuggling(first: String) {
    for second in Self.framings {
      let body = "0\r\n\r\n" + Self.line("GET /smuggled HTTP/1.1")
      let input = Self.post("\(first)\r\n\(second)", body)
      for chunk in [Int.max, 1] {
        let exchange = Exchange(input, chunk: chunk)
        #expect(exchange.rejections == [.malformed], "\(first), \(second)")
        #expect(exchange.requests.isEmpty && exchange.session.isDraining)
        #expect(exchange.output.components(of: "HTTP/1.1 ").count == 1)
      }
    }
  }
}

extension String {
  /// What stands behind each `separator`.
  fileprivate func components(of separator: String) -> [Substring] {
    var rest = self[...]
    var parts: [Substring] = []
    while let range = rest.firstRange(of: separator) {
      rest = rest[range.upperBound...]
      parts.append(rest[..<(rest.firstRange(of: separator)?.lowerBound ?? rest.endIndex)])
    }
    return parts
  }
}
