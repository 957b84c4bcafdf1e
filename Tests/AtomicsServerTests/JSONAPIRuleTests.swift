// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import Testing

@testable import AtomicsServer

/// What the interface promises, a row for each rule; ``JSONAPIErrorTests`` has what it refuses.
@Suite struct JSONAPIRuleTests {
  struct Rule: Sendable, CustomTestStringConvertible {
    let name: String
    let method: HTTPMethod
    let target: String
    let body: String
    let sent: [(String, String)]
    let status: Int
    /// The whole body; nil: any.
    let answer: String?
    /// Fields of the answer; nil: absent.
    let fields: [(String, String?)]
    /// The value of the register `n` afterwards.
    let value: String

    init(
      _ name: String, _ method: HTTPMethod, _ target: String, _ body: String = "",
      sent: [(String, String)] = [], gives status: Int, _ answer: String? = nil,
      fields: [(String, String?)] = [], value: String = "10"
    ) {
      (self.name, self.method, self.target, self.body) = (name, method, target, body)
      (self.sent, self.status, self.answer) = (sent, status, answer)
      (self.fields, self.value) = (fields, value)
    }

    var testDescription: String { name }
  }

  private static let n = "/v1/registers/n"
  private static let shown = #"{"name":"n","type":"u64","value":"10"}"#

  /// Values: exact, of every width, in the forms that are said.
  static let values: [Rule] = [
    Rule(
      "a value is a string at every width", .get, "/v1/registers/w", gives: 200,
      #"{"name":"w","type":"u128","value":"340282366920938463463374607431768211455"}"#),
    Rule(
      "16-byte values are added exactly", .post, "/v1/registers/w/sub",
      #"{"operand":340282366920938463463374607431768211454}"#, gives: 200,
      #"{"op":"sub","old":"340282366920938463463374607431768211455","new":"1"}"#),
    Rule(
      "bytes are lower-case hex of the whole width", .post, "/v1/registers/b/store",
      #"{"operand":"ABCDEF01"}"#, gives: 200, #"{"op":"store","value":"abcdef01"}"#),
    Rule(
      "floats are their shortest text", .post, "/v1/registers/f/store", #"{"operand":1e-1}"#,
      gives: 200,
      #"{"op":"store","value":"0.1"}"#),
    Rule(
      "infinity and NaN are strings", .post, "/v1/registers/f/exchange", #"{"operand":"-inf"}"#,
      gives: 200,
      #"{"op":"exchange","old":"0.5","new":"-inf"}"#),
    Rule(
      "a number is read exactly, however long", .post, "\(n)/store",
      #"{"operand":"\#(String(repeating: "0", count: 2000))18446744073709551615"}"#, gives: 200,
      #"{"op":"store","value":"18446744073709551615"}"#, value: "18446744073709551615"),
    Rule(
      "a JSON number beyond 2^53 is exact", .post, "\(n)/store", #"{"operand":9007199254740993}"#,
      gives: 200, #"{"op":"store","value":"9007199254740993"}"#, value: "9007199254740993"),
    Rule(
      "hex is an integer too", .post, "\(n)/add", #"{"operand":"0xfF"}"#, gives: 200,
      #"{"op":"add","old":"10","new":"265"}"#, value: "265"),
    Rule(
      "minus zero is zero", .post, "\(n)/store", #"{"operand":-0}"#, gives: 200,
      #"{"op":"store","value":"0"}"#, value: "0"),
    Rule(
      "a negative hex number is one", .post, "/v1/registers/i/store", #"{"operand":"-0x80"}"#,
      gives: 200,
      #"{"op":"store","value":"-128"}"#),
  ]

  /// A register as a resource.
  static let resources: [Rule] = [
    Rule(
      "a description has the value as its tag", .get, n, gives: 200, shown,
      fields: [
        ("etag", "\"10\""), ("cache-control", "no-store"), ("content-type", "application/json"),
      ]),
    Rule("HEAD is answered as GET", .head, n, gives: 200, shown, fields: [("etag", "\"10\"")]),
    Rule("a name is decoded once", .get, "/v1/registers/%6E", gives: 200, shown),
    Rule("a name is not decoded twice", .get, "/v1/registers/%256E", gives: 400),
    Rule(
      "a name may have slashes, encoded", .get, "/v1/registers/a%2fb", gives: 200,
      #"{"name":"a/b","type":"u8","value":"1"}"#),
    Rule("a load order may be said", .get, "\(n)?order=relaxed", gives: 200, shown),
    Rule(
      "the value alone has its line", .get, "\(n)/value?order=acquire", gives: 200, "10\n",
      fields: [
        ("etag", "\"10\""), ("cache-control", "no-store"),
        ("content-type", "text/plain; charset=utf-8"),
      ]),
    Rule(
      "HEAD of the value", .head, "\(n)/value", gives: 200, "10\n", fields: [("etag", "\"10\"")]),
    Rule(
      "a matching tag is 304, with the tag and no body", .get, n,
      sent: [("if-none-match", "\"10\"")], gives: 304, "",
      fields: [("etag", "\"10\""), ("cache-control", "no-store"), ("content-type", nil)]),
    Rule("304 for HEAD too", .head, n, sent: [("if-none-match", "\"10\"")], gives: 304, ""),
    Rule(
      "304 for the value too", .get, "\(n)/value", sent: [("if-none-match", "\"10\"")], gives: 304,
      ""),
    Rule("`*` is any value", .get, n, sent: [("if-none-match", "*")], gives: 304, ""),
    Rule(
      "a weak tag never matches", .get, n, sent: [("if-none-match", "W/\"10\"")], gives: 200, shown),
    Rule("a tag has quotes", .get, n, sent: [("if-none-match", "10")], gives: 200, shown),
    Rule(
      "a list of tags is refused", .get, n, sent: [("if-none-match", "\"1\",\"10\"")], gives: 400),
    Rule(
      "creation says where, and answers as GET", .put, "/v1/registers/x%2Fy:z",
      #"{"type":"i8","initial":-1,"label":"é","owner":18446744073709551615}"#, gives: 201,
      #"{"name":"x/y:z","type":"i8","value":"-1","label":"é","owner":"18446744073709551615"}"#,
      fields: [
        ("location", "/v1/registers/x%2Fy:z"), ("etag", "\"-1\""), ("cache-control", "no-store"),
      ]),
    Rule(
      "of a register that exists the other members are ignored", .put, n,
      #"{"type":"u64","initial":"5","label":"x","owner":"7"}"#, gives: 200, shown,
      fields: [("location", nil), ("etag", "\"10\"")]),
    Rule("another type is a conflict", .put, n, #"{"type":"i64"}"#, gives: 409),
    Rule(
      "a creation may be exclusive", .put, "/v1/registers/x", #"{"type":"u8"}"#,
      sent: [("if-none-match", "*")], gives: 201),
    Rule(
      "an exclusive creation fails on a register that exists", .put, n, #"{"type":"u64"}"#,
      sent: [("if-none-match", "*")], gives: 412),
    Rule(
      "whatever its type is", .put, n, #"{"type":"i8"}"#, sent: [("if-none-match", "*")], gives: 412
    ),
    Rule(
      "a label of 64 bytes", .put, "/v1/registers/x",
      #"{"type":"u8","label":"\#(String(repeating: "é", count: 32))"}"#, gives: 201),
    Rule(
      "a label of 65 bytes", .put, "/v1/registers/x",
      #"{"type":"u8","label":"\#(String(repeating: "é", count: 32))a"}"#, gives: 400),
    Rule(
      "no control characters beyond ASCII either", .put, "/v1/registers/x",
      #"{"type":"u8","label":"\u0085"}"#, gives: 400),
    Rule(
      "members of a creation may be in the query", .put, "/v1/registers/x?type=u8&initial=3",
      gives: 201,
      #"{"name":"x","type":"u8","value":"3"}"#),
    Rule(
      "a deletion says nothing", .delete, "/v1/registers/w", gives: 204, "",
      fields: [("etag", nil), ("content-type", nil)]),
    Rule("a deletion has no precondition", .delete, n, sent: [("if-match", "\"10\"")], gives: 400),
    Rule("and no members", .delete, "\(n)?force=1", gives: 400),
  ]

  /// The value alone, written.
  static let writes: [Rule] = [
    Rule(
      "a value is stored, white space around it ignored", .put, "\(n)/value", "\t 0x0b\r\n ",
      gives: 204,
      "", fields: [("etag", "\"11\""), ("cache-control", "no-store"), ("content-type", nil)],
      value: "11"),
    Rule(
      "a store order may be said", .put, "\(n)/value?order=release", "11", gives: 204, value: "11"),
    Rule(
      "a matching tag", .put, "\(n)/value", "11", sent: [("if-match", "\"10\"")], gives: 204, "",
      fields: [("etag", "\"11\"")], value: "11"),
    Rule(
      "without quotes", .put, "\(n)/value", "11", sent: [("if-match", "10")], gives: 204,
      value: "11"),
    Rule(
      "`*` is any value", .put, "\(n)/value", "11", sent: [("if-match", "*")], gives: 204,
      value: "11"),
    Rule(
      "`*` demands a register", .put, "/v1/registers/none/value", "1", sent: [("if-match", "*")],
      gives: 404),
    Rule("another tag", .put, "\(n)/value", "11", sent: [("if-match", "\"9\"")], gives: 412),
    Rule("a weak tag", .put, "\(n)/value", "11", sent: [("if-match", "W/\"10\"")], gives: 412),
    Rule(
      "a list of tags", .put, "\(n)/value", "11", sent: [("if-match", "\"9\", \"10\"")], gives: 400),
    Rule(
      "a compare-exchange has its orders", .put, "\(n)/value?order=acquire", "11",
      sent: [("if-match", "\"10\"")], gives: 204, value: "11"),
    Rule(
      "If-None-Match is not for a store", .put, "\(n)/value", "11",
      sent: [("if-none-match", "*")], gives: 400),
  ]

  /// Operations.
  static let operations: [Rule] = [
    Rule(
      "no body is no members", .post, "\(n)/inc", gives: 200,
      #"{"op":"inc","old":"10","new":"11"}"#,
      fields: [("cache-control", "no-store"), ("etag", nil)], value: "11"),
    Rule("an empty object too", .post, "\(n)/inc", " {} ", gives: 200, value: "11"),
    Rule(
      "`op` is the canonical name", .post, "\(n)/add-fetch?operand=1", gives: 200,
      #"{"op":"add_fetch","old":"10","new":"11"}"#, value: "11"),
    Rule(
      "a mismatch is no error", .post, "\(n)/cmpxchg_strong", #"{"expected":1,"desired":2}"#,
      gives: 200,
      #"{"op":"cmpxchg_strong","success":false,"old":"10","new":"10"}"#),
    Rule(
      "bits are Booleans", .post, "\(n)/bit_test_set?index=0", gives: 200,
      #"{"op":"bit_test_set","index":0,"old_bit":false,"new_bit":true}"#, value: "11"),
    Rule(
      "a bit read has one", .post, "\(n)/bit_test", #"{"index":"1"}"#, gives: 200,
      #"{"op":"bit_test","index":1,"old_bit":true}"#),
    Rule(
      "bit i of bytes is in byte i/8", .post, "/v1/registers/b/bit_test_set?index=9", gives: 200,
      #"{"op":"bit_test_set","index":9,"old_bit":false,"new_bit":true}"#),
    Rule(
      "load answers a value", .post, "\(n)/load", #"{"order":"acquire"}"#, gives: 200,
      #"{"op":"load","value":"10"}"#),
    Rule(
      "members may be in the query and the body", .post, "\(n)/add?order=relaxed",
      #"{"operand":"1"}"#, gives: 200, value: "11"),
    Rule(
      "escapes in names and values are read", .post, "\(n)/add",
      #"{"op\u0065rand":"\u0031"}"#, gives: 200, value: "11"),
    Rule("escapes in a query are read", .post, "\(n)/add?oper%61nd=%31&&", gives: 200, value: "11"),
    Rule(
      "a member is one by its meaning", .post, "\(n)/add", #"{"operand":1,"op\u0065rand":1}"#,
      gives: 400),
    Rule(
      "arithmetic may saturate", .post, "\(n)/add",
      #"{"operand":100,"overflow":"saturate","max":50}"#, gives: 200,
      #"{"op":"add","old":"10","new":"50"}"#, value: "50"),
    Rule(
      "or fail, and says the value", .post, "\(n)/sub", #"{"operand":11,"overflow":"fail"}"#,
      gives: 409),
    Rule("bounds need a policy", .post, "\(n)/add", #"{"operand":1,"max":50}"#, gives: 400),
    Rule(
      "plain JSON", .post, "\(n)/inc", "{}", sent: [("content-type", "application/json")],
      gives: 200,
      value: "11"),
    Rule(
      "with a parameter", .post, "\(n)/inc", "{}",
      sent: [("content-type", "Application/JSON ; charset=utf-8")], gives: 200, value: "11"),
    Rule(
      "text", .post, "\(n)/inc", "{}", sent: [("content-type", "text/plain")], gives: 200,
      value: "11"),
    Rule(
      "what curl calls it", .post, "\(n)/inc", "{}",
      sent: [("content-type", "application/x-www-form-urlencoded")], gives: 200, value: "11"),
    Rule(
      "a form with files is none", .post, "\(n)/inc", "{}",
      sent: [("content-type", "multipart/form-data")], gives: 415),
    Rule("sixteen levels are JSON", .post, "\(n)/add", nested(16), gives: 400),
  ]

  /// The text of an object with so many levels, itself counted.
  private static func nested(_ depth: Int) -> String {
    #"{"operand":"# + String(repeating: "[", count: depth - 1)
      + String(repeating: "]", count: depth - 1) + "}"
  }

  /// Every resource: what it may be asked, and in which form.
  static let requests: [Rule] = [
    Rule("HEAD of the list", .head, "/v1/registers", gives: 200),
    Rule("HEAD of the capabilities", .head, "/v1/capabilities", gives: 200),
    Rule(
      "HEAD of an operation", .head, "\(n)/inc", gives: 405, fields: [("allow", "POST, OPTIONS")]),
    Rule(
      "OPTIONS of a batch", .options, "/v1/batch", gives: 204, "",
      fields: [("allow", "POST, OPTIONS"), ("access-control-allow-origin", nil)]),
    Rule(
      "OPTIONS of the server", .options, "*", gives: 204, "",
      fields: [("allow", "GET, HEAD, PUT, POST, DELETE, OPTIONS")]),
    Rule(
      "OPTIONS of a register that is not there", .options, "/v1/registers/none", gives: 204, "",
      fields: [("allow", "GET, HEAD, PUT, DELETE, OPTIONS")]),
    Rule("OPTIONS of nothing", .options, "/nothing", gives: 404),
    Rule(
      "Accept that permits", .get, n, sent: [("accept", "text/html, application/*;q=0.1")],
      gives: 200),
    Rule("Accept that does not", .get, n, sent: [("accept", "text/html")], gives: 406),
    Rule(
      "before anything is done", .post, "\(n)/inc", sent: [("accept", "text/plain")], gives: 406),
    Rule(
      "nothing is ruled out where nothing is said", .put, "\(n)/value", "11",
      sent: [("accept", "text/html")], gives: 204, value: "11"),
    Rule("plain text", .get, "\(n)/value", sent: [("accept", "text/plain")], gives: 200),
    Rule("no content encoding", .get, n, sent: [("content-encoding", "gzip")], gives: 415),
    Rule("not even that", .delete, n, sent: [("content-encoding", "identity")], gives: 415),
    Rule(
      "the list has no precondition", .get, "/v1/registers", sent: [("if-none-match", "*")],
      gives: 400),
    Rule(
      "nor have the capabilities", .get, "/v1/capabilities", sent: [("if-match", "*")], gives: 400),
    Rule(
      "nor has a batch", .post, "/v1/batch", #"{"operations":[]}"#, sent: [("if-match", "*")],
      gives: 400),
    Rule("the capabilities have no members", .get, "/v1/capabilities?x=1", gives: 400),
    Rule("nor has health", .get, "/livez?x", gives: 400),
  ]

  /// The list.
  static let lists: [Rule] = [
    Rule(
      "by slot, with labels", .get, "/v1/registers?prefix=l", gives: 200,
      #"{"registers":[{"name":"l","type":"u8","value":"0","label":"é"}]}"#),
    Rule(
      "a page may be the last one", .get, "/v1/registers?prefix=none", gives: 200,
      #"{"registers":[]}"#),
    Rule(
      "a cursor beyond the end", .get, "/v1/registers?cursor=18446744073709551615", gives: 200,
      #"{"registers":[]}"#),
    Rule("a cursor is a number", .get, "/v1/registers?cursor=x", gives: 400),
    Rule("`+` is not a space", .get, "/v1/registers?prefix=+", gives: 200, #"{"registers":[]}"#),
    Rule(
      "an encoded prefix", .get, "/v1/registers?prefix=a%2F", gives: 200,
      #"{"registers":[{"name":"a/b","type":"u8","value":"1"}]}"#),
    Rule("the greatest page", .get, "/v1/registers?limit=1000&prefix=i", gives: 200),
    Rule("one prefix", .get, "/v1/registers?prefix=a&prefix=b", gives: 400),
  ]

  @Test(
    "the interface keeps its rules",
    arguments: values + resources + writes + operations + requests + lists)
  func keep(rule: Rule) throws {
    try Faces.use { faces in
      let n = try faces.create("n", "u64", "10")
      try faces.create("w", "u128", "340282366920938463463374607431768211455")
      try faces.create("i", "i8")
      try faces.create("f", "f64", "0.5")
      try faces.create("b", "bytes4")
      try faces.create("a/b", "u8", "1")
      #expect(faces.http(.put, "/v1/registers/l", #"{"type":"u8","label":"é"}"#).status == 201)
      let answer = faces.http(rule.method, rule.target, rule.body, fields: rule.sent)
      #expect(answer.status == rule.status, "\(answer.body)")
      if let body = rule.answer { #expect(answer.body == body) }
      for (name, value) in rule.fields { #expect(answer.fields.text(name) == value, "\(name)") }
      #expect(faces.value(n) == rule.value)
      guard rule.status >= 400 else { return }
      #expect(answer.fields.text("content-type") == "application/problem+json")
      #expect(answer.members["status"] as? Int == rule.status)
      #expect(answer.members["applied"] as? String == "no")
    }
  }

  @Test("the first of several mistakes in the order of checks is the one that is told")
  func order() throws {
    let rules = TokenRules([("reader", "a.", .read)])
    try Faces.use(configured: rules.configuration) { faces in
      try faces.create("a.n", "u8")
      let token = [("authorization", "Bearer \(TokenRules.text("reader"))")]
      let foreign = [("origin", "http://evil.example")]
      func slug(
        _ method: HTTPMethod, _ target: String, _ body: String, _ fields: [(String, String)],
        host: String = "localhost"
      ) -> String? {
        faces.http(method, target, body, fields: fields, authority: host).slug
      }
      let bad = #"{"oder":1}"#
      // Each row is wrong in all that the rows below it are.
      #expect(slug(.post, "/v1/registers/a%/nope", bad, foreign, host: "evil") == "misdirected")
      #expect(slug(.post, "/v1/registers/a%/nope", bad, foreign) == "forbidden")
      #expect(slug(.post, "/v1/registers/a%/nope", bad, []) == "unauthorized")
      #expect(slug(.post, "/v1/registers/a%/nope", bad, token) == "invalid-name")
      #expect(slug(.post, "/v1/registers/b/nope", bad, token) == "unknown-operation")
      #expect(slug(.post, "/v1/registers/b/add", "{", token) == "invalid-json")
      #expect(slug(.post, "/v1/registers/b/add", bad, token) == "unknown-member")
      #expect(
        slug(.post, "/v1/registers/b/add", #"{"operand":"x","order":"x"}"#, token)
          == "invalid-order")
      #expect(slug(.post, "/v1/registers/b/add", #"{"operand":"x"}"#, token) == "forbidden")
      #expect(
        slug(.put, "/v1/registers/a.m", #"{"type":"u8","initial":"x"}"#, token) == "forbidden")
      #expect(slug(.get, "/v1/registers/a.m", "", token) == "not-found")
      #expect(slug(.post, "/v1/registers/a.n/load", "", token) == nil)
    }
  }

  @Test("a failed precondition, and arithmetic out of bounds, say the value that is there")
  func found() throws {
    try Faces.use { faces in
      try faces.create("n", "u8", "7")
      let put = faces.http(.put, "/v1/registers/n/value", "1", fields: [("if-match", "\"x\"")])
      #expect(put.slug == "precondition-failed" && put.members["value"] as? String == "7")
      #expect(put.members["register"] as? String == "n")
      let sub = faces.http(.post, "/v1/registers/n/sub", #"{"operand":8,"overflow":"fail"}"#)
      #expect(sub.slug == "out-of-bounds" && sub.members["value"] as? String == "7")
      #expect(sub.members["op"] as? String == "sub")
      #expect(sub.members["register"] as? String == "n")
    }
  }

  @Test("pages follow one another by cursor until there is none, whatever may be read of them")
  func pages() throws {
    let rules = TokenRules([("reader", "a.", .read)])
    try Faces.use(configured: rules.configuration) { faces in
      let token = [("authorization", "Bearer \(TokenRules.text("reader"))")]
      for index in 0..<40 { try faces.create(index % 8 == 0 ? "a.\(index)" : "b.\(index)", "u8") }
      var seen: [String] = []
      var cursor: String? = "0"
      var pages = 0
      while let next = cursor, pages < 100 {
        let answer = faces.http(.get, "/v1/registers?limit=5&cursor=\(next)", fields: token)
        let registers = answer.members["registers"] as? [[String: String]]
        #expect(answer.status == 200 && (registers?.count ?? 6) <= 5)
        seen += registers?.compactMap { $0["name"] } ?? []
        cursor = answer.members["cursor"] as? String
        pages += 1
      }
      #expect(cursor == nil && pages > 5)
      #expect(Set(seen) == Set((0..<5).map { "a.\($0 * 8)" }) && seen.count == 5)
    }
  }
}
