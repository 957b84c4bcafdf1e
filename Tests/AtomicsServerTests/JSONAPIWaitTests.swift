// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import TestSupport
import Testing

@testable import AtomicsServer

/// What is wrong with waits and watches before they begin.
@Suite struct JSONAPIWaitTests {
  struct Wrong: Sendable, CustomTestStringConvertible {
    var method: HTTPMethod
    var target: String
    var body: String
    var status: Int
    var slug: String
    var member: String?

    init(
      _ method: HTTPMethod, _ target: String, _ body: String, _ status: Int, _ slug: String,
      _ member: String? = nil
    ) {
      (self.method, self.target, self.body) = (method, target, body)
      (self.status, self.slug, self.member) = (status, slug, member)
    }

    var testDescription: String { "\(method) \(target) \(body)" }
  }

  private static let wait = "/v1/registers/r/wait"

  static let wrongs = [
    Wrong(.post, wait, "", 400, "missing-member", "until"),
    Wrong(.post, wait, #"{"until":"ge"}"#, 400, "invalid-value", "until"),
    Wrong(.post, wait, #"{"until":"above:1"}"#, 400, "invalid-value", "until"),
    Wrong(.post, wait, #"{"until":"changed:1"}"#, 400, "invalid-value", "until"),
    Wrong(.post, wait, #"{"until":"ge:"}"#, 400, "invalid-value", "until"),
    Wrong(.post, wait, #"{"until":"ge:256"}"#, 400, "value-out-of-range", "until"),
    Wrong(.post, wait, #"{"until":1}"#, 400, "invalid-value", "until"),
    Wrong(
      .post, "/v1/registers/f/wait", #"{"until":"any:1"}"#, 400, "unsupported-operation", "until"),
    Wrong(
      .post, wait, #"{"until":"ge:1","timeout_ms":-1}"#, 400, "invalid-value", "timeout_ms"),
    Wrong(
      .post, wait, #"{"until":"ge:1","timeout_ms":3600001}"#, 400, "value-out-of-range",
      "timeout_ms"),
    Wrong(
      .post, wait, #"{"until":"ge:1","timeout_ms":18446744073709551615}"#, 400,
      "value-out-of-range", "timeout_ms"),
    Wrong(.post, wait, #"{"until":"ge:1","timeout":1}"#, 400, "unknown-member", "timeout"),
    Wrong(.post, wait, #"{"until":"ge:1","order":"release"}"#, 400, "invalid-order", "order"),
    Wrong(.post, wait, #"{"until":"ge:1","then":"inc"}"#, 400, "invalid-value", "then"),
    Wrong(.post, wait, #"{"until":"ge:1","then":[]}"#, 400, "invalid-value", "then"),
    Wrong(.post, wait, #"{"until":"ge:1","then":{}}"#, 400, "missing-member", "then.op"),
    Wrong(.post, wait, #"{"until":"ge:1","then":{"op":"x"}}"#, 404, "unknown-operation", "then.op"),
    Wrong(
      .post, wait, #"{"until":"ge:1","then":{"op":"sub"}}"#, 400, "missing-member", "then.operand"),
    Wrong(
      .post, wait, #"{"until":"ge:1","then":{"op":"sub","operand":300}}"#, 400,
      "value-out-of-range", "then.operand"),
    Wrong(
      .post, wait, #"{"until":"ge:1","then":{"op":"inc","op":"inc"}}"#, 400, "duplicate-member",
      "then.op"),
    Wrong(
      .post, wait, #"{"until":"ge:1","then":{"op":"inc","times":2}}"#, 400, "unknown-member",
      "then.times"),
    Wrong(
      .post, wait, #"{"until":"ge:1","then":{"op":"store","operand":1,"order":"acquire"}}"#, 400,
      "invalid-order", "then.order"),
    Wrong(
      .post, wait, #"{"until":"ge:1","order":"acquire","then":{"op":"inc"}}"#, 400,
      "invalid-order", "order"),
    Wrong(
      .post, "/v1/registers/b/wait", #"{"until":"changed","then":{"op":"inc"}}"#, 400,
      "unsupported-operation", "then"),
    Wrong(.get, wait + "?until=ge:1&then=inc", "", 400, "unknown-member", "then"),
    Wrong(.get, wait + "?until=ge:1&until=ge:2", "", 400, "duplicate-member", "until"),
    Wrong(.post, wait + "?until=ge:1", #"{"until":"ge:2"}"#, 400, "duplicate-member", "until"),
    Wrong(.post, "/v1/registers/none/wait", #"{"until":"ge:1"}"#, 404, "not-found"),
    Wrong(.put, wait, "", 405, "method-not-allowed"),
    Wrong(.get, "/v1/watch", "", 400, "missing-member", "name"),
    Wrong(.get, "/v1/watch?name=", "", 400, "invalid-name", "name"),
    Wrong(.get, "/v1/watch?name=r&name=none", "", 404, "not-found"),
    Wrong(.get, "/v1/watch?name=r&name=r", "", 400, "duplicate-member", "name"),
    Wrong(.get, "/v1/watch?name=%zz", "", 400, "invalid-value"),
    Wrong(.get, "/v1/watch?names=r", "", 400, "unknown-member", "names"),
    Wrong(.get, "/v1/watch?name=r&interval_ms=-1", "", 400, "invalid-value", "interval_ms"),
    Wrong(
      .get, "/v1/watch?name=r&interval_ms=4294967296", "", 400, "value-out-of-range",
      "interval_ms"),
    Wrong(
      .get, "/v1/watch?name=r&interval_ms=1&interval_ms=1", "", 400, "duplicate-member",
      "interval_ms"),
    Wrong(
      .get, "/v1/watch?prefix=" + String(repeating: "a", count: 129), "", 400, "invalid-value",
      "prefix"),
    Wrong(.post, "/v1/watch?name=r", "", 405, "method-not-allowed"),
  ]

  @Test("what is wrong is refused with what, where and what to do", arguments: wrongs)
  func wrong(wrong: Wrong) throws {
    try Faces.use { faces in
      for (name, type) in [("r", "u8"), ("f", "f64"), ("b", "bytes4")] {
        try faces.create(name, type)
      }
      let answer = faces.http(wrong.method, wrong.target, wrong.body)
      #expect(answer.status == wrong.status && answer.slug == wrong.slug, "\(answer.body)")
      #expect(answer.members["member"] as? String == wrong.member, "\(answer.body)")
      #expect(answer.members["applied"] as? String == "no")
    }
  }

  @Test("a precondition is refused; more names than a stream may have, too")
  func bounds() throws {
    var configuration = ServerConfiguration(arenaPath: "")
    configuration.limits.watches = 2
    try Faces.use(configured: configuration) { faces in
      try faces.create("r", "u8")
      for target in [Self.wait + "?until=ge:1", "/v1/watch?name=r"] {
        let answer = faces.http(.get, target, fields: [("if-match", "\"1\"")])
        #expect(answer.slug == "precondition-unsupported")
      }
      let answer = faces.http(.get, "/v1/watch?name=r&prefix=a&prefix=b")
      #expect(answer.status == 400 && answer.slug == "value-out-of-range")
      #expect(answer.body.contains("at most 2 names and prefixes"))
    }
  }

  @Test("who may not read, or not operate, is told so before the register is looked up")
  func rights() throws {
    let rules = TokenRules([("reader", "r", .read), ("writer", "r", [.read, .operate])])
    try Faces.use(configured: rules.configuration) { faces in
      try faces.create("r", "u8")
      let then = #"{"until":"ge:1","timeout_ms":0,"then":{"op":"inc"}}"#
      func status(_ name: String, _ target: String, _ body: String) -> Int {
        let token = ("authorization", "Bearer \(TokenRules.text(name))")
        return faces.http(.post, target, body, fields: [token]).status
      }
      #expect(status("reader", Self.wait, then) == 403)
      #expect(status("reader", "/v1/registers/other/wait", #"{"until":"ge:1"}"#) == 403)
      // Put off, that is.
      #expect(status("writer", Self.wait, then) == 0)
      #expect(status("reader", Self.wait, #"{"until":"ge:1"}"#) == 0)
    }
  }
}
