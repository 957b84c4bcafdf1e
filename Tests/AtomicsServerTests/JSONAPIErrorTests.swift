// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import Testing

@testable import AtomicsServer

/// Wrong requests: each gets its problem, and the register keeps its value.
@Suite struct JSONAPIErrorTests {
  struct Wrong: Sendable, CustomTestStringConvertible {
    let method: HTTPMethod
    let target: String
    let body: String
    let fields: [(String, String)]
    let status: Int
    let slug: String
    let member: String?

    init(
      _ method: HTTPMethod, _ target: String, _ body: String, _ status: Int, _ slug: String,
      member: String? = nil, fields: [(String, String)] = []
    ) {
      (self.method, self.target, self.body) = (method, target, body)
      (self.status, self.slug, self.member, self.fields) = (status, slug, member, fields)
    }

    /// The register that the problem names: that of the path, where its name is one.
    var register: String? {
      let segments = target.split(separator: "?")[0].split(separator: "/")
      guard segments.starts(with: ["v1", "registers"]), segments.count > 2, slug != "invalid-name",
        segments.count < 5
      else { return nil }
      return String(segments[2])
    }

    var testDescription: String { "\(method) \(target) \(body) → \(status) \(slug)" }
  }

  private static let add = "/v1/registers/r/add"
  private static let cas = "/v1/registers/r/cmpxchg_strong"

  static let all: [Wrong] = [
    Wrong(.get, "/", "", 404, "not-found"),
    Wrong(.get, "/v1/registers/r/inc/x", "", 404, "not-found"),
    Wrong(.get, "/v2/registers/r", "", 404, "not-found"),
    Wrong(.post, "/v1/registers/r/frobnicate", "", 404, "unknown-operation"),
    Wrong(.post, "/v1/registers/none/inc", "", 404, "not-found"),
    Wrong(.get, "/v1/registers/a%2", "", 400, "invalid-name"),
    Wrong(.get, "/v1/registers/a%20b", "", 400, "invalid-name"),
    Wrong(.get, "/v1/registers/..", "", 400, "invalid-name"),
    Wrong(.get, "/v1/registers/a%2F%2Fb", "", 400, "invalid-name"),
    Wrong(
      .get, "/v1/registers/" + String(repeating: "n", count: 129), "", 400, "invalid-name"),
    Wrong(.post, add, #"{"operand":"5""#, 400, "invalid-json"),
    Wrong(.post, add, " ", 400, "invalid-json"),
    Wrong(.post, add, "\u{FEFF}{}", 400, "invalid-json"),
    Wrong(.post, add, #"{"operand":"\ud800"}"#, 400, "invalid-json"),
    Wrong(.post, add, "[5]", 400, "invalid-value"),
    Wrong(.post, add, #"{"operand":"5","oder":"relaxed"}"#, 400, "unknown-member", member: "oder"),
    Wrong(
      .post, add, #"{"operand":"5","operand":"6"}"#, 400, "duplicate-member", member: "operand"),
    Wrong(
      .post, add + "?operand=5", #"{"operand":"5"}"#, 400, "duplicate-member", member: "operand"),
    Wrong(.post, add, "", 400, "missing-member", member: "operand"),
    Wrong(.post, add, #"{"operand":true}"#, 400, "invalid-value", member: "operand"),
    Wrong(.post, add, #"{"operand":null}"#, 400, "invalid-value", member: "operand"),
    Wrong(.post, add, #"{"operand":"five"}"#, 400, "invalid-value", member: "operand"),
    Wrong(.post, add, #"{"operand":1.5}"#, 400, "invalid-value", member: "operand"),
    Wrong(.post, add, #"{"operand":1e3}"#, 400, "invalid-value", member: "operand"),
    Wrong(.post, add, #"{"operand":"+5"}"#, 400, "invalid-value", member: "operand"),
    Wrong(.post, add, #"{"operand":256}"#, 400, "value-out-of-range", member: "operand"),
    Wrong(.post, add, #"{"operand":-1}"#, 400, "value-out-of-range", member: "operand"),
    Wrong(.post, add + "?operand=%zz", "", 400, "invalid-value"),
    Wrong(.post, add, #"{"operand":"5","order":"strong"}"#, 400, "invalid-order", member: "order"),
    Wrong(
      .post, add, #"{"operand":"5","failure_order":"relaxed"}"#, 400, "unknown-member",
      member: "failure_order"),
    Wrong(
      .post, "/v1/registers/r/load", #"{"order":"release"}"#, 400, "invalid-order", member: "order"),
    Wrong(
      .post, "/v1/registers/r/store", #"{"operand":"1","order":"acquire"}"#, 400, "invalid-order",
      member: "order"),
    Wrong(
      .post, cas, #"{"expected":"1","desired":"2","order":"relaxed","failure_order":"acquire"}"#,
      400, "invalid-order", member: "failure_order"),
    Wrong(
      .post, cas, #"{"expected":"1","desired":"2","failure_order":"release"}"#, 400,
      "invalid-order", member: "failure_order"),
    Wrong(.post, cas, #"{"expected":"1"}"#, 400, "missing-member", member: "desired"),
    // The order is judged before the register is looked for.
    Wrong(.post, "/v1/registers/none/load", #"{"order":"release"}"#, 400, "invalid-order"),
    Wrong(.get, "/v1/registers/r?order=release", "", 400, "invalid-order"),
    Wrong(.get, "/v1/registers/r?ordre=acquire", "", 400, "unknown-member", member: "ordre"),
    Wrong(
      .post, "/v1/registers/r/bit_test_set", #"{"index":8}"#, 400, "invalid-index", member: "index"),
    Wrong(
      .post, "/v1/registers/r/bit_test_set", #"{"index":300}"#, 400, "invalid-index",
      member: "index"),
    Wrong(
      .post, "/v1/registers/r/bit_test_set", #"{"index":-1}"#, 400, "invalid-value",
      member: "index"),
    Wrong(
      .post, "/v1/registers/r/bit_test_set", #"{"index":18446744073709551616}"#, 400,
      "value-out-of-range", member: "index"),
    Wrong(.post, "/v1/registers/b/inc", "", 400, "unsupported-operation"),
    Wrong(
      .post, "/v1/registers/r/inc", "{}", 415, "unsupported-media-type",
      fields: [("content-type", "application/xml")]),
    Wrong(
      .post, "/v1/registers/r/inc", "{}", 415, "unsupported-media-type",
      fields: [("content-encoding", "gzip")]),
    Wrong(
      .put, "/v1/registers/r/value", "8", 400, "precondition-unsupported",
      fields: [("if-match", "*"), ("if-match", "\"9\"")]),
    Wrong(
      .put, "/v1/registers/r", #"{"type":"u8"}"#, 400, "precondition-unsupported",
      fields: [("if-none-match", "*"), ("if-none-match", "\"9\"")]),
    Wrong(
      .get, "/v1/registers/r", "", 400, "precondition-unsupported",
      fields: [("if-none-match", "\"7\""), ("if-none-match", "\"9\"")]),
    Wrong(
      .post, "/v1/registers/r/inc", "", 400, "precondition-unsupported",
      fields: [("if-match", "\"7\"")]),
    Wrong(
      .get, "/v1/registers/r", "", 400, "precondition-unsupported",
      fields: [("if-match", "\"7\"")]),
    Wrong(.put, "/v1/registers/x", "", 400, "missing-member", member: "type"),
    Wrong(.put, "/v1/registers/x", #"{"type":"u9"}"#, 400, "invalid-value", member: "type"),
    Wrong(
      .put, "/v1/registers/x", #"{"type":"u8","initial":"300"}"#, 400, "value-out-of-range",
      member: "initial"),
    Wrong(
      .put, "/v1/registers/x", #"{"type":"u8","owner":"18446744073709551616"}"#, 400,
      "value-out-of-range", member: "owner"),
    Wrong(
      .put, "/v1/registers/x", #"{"type":"u8","label":5}"#, 400, "invalid-value",
      member: "label"),
    Wrong(
      .put, "/v1/registers/x", #"{"type":"u8","label":"a\u0007"}"#, 400, "invalid-value",
      member: "label"),
    Wrong(.put, "/v1/registers/r/value", "x", 400, "invalid-value"),
    Wrong(.put, "/v1/registers/r/value", "256", 400, "value-out-of-range"),
    Wrong(.put, "/v1/registers/r/value", "", 400, "invalid-value"),
    Wrong(.put, "/v1/registers/r/value?order=acquire", "1", 400, "invalid-order"),
    Wrong(.get, "/v1/registers?limit=0", "", 400, "value-out-of-range", member: "limit"),
    Wrong(.get, "/v1/registers?limit=x", "", 400, "invalid-value", member: "limit"),
  ]

  @Test("fields that are no text are refused, not taken for absent")
  func brokenFields() throws {
    try Faces.use { faces in
      let register = try faces.create("r", "u8", "7")
      for (field, status, slug) in [
        ("if-match", 400, "precondition-unsupported"),
        ("content-type", 415, "unsupported-media-type"),
      ] {
        var request = HTTPRequest(
          method: .put, target: Array("/v1/registers/r/value".utf8),
          authority: Array("localhost".utf8), body: Array("8".utf8))
        request.fields.append(name: field, value: [0x22, 0xFF, 0x22])
        var api = JSONAPI(faces.context, Peer(user: 0, mapsArena: false))
        let answer = HTTPAnswer(api.respond(to: request))
        #expect((answer.status, answer.slug) == (status, slug))
        #expect(faces.value(register) == "7")
      }
    }
  }

  @Test("a bit index beyond a byte is named as it was sent")
  func wideIndex() throws {
    try Faces.use { faces in
      try faces.create("w", "u128")
      let answer = faces.http(.post, "/v1/registers/w/bit_test?index=383")
      #expect((answer.status, answer.slug) == (400, "invalid-index"))
      #expect((answer.members["detail"] as? String)?.contains("383") == true)
    }
  }

  @Test("limits are told as they are set")
  func limits() throws {
    var limits = HTTPLimits()
    (limits.bodyBytes, limits.targetBytes) = (1001, 1002)
    (limits.headerBytes, limits.fieldCount) = (1003, 1004)
    for (rejection, numbers) in [
      (HTTPRejection.payloadTooLarge, ["1001"]), (.uriTooLong, ["1002"]),
      (.headersTooLarge, ["1003", "1004"]),
    ] {
      let detail = Problem(rejection, limits).detail
      for number in numbers { #expect(detail.contains(number)) }
    }
  }

  @Test("the problem says what was wrong, and nothing was applied", arguments: all)
  func refuse(wrong: Wrong) throws {
    try Faces.use { faces in
      let register = try faces.create("r", "u8", "7")
      try faces.create("b", "bytes4")
      let answer = faces.http(wrong.method, wrong.target, wrong.body, fields: wrong.fields)
      #expect((answer.status, answer.slug) == (wrong.status, wrong.slug), "\(answer.body)")
      #expect(answer.fields.text("content-type") == "application/problem+json")
      #expect(answer.members["status"] as? Int == wrong.status)
      #expect(answer.members["applied"] as? String == "no")
      #expect((answer.members["detail"] as? String)?.isEmpty == false)
      #expect(answer.members["register"] as? String == wrong.register)
      if let member = wrong.member { #expect(answer.members["member"] as? String == member) }
      #expect(faces.value(register) == "7")
    }
  }
}
