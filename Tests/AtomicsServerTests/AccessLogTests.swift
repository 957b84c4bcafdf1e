// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation
import HTTP1Session
import HTTPMessage
import Logging
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer

/// What the access log says, and what it leaves out.
@Suite struct AccessLogTests {
  /// The lines that `body` leaves in a log.
  private func lines(
    _ configured: (inout AccessLogConfiguration) -> Void = { _ in },
    of server: ServerConfiguration = ServerConfiguration(arenaPath: ""),
    _ body: (LoggedExchange) throws -> Void
  ) throws -> [LogLine] {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var configuration = AccessLogConfiguration(.file(path: path))
    configured(&configuration)
    let log = try AccessLog(configuration, Logger(label: "test"))
    try log.start()
    defer { log.finish() }
    try Faces.use(configured: server) { faces in
      try body(LoggedExchange(faces, server, log))
    }
    log.finish()
    return try LogLine.lines(of: String(contentsOfFile: path, encoding: .utf8))
  }

  @Test("each request is a line with who asked what, how it ended and how long it took")
  func line() throws {
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    let logged = try lines { exchange in
      exchange.send("PUT /v1/registers/hits", #"{"type":"u64"}"#)
      exchange.send("GET /v1/registers/hits?order=relaxed", fields: ["traceparent: \(trace)"])
      exchange.send("HEAD /v1/registers/hits", fields: ["traceparent: \(trace)0"])
      exchange.send("BREW /", fields: ["traceparent: \(trace)", "traceparent: \(trace)"])
      exchange.send("GET /nothing HTTP/1.7 x")
    }
    #expect(
      logged.map { $0.members.keys.sorted() } == [
        ["bytes", "duration_us", "method", "peer", "protocol", "status", "target", "time"],
        [
          "bytes", "duration_us", "method", "parent_id", "peer", "protocol", "sampled", "status",
          "target", "time", "trace_id",
        ],
        ["bytes", "duration_us", "method", "peer", "protocol", "status", "target", "time"],
        [
          "bytes", "duration_us", "method", "peer", "problem", "protocol", "status", "target",
          "time",
        ],
        [
          "bytes", "duration_us", "method", "peer", "problem", "protocol", "status", "target",
          "time",
        ],
      ])
    #expect(logged.map(\.method) == ["PUT", "GET", "HEAD", "other", "GET"])
    #expect(logged.map(\.status) == [201, 200, 200, 404, 400])
    #expect(logged[1].target == "/v1/registers/hits?order=relaxed")
    #expect(logged[1].text("trace_id") == "4bf92f3577b34da6a3ce929d0e0e4736")
    #expect(logged[1].text("parent_id") == "00f067aa0ba902b7")
    #expect(logged[1].members["sampled"] as? Bool == true)
    let body = #"{"name":"hits","type":"u64","value":"0"}"#
    #expect(logged[1].members["bytes"] as? Int == body.count)
    #expect(logged[2].members["bytes"] as? Int == 0)
    #expect(logged[3].text("problem") == "not-found")
    #expect(logged[4].text("problem") == "malformed-request")
    for line in logged {
      #expect(line.text("peer") == "127.0.0.1:50000" && line.text("protocol") == "HTTP/1.1")
      let time = line.text("time")
      #expect(time.wholeMatch(of: /[-0-9]{10}T[:0-9]{8}\.[0-9]{6}Z/) != nil)
      let seconds = ISO8601DateFormatter().date(from: time.prefix(19) + "Z")
      #expect(abs(seconds?.timeIntervalSinceNow ?? 1e6) < 600)
      #expect(line.members["duration_us"] as? Int ?? -1 >= 0)
    }
  }

  @Test("who asked is named by the access rules, and no token is in any line")
  func who() throws {
    let rules = TokenRules([("billing", "", .all)])
    let token = TokenRules.text("billing")
    let wrong = TokenRules.text("nobody")
    let logged = try lines(of: rules.configuration) { exchange in
      exchange.send("GET /v1/capabilities", fields: ["authorization: Bearer \(token)"])
      exchange.send("GET /v1/capabilities", fields: ["authorization: Bearer \(wrong)"])
      exchange.send("GET /v1/capabilities?access_token=\(token)&\(token)&order=\(1)")
      exchange.send("GET /livez", fields: ["authorization: Bearer \(token)"])
      exchange.send("GET /livez", fields: ["origin: http://evil.example"])
    }
    #expect(logged.map { $0.members["who"] as? String } == ["billing", nil, nil, "billing", nil])
    #expect(logged.map(\.status) == [200, 401, 401, 200, 403])
    #expect(logged[2].target == "/v1/capabilities?…&…&order=1")
    #expect(!logged.contains { $0.raw.contains(token.suffix(20)) || $0.raw.contains(wrong) })
  }

  @Test(
    "a target is logged as far as it is no secret and not too long",
    arguments: [
      ("/a?order=x&oder=y", "/a?order=x&…"), ("/a?", "/a?…"), ("/a?=x", "/a?…"),
      ("/a?%6Frder=x", "/a?…"), ("/a?order", "/a?order"), ("/a?a?order=x", "/a?…"),
      ("/a?limit=1&&cursor=2", "/a?limit=1&…&cursor=2"), ("*", "*"), ("", ""),
      ("/\"\\", "/\"\\"), ("/a\u{FF}?order=\u{FF}", "/a??…"),
      ("/" + String(repeating: "a", count: 2000), "/" + String(repeating: "a", count: 1023) + "…"),
      ("/a?order=" + String(repeating: "a", count: 1100) + "&limit=1", "/a?…"),
    ])
  func target(sent: String, logged: String) {
    let latin = sent.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    #expect(String(decoding: LoggedTarget.text(latin), as: UTF8.self) == logged)
  }

  @Test("failures have a sample of their own", arguments: [(1, 0), (0, 1), (0, 0), (7, 2)])
  func sample(oneIn: Int, errorsOneIn: Int) throws {
    let count = 1400
    let logged = try lines {
      $0.oneIn = oneIn
      $0.errorsOneIn = errorsOneIn
    } _: { exchange in
      for _ in 0..<count {
        exchange.send("GET /livez")
        exchange.send("GET /nothing")
      }
    }
    for (rate, status) in [(oneIn, 200), (errorsOneIn, 404)] {
      let found = logged.count { $0.status == status }
      let expected = rate == 0 ? 0 : count / rate
      // By chance: seven standard deviations, at most.
      let spread = rate > 1 ? 7 * Int(Double(expected).squareRoot() + 1) : 0
      #expect(abs(found - expected) <= spread, "\(found) of \(status)")
    }
  }

  @Test("a batch that takes several turns is logged once, with its own answer and time")
  func batch() throws {
    var server = ServerConfiguration(arenaPath: "")
    server.allowedOrigins = ["http://good.example"]
    let operations = (0..<1000).map { _ in #"{"name":"n","op":"inc"}"# }.joined(separator: ",")
    var answer = ""
    let logged = try lines(of: server) { exchange in
      try exchange.faces.create("n", "u64")
      answer = exchange.send(
        "POST /v1/batch", #"{"operations":[\#(operations)]}"#,
        fields: ["Origin: http://good.example"])
      #expect(answer.isEmpty)
      while answer.isEmpty { answer = exchange.turn() }
      exchange.send("POST /v1/batch", #"{"operations":[\#(operations)]}"#)
      // The client goes before the end.
      exchange.exchange.closed()
    }
    #expect(answer.contains("access-control-allow-origin: http://good.example\r\n"))
    let body = answer.split(separator: "\r\n\r\n", maxSplits: 1).last ?? ""
    #expect(logged.map(\.target) == ["/v1/batch", "/v1/batch"])
    #expect(logged.map(\.status) == [200, nil])
    #expect(logged.map { $0.members["bytes"] as? Int } == [body.utf8.count, 0])
  }

  @Test("lines beyond the rate are counted, and told")
  func rate() throws {
    let logged = try lines {
      $0.linesPerSecond = 10
    } _: { exchange in
      for _ in 0..<100 { exchange.send("GET /livez") }
    }
    let lost = logged.compactMap { $0.members["lost"] as? Int }.reduce(0, +)
    let told = logged.compactMap { $0.members["over_rate"] as? Int }.reduce(0, +)
    let requests = logged.count { $0.members["lost"] == nil }
    #expect(lost == told && lost + requests == 100)
    // The second may have changed meanwhile.
    #expect(requests >= 10 && lost > 0)
  }
}

/// One HTTP/1.1 connection whose requests are logged.
struct LoggedExchange {
  let exchange: HTTPExchange<HTTP1Session>
  let faces: Faces

  init(_ faces: Faces, _ configuration: ServerConfiguration, _ log: AccessLog) throws {
    self.faces = faces
    let context = ServerContext(
      service: faces.service, configuration: configuration, accessLog: log)
    let peer = Peer(
      user: 0, mapsArena: false, address: try SocketAddress(host: "127.0.0.1", port: 50000))
    exchange = HTTPExchange(HTTP1Session(), context, WallClock(), peer, faces.hub) {}
  }

  /// A turn without input, and what comes of it.
  func turn() -> String { process([]) }

  /// Sends one request, and gives what comes back.
  @discardableResult
  func send(_ line: String, _ body: String = "", fields: [String] = []) -> String {
    let version = line.contains("HTTP/") ? "" : " HTTP/1.1"
    let head =
      ["\(line)\(version)", "Host: localhost", "Content-Length: \(body.utf8.count)"] + fields
    return process(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
  }

  private func process(_ bytes: [UInt8]) -> String {
    var output = OutputBuffer()
    _ = exchange.process(bytes.span, into: &output, endOfInput: false)
    return output.withBytes { bytes in
      String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
  }
}

/// A line of the log.
struct LogLine {
  let raw: String
  let members: [String: any Sendable]

  var status: Int? { members["status"] as? Int }
  var method: String? { members["method"] as? String }
  var target: String? { members["target"] as? String }

  func text(_ name: String) -> String { members[name] as? String ?? "" }

  static func lines(of text: String) throws -> [LogLine] {
    try text.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      return LogLine(raw: String(line), members: object as? [String: any Sendable] ?? [:])
    }
  }
}
