// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer

/// Registers that an operation makes: `create`.
@Suite struct JSONAPICreateTests {
  @Test("`create` makes a missing register at zero, once nothing else is wrong")
  func creates() throws {
    try Faces.use { faces in
      func post(_ rest: String, _ body: String = "") -> HTTPAnswer {
        faces.http(.post, "/v1/registers/\(rest)", body)
      }
      #expect(post("a/inc").status == 404)
      #expect(post("a/inc?create=u65").slug == "invalid-value")
      #expect(post("a/add?create=u8", #"{"operand":"256"}"#).slug == "value-out-of-range")
      #expect(post("a/add?create=f32", #"{"operand":"x"}"#).slug == "invalid-value")
      #expect(post("a/bit_test_set?create=u8", #"{"index":8}"#).slug == "invalid-index")
      #expect(post("a/bit_test_set?create=f64", #"{"index":1}"#).slug == "unsupported-operation")
      #expect(faces.http(.get, "/v1/registers/a").status == 404)
      let made = post("a/fetch_add?create=u8&operand=5")
      #expect(made.body == #"{"op":"fetch_add","old":"0","new":"5"}"#)
      #expect(post("a/inc", #"{"create":"u8"}"#).members["new"] as? String == "6")
      #expect(post("a/inc?create=u16").slug == "type-mismatch")
      #expect(post("a/inc?create=u8", #"{"create":"u8"}"#).slug == "duplicate-member")
      let batch = faces.http(
        .post, "/v1/batch",
        #"{"operations":[{"name":"b","op":"inc","create":"i16"},{"name":"b","op":"load"}]}"#)
      #expect(batch.body.contains(#"{"status":200,"op":"load","value":"1"}"#))
    }
  }

  @Test("the right to create is asked for where there is something to create, before its value")
  func rights() throws {
    let rules = TokenRules([
      ("worker", "a.", [.read, .operate]), ("maker", "a.", [.operate, .create]),
      ("creator", "a.", .create),
    ])
    try Faces.use(configured: rules.configuration) { faces in
      func post(_ who: String, _ rest: String) -> HTTPAnswer {
        faces.http(
          .post, "/v1/registers/\(rest)",
          fields: [("authorization", "Bearer \(TokenRules.text(who))")])
      }
      func detail(_ answer: HTTPAnswer) -> String? { answer.members["detail"] as? String }
      #expect(post("worker", "a.n/inc").status == 404)
      #expect(post("worker", "a.n/inc?create=u9").status == 400)
      for rest in [
        "a.n/inc?create=u8", "a.n/add?create=u8&operand=x", "a.n/and?create=f64&operand=1",
      ] {
        let answer = post("worker", rest)
        #expect((answer.status, answer.slug) == (403, "forbidden"), "\(rest)")
        #expect(detail(answer) == "worker may not create a.n")
      }
      #expect(detail(post("creator", "a.n/inc?create=u8")) == "creator may not operate on a.n")
      #expect(post("maker", "b.n/inc?create=u8").status == 403)
      #expect(post("maker", "a.n/inc?create=u8").status == 200)
      #expect(post("worker", "a.n/inc?create=u8").members["new"] as? String == "2")
      let batch = faces.http(
        .post, "/v1/batch",
        #"{"operations":[{"name":"a.n","op":"inc","create":"u8"},{"name":"a.m","op":"inc","#
          + #""create":"u8"},{"name":"c","op":"load"}]}"#,
        fields: [("authorization", "Bearer \(TokenRules.text("worker"))")])
      let results = batch.members["results"] as? [[String: any Sendable]] ?? []
      #expect(results.compactMap { $0["status"] as? Int } == [200, 403, 403])
    }
  }

  @Test("of several that make a register at once one does, and every operation counts")
  func together() throws {
    try Faces.use { faces in
      let api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
      let (threads, registers) = (4, 50)
      let failures = onThreads(threads) { _ in
        var api = api
        return (0..<registers).map { number in
          Self.increment("n\(number)", &api).status
        }.filter { $0 != 200 }
      }
      #expect(failures.joined().isEmpty)
      for number in 0..<registers {
        #expect(faces.http(.get, "/v1/registers/n\(number)/value").body == "\(threads)\n")
      }
    }
  }

  @Test("a register that is deleted again and again is made again and again")
  func deleted() throws {
    try Faces.use { faces in
      let api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
      let rounds = RunLength.isLong ? 20_000 : 1000
      // Equal operations side by side are read but once.
      let items = [String](repeating: #"{"name":"n","op":"inc","create":"u16"}"#, count: 8)
      let batch = Self.request(
        .post, "/v1/batch", #"{"operations":[\#(items.joined(separator: ","))]}"#)
      let statuses = onThreads(3) { thread in
        var api = api
        var statuses: Set<Int> = []
        for _ in 0..<rounds {
          switch thread {
          case 0:
            let answer = api.respond(to: Self.request(.delete, "/v1/registers/n"))
            if answer.status != 404 { statuses.insert(answer.status) }
          case 1: statuses.insert(Self.increment("n", &api).status)
          default:
            let body = String(decoding: api.respond(to: batch).body, as: UTF8.self)
            statuses.insert(body.contains(#""status":404"#) ? 404 : 200)
          }
        }
        return statuses
      }
      #expect(statuses.reduce(into: []) { $0.formUnion($1) } == [200, 204])
    }
  }

  private static func request(
    _ method: HTTPMethod, _ target: String, _ body: String = ""
  ) -> HTTPRequest {
    HTTPRequest(
      method: method, target: Array(target.utf8), authority: Array("localhost".utf8),
      body: Array(body.utf8))
  }

  private static func increment(_ name: String, _ api: inout JSONAPI) -> HTTPResponse {
    api.respond(to: request(.post, "/v1/registers/\(name)/inc?create=u16"))
  }
}
