// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation
import HTTPMessage
import RegisterService
import Testing

@testable import AtomicsServer
@testable import HTTP1Session

/// Several operations in one request.
@Suite struct JSONAPIBatchTests {
  /// The results of a batch that was taken.
  private static func results(_ answer: HTTPAnswer) -> [[String: Any]] {
    answer.members["results"] as? [[String: Any]] ?? []
  }

  @Test("each operation of a batch has its status and its reply, in order")
  func order() throws {
    try Faces.use { faces in
      try faces.create("a", "u64", "1")
      try faces.create("b", "i8", "-1")
      let answer = faces.http(
        .post, "/v1/batch",
        #"""
        {"operations":[{"op":"inc","name":"a"},{"name":"b","op":"fetch-add","operand":"2"},
        {"name":"\u0061","op":"cmpxchg_strong","expected":7,"desired":8},
        {"name":"none","op":"inc"},{"name":"a","op":"store","operand":"9","order":"release"}]}
        """#)
      #expect(answer.status == 200)
      #expect(
        answer.body.hasPrefix(
          #"{"results":[{"status":200,"op":"inc","old":"1","new":"2"},"#
            + #"{"status":200,"op":"fetch_add","old":"-1","new":"1"},"#
            + #"{"status":200,"op":"cmpxchg_strong","success":false,"old":"2","new":"2"},"#))
      let results = Self.results(answer)
      #expect(results.count == 5)
      #expect(results[3]["status"] as? Int == 404)
      #expect(results[3]["type"] as? String == "/problems/not-found")
      #expect(results[3]["register"] as? String == "none")
      #expect(results[3]["op"] as? String == "inc")
      #expect(results[4]["value"] as? String == "9")
    }
  }

  @Test("what is wrong with one operation is its own, and the others run, unless told to stop")
  func oneIsWrong() throws {
    try Faces.use { faces in
      let a = try faces.create("a", "u64")
      let wrong: [(item: String, status: Int, slug: String, member: String?)] = [
        (#"{"op":"inc"}"#, 400, "missing-member", "operations[0].name"),
        (#"{"name":"a"}"#, 400, "missing-member", "operations[0].op"),
        (#"{"name":"a","op":"nope"}"#, 404, "unknown-operation", "operations[0].op"),
        (#"{"name":"a","op":"inc","operand":"1"}"#, 400, "unknown-member", "operations[0].operand"),
        (#"{"name":"a","op":"inc","oder":"relaxed"}"#, 400, "unknown-member", "operations[0].oder"),
        (#"{"name":"a","op":"inc","op":"inc"}"#, 400, "duplicate-member", "operations[0].op"),
        (#"{"name":5,"op":"inc"}"#, 400, "invalid-value", "operations[0].name"),
        (#"{"name":"/","op":"inc"}"#, 400, "invalid-name", "operations[0].name"),
        (
          #"{"name":"a","op":"add","operand":"-1"}"#, 400, "value-out-of-range",
          "operations[0].operand"
        ),
        (
          #"{"name":"a","op":"load","order":"release"}"#, 400, "invalid-order",
          "operations[0].order"
        ),
        ("7", 400, "invalid-value", "operations[0]"),
        ("[[]]", 400, "invalid-value", "operations[0]"),
        (#"{"name":"none","op":"inc"}"#, 404, "not-found", nil),
        (#"{"name":"a","op":"inc","create":"i8"}"#, 409, "type-mismatch", nil),
        (#"{"name":"none","op":"inc","create":"x"}"#, 400, "invalid-value", "operations[0].create"),
      ]
      for (item, status, slug, member) in wrong {
        let body = #"{"operations":[\#(item),{"name":"a","op":"inc"}],"stop_on_error":STOP}"#
        let before = faces.value(a)
        let stopped = Self.results(
          faces.http(.post, "/v1/batch", body.replacingOccurrences(of: "STOP", with: "true")))
        #expect(stopped.count == 1 && faces.value(a) == before, "\(item)")
        let results = Self.results(
          faces.http(.post, "/v1/batch", body.replacingOccurrences(of: "STOP", with: "false")))
        #expect(results.count == 2 && faces.value(a) != before, "\(item)")
        #expect(results[0]["status"] as? Int == status, "\(item)")
        #expect(results[0]["type"] as? String == "/problems/\(slug)", "\(item)")
        #expect(results[0]["member"] as? String == member, "\(item)")
        #expect(results[0]["applied"] as? String == "no", "\(item)")
      }
    }
  }

  @Test("a batch that is wrong as a whole is refused before anything is run")
  func whole() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.batchOperations = 2
    try Faces.use(configured: configuration) { faces in
      let a = try faces.create("a", "u64")
      let inc = #"{"name":"a","op":"inc"}"#
      let wrong: [(body: String, status: Int, slug: String, member: String?)] = [
        ("", 400, "missing-member", "operations"), ("{}", 400, "missing-member", "operations"),
        ("[]", 400, "invalid-value", nil), (" ", 400, "invalid-json", nil),
        (#"{"operations":[\#(inc)}"#, 400, "invalid-json", nil),
        (#"{"operations":[\#(inc)]}x"#, 400, "invalid-json", nil),
        (#"{"operations":[\#(inc),]}"#, 400, "invalid-json", nil),
        (#"{"operations":{}}"#, 400, "invalid-value", "operations"),
        (#"{"operations":[],"operations":[]}"#, 400, "duplicate-member", "operations"),
        (#"{"operations":[],"stop":true}"#, 400, "unknown-member", "stop"),
        (#"{"operations":[],"stop_on_error":1}"#, 400, "invalid-value", "stop_on_error"),
        (#"{"operations":[\#(inc),\#(inc),\#(inc)]}"#, 413, "payload-too-large", "operations"),
      ]
      for (body, status, slug, member) in wrong {
        let answer = faces.http(.post, "/v1/batch", body)
        #expect((answer.status, answer.slug) == (status, slug), "\(body)")
        #expect(answer.members["member"] as? String == member, "\(body)")
      }
      #expect(faces.http(.post, "/v1/batch?a=b", "{}").slug == "unknown-member")
      #expect(faces.http(.get, "/v1/batch").status == 405)
      #expect(faces.http(.post, "/v1/batch", #"{"operations":[]}"#).body == #"{"results":[]}"#)
      #expect(faces.value(a) == "0")
    }
  }

  @Test("a batch that takes several turns is answered when it is done, and others meanwhile")
  func turns() throws {
    try Faces.use { faces in
      let a = try faces.create("a", "u64")
      let count = 1000
      let items = [String](repeating: #"{"name":"a","op":"inc"}"#, count: count)
      let body = #"{"operations":[\#(items.joined(separator: ","))]}"#
      let request = Array(
        """
        POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\
        \(body)GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n
        """.utf8)
      let exchange = HTTPExchange(
        HTTP1Session(), faces.context, WallClock(), Peer(user: 0, mapsArena: false), faces.hub
      ) {}
      var output = OutputBuffer()
      var progress = exchange.process(request.span, into: &output, endOfInput: false)
      #expect(progress.next == .yield && output.count == 0)
      var consumed = progress.consumed
      var turns = 1
      while progress.next == .yield, turns < 1000 {
        progress = exchange.process(
          request.span.extracting(consumed..<request.count), into: &output, endOfInput: false)
        consumed += progress.consumed
        turns += 1
      }
      #expect(turns >= count * ExecutionBudget.byName / ExecutionBudget.turn)
      let text = output.withBytes { bytes in
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
      }
      #expect(text.contains(#""old":"999","new":"1000"}]}"#))
      #expect(text.components(separatedBy: "HTTP/1.1 200").count == 3)
      #expect(faces.value(a) == "1000")
    }
  }
}
