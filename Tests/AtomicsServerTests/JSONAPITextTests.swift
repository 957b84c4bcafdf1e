// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import RegisterService
import Testing

@testable import AtomicsServer

/// JSON of every kind through the face: what is no JSON, what is no value, and what is exact.
@Suite struct JSONAPITextTests {
  struct Text: Sendable, CustomTestStringConvertible {
    let name: String
    let body: [UInt8]
    /// Where the body stops being JSON.
    let position: Int

    init(_ name: String, _ body: String, at position: Int) {
      (self.name, self.body, self.position) = (name, Array(body.utf8), position)
    }

    /// `bytes` in a string.
    init(_ name: String, bytes: [UInt8]) {
      (self.name, body, position) = (name, Array(#"{"x":""#.utf8) + bytes + [0x22, 0x7D], 6)
    }

    var testDescription: String { name }
  }

  private static func nested(_ depth: Int, _ open: String, _ close: String) -> String {
    String(repeating: open, count: depth) + String(repeating: close, count: depth)
  }

  /// No JSON, wherever it is sent.
  static let texts: [Text] = [
    Text("white space", "\r\n\t ", at: 4),
    Text("half an object", #"{"operand":"1""#, at: 14),
    Text("a second object", "{} {}", at: 3),
    Text("a bracket too many", "{}}", at: 2),
    Text("NUL behind the object", "{}\0", at: 2),
    Text("NUL before the object", "\0{}", at: 0),
    Text("NUL in a string", "{\"x\":\"a\0\"}", at: 7),
    Text("a line end in a string", "{\"x\":\"a\n\"}", at: 7),
    Text("a byte-order mark", "\u{FEFF}{}", at: 0),
    Text("a byte-order mark behind", "{}\u{FEFF}", at: 2),
    Text("a space that is none", "{\u{A0}}", at: 1),
    Text("a line comment", "{} // x", at: 3),
    Text("a block comment", #"{/* x */"operand":1}"#, at: 1),
    Text("a hash comment", "# x\n{}", at: 0),
    Text("single quotes", "{'operand':1}", at: 1),
    Text("no quotes", "{operand:1}", at: 1),
    Text("a comma at the end", #"{"operand":1,}"#, at: 13),
    Text("a comma too many", #"{"operand":1,,"order":"relaxed"}"#, at: 13),
    Text("no comma", #"{"operand":1 "order":"relaxed"}"#, at: 13),
    Text("no value", #"{"operand":}"#, at: 11),
    Text("undefined", #"{"operand":undefined}"#, at: 11),
    Text("True", #"{"operand":True}"#, at: 11),
    Text("a plus sign", #"{"operand":+1}"#, at: 11),
    Text("zeros first", #"{"operand":007}"#, at: 11),
    Text("zeros behind a sign", #"{"operand":-00}"#, at: 11),
    Text("no digit before the point", #"{"operand":.5}"#, at: 11),
    Text("no digit behind the point", #"{"operand":1.}"#, at: 11),
    Text("no digit of an exponent", #"{"operand":1e}"#, at: 11),
    Text("a sign alone", #"{"operand":-}"#, at: 11),
    Text("two signs", #"{"operand":--1}"#, at: 11),
    Text("hex", #"{"operand":0x1F}"#, at: 12),
    Text("a digit separator", #"{"operand":1_000}"#, at: 12),
    Text("NaN", #"{"operand":NaN}"#, at: 11),
    Text("Infinity", #"{"operand":Infinity}"#, at: 11),
    Text("-Infinity", #"{"operand":-Infinity}"#, at: 11),
    Text("inf", #"{"operand":inf}"#, at: 11),
    Text("a high surrogate alone", #"{"x":"\ud800"}"#, at: 6),
    Text("a low surrogate alone", #"{"x":"\udc00"}"#, at: 6),
    Text("surrogates the wrong way round", #"{"x":"\udc00\ud800"}"#, at: 6),
    Text("a high surrogate twice", #"{"x":"\ud800\ud800"}"#, at: 6),
    Text("a surrogate in a name", #"{"\ud800":1}"#, at: 2),
    Text("an unknown escape", #"{"x":"\a"}"#, at: 6),
    Text("an escape of hex", #"{"x":"\x41"}"#, at: 6),
    Text("half an escape", #"{"x":"\u004"}"#, at: 6),
    Text("17 arrays", #"{"x":"# + nested(17, "[", "]") + "}", at: 20),
    Text("17 objects", nested(17, #"{"x":"#, "}"), at: 80),
    Text("100,000 arrays", nested(100_000, "[", "]"), at: 16),
    Text("arrays without an end", String(repeating: "[", count: 100_000), at: 16),
    Text("a continuation byte", bytes: [0x80]),
    Text("a slash of two bytes", bytes: [0xC0, 0xAF]),
    Text("NUL of two bytes", bytes: [0xC0, 0x80]),
    Text("a slash of three bytes", bytes: [0xE0, 0x80, 0xAF]),
    Text("a slash of four bytes", bytes: [0xF0, 0x80, 0x80, 0xAF]),
    Text("a surrogate in UTF-8", bytes: [0xED, 0xA0, 0x80]),
    Text("a pair of them", bytes: [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80]),
    Text("beyond U+10FFFF", bytes: [0xF4, 0x90, 0x80, 0x80]),
    Text("five bytes", bytes: [0xF8, 0x88, 0x80, 0x80, 0x80]),
    Text("half a character", bytes: [0xE2, 0x82]),
    Text("Latin 1", bytes: [0xE9]),
    Text("UTF-16", bytes: [0xFF, 0xFE]),
  ]

  @Test("what is no JSON is refused with its place, and not sent back", arguments: texts)
  func refuse(text: Text) throws {
    try Faces.use { faces in
      let register = try faces.create("r", "u8", "7")
      for (method, target) in [
        (.post, "/v1/registers/r/add"), (.put, "/v1/registers/r"), (.post, "/v1/registers/r/wait"),
        (.post, "/v1/batch"),
      ] as [(HTTPMethod, String)] {
        let answer = faces.http(method, target, bytes: text.body)
        #expect((answer.status, answer.slug) == (400, "invalid-json"), "\(answer.body)")
        let detail = answer.members["detail"] as? String ?? ""
        #expect(detail.hasSuffix("(byte \(text.position))"), "\(target): \(detail)")
        #expect(answer.members["applied"] as? String == "no" && answer.body.utf8.count < 400)
      }
      #expect(faces.value(register) == "7")
    }
  }

  @Test(
    "JSON that is no object", arguments: ["[]", "[{}]", "7", "\"{}\"", "null", "true", "-0.5e3"])
  func noObject(body: String) throws {
    try Faces.use { faces in
      try faces.create("r", "u8", "7")
      for target in ["r/add", "r/inc", "r/wait"].map({ "/v1/registers/\($0)" }) + ["/v1/batch"] {
        let answer = faces.http(.post, target, body)
        #expect((answer.status, answer.slug) == (400, "invalid-value"), "\(target) \(answer.body)")
      }
    }
  }

  /// A request whose members are wrong, and the problem that names the one to blame.
  struct Wrong: Sendable, CustomTestStringConvertible {
    let target: String
    let body: String
    let slug: String
    let member: String

    init(_ target: String, _ body: String, _ slug: String, _ member: String) {
      (self.target, self.body, self.slug, self.member) = (target, body, slug, member)
    }

    var testDescription: String { "\(target) \(body.prefix(80)) → \(slug)" }
  }

  private static let million = String(repeating: "9", count: 1_000_000)

  static let wrong: [Wrong] = [
    // Twice, in whatever spelling.
    Wrong("r/add", #"{"operand":1,"operand":1}"#, "duplicate-member", "operand"),
    Wrong("r/add", #"{"operand":1,"\u006fperand":1}"#, "duplicate-member", "operand"),
    Wrong("r/add", #"{"\u006f\u0070erand":1,"oper\u0061nd":1}"#, "duplicate-member", "operand"),
    Wrong("r/add?operand=1", #"{"\u006fperand":1}"#, "duplicate-member", "operand"),
    Wrong("r/add", #"{"operand":1,"order":"relaxed","order":null}"#, "duplicate-member", "order"),
    Wrong(
      "r/wait", #"{"until":"changed","until":"changed"}"#, "duplicate-member", "until"),
    Wrong(
      "/v1/batch", #"{"operations":[],"operati\u006fns":[]}"#, "duplicate-member", "operations"),
    // Unknown, whatever their values are.
    Wrong("r/add", #"{"operand":1,"Operand":1}"#, "unknown-member", "Operand"),
    Wrong("r/add", #"{"operand":1,"operand ":1}"#, "unknown-member", "operand "),
    Wrong("r/add", #"{"operand":1,"":1}"#, "unknown-member", ""),
    Wrong("r/add", #"{"operand":1,"operand\u0000":1}"#, "unknown-member", "operand\0"),
    Wrong("r/add", #"{"operand":1,"öper":{"a":[{}]}}"#, "unknown-member", "öper"),
    Wrong("r/add", #"{"operand":1,"\ud83d\ude00":null}"#, "unknown-member", "😀"),
    Wrong("r/add", #"{"operand":1,"expected":1}"#, "unknown-member", "expected"),
    Wrong(
      "r/add", #"{"operand":1,"\#(million)":1}"#, "unknown-member", String(million.prefix(64))),
    Wrong("/v1/batch", #"{"operations":[],"x":1}"#, "unknown-member", "x"),
    // Of another kind.
    Wrong("r/add", #"{"operand":{}}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":[]}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":false}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":null}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":1,"order":1}"#, "invalid-value", "order"),
    Wrong("r/add", #"{"operand":1,"order":["relaxed"]}"#, "invalid-value", "order"),
    Wrong("r/add", #"{"operand":1,"order":""}"#, "invalid-order", "order"),
    Wrong("r/add", #"{"operand":1,"order":"relaxed\u0000"}"#, "invalid-order", "order"),
    Wrong("r/add", #"{"operand":1,"overflow":true}"#, "invalid-value", "overflow"),
    Wrong("r/add", #"{"operand":1,"overflow":"fail","max":{}}"#, "invalid-value", "max"),
    Wrong("r/add", #"{"operand":1,"create":8}"#, "invalid-value", "create"),
    Wrong("r/bit_set", #"{"index":true}"#, "invalid-value", "index"),
    Wrong("r/bit_set", #"{"index":1.0}"#, "invalid-value", "index"),
    Wrong("r/bit_set", #"{"index":1e0}"#, "invalid-value", "index"),
    Wrong("r/bit_set", #"{"index":-0}"#, "invalid-value", "index"),
    Wrong("r/bit_set", #"{"index":""}"#, "invalid-value", "index"),
    Wrong("r/bit_set", #"{"index":\#(million)}"#, "value-out-of-range", "index"),
    Wrong("r/wait", #"{"until":10}"#, "invalid-value", "until"),
    Wrong("r/wait", #"{"until":"ge:"}"#, "invalid-value", "until"),
    Wrong("r/wait", #"{"until":"ge:+7"}"#, "invalid-value", "until"),
    Wrong("r/wait", #"{"until":"ge:\u0037x"}"#, "invalid-value", "until"),
    Wrong("r/wait", #"{"until":"changed","timeout_ms":"1s"}"#, "invalid-value", "timeout_ms"),
    Wrong("r/wait", #"{"until":"changed","timeout_ms":-1}"#, "invalid-value", "timeout_ms"),
    Wrong(
      "r/wait", #"{"until":"changed","timeout_ms":18446744073709551616}"#, "value-out-of-range",
      "timeout_ms"),
    Wrong("r/wait", #"{"until":"changed","then":"inc"}"#, "invalid-value", "then"),
    Wrong("r/wait", #"{"until":"changed","then":[{"op":"inc"}]}"#, "invalid-value", "then"),
    Wrong("/v1/batch", #"{"operations":{}}"#, "invalid-value", "operations"),
    Wrong("/v1/batch", #"{"operations":null}"#, "invalid-value", "operations"),
    Wrong(
      "/v1/batch", #"{"operations":[],"stop_on_error":"true"}"#, "invalid-value", "stop_on_error"),
    Wrong("/v1/batch", #"{"operations":[],"stop_on_error":1}"#, "invalid-value", "stop_on_error"),
    // No number of an integer.
    Wrong("r/add", #"{"operand":1E2}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":1.0}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":1e400}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"1E2"}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"0x"}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"--1"}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"1\u0000"}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"１"}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"NaN"}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":""}"#, "invalid-value", "operand"),
    Wrong("r/add", #"{"operand":"\#(million)x"}"#, "invalid-value", "operand"),
    // No number of its width.
    Wrong("r/add", #"{"operand":256}"#, "value-out-of-range", "operand"),
    Wrong("r/add", #"{"operand":\#(million)}"#, "value-out-of-range", "operand"),
    Wrong("r/add", #"{"operand":"0x\#(million)"}"#, "value-out-of-range", "operand"),
    Wrong(
      "u128/add", #"{"operand":340282366920938463463374607431768211456}"#, "value-out-of-range",
      "operand"),
    Wrong("u128/add", #"{"operand":-1}"#, "value-out-of-range", "operand"),
    Wrong(
      "i128/store", #"{"operand":170141183460469231731687303715884105728}"#, "value-out-of-range",
      "operand"),
    Wrong(
      "i128/store", #"{"operand":-170141183460469231731687303715884105729}"#, "value-out-of-range",
      "operand"),
    // No number of a float.
    Wrong("f64/store", #"{"operand":1e400}"#, "value-out-of-range", "operand"),
    Wrong("f64/store", #"{"operand":"-1e309"}"#, "value-out-of-range", "operand"),
    Wrong("f64/store", #"{"operand":\#(million)}"#, "value-out-of-range", "operand"),
    Wrong("f32/store", #"{"operand":3.5e38}"#, "value-out-of-range", "operand"),
    Wrong("f64/store", #"{"operand":"Infinity"}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":"nan"}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":"+inf"}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":"0x1p3"}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":".5"}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":"1."}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":" 1"}"#, "invalid-value", "operand"),
    Wrong("f64/store", #"{"operand":""}"#, "invalid-value", "operand"),
    Wrong("bytes4/store", #"{"operand":12345678901}"#, "invalid-value", "operand"),
    Wrong("bytes4/store", #"{"operand":"0x12345678"}"#, "invalid-value", "operand"),
    Wrong("bytes4/store", #"{"operand":"1234567g"}"#, "invalid-value", "operand"),
  ]

  private static let registers = [
    ("r", "u8", "7"), ("u128", "u128", "1"), ("i128", "i128", "1"), ("f32", "f32", "1"),
    ("f64", "f64", "1"), ("bytes4", "bytes4", "01020304"),
  ]

  @Test("the member to blame is named, and nothing is done", arguments: wrong)
  func name(row wrong: Wrong) throws {
    try Faces.use { faces in
      let all = try Self.registers.map { ($0.2, try faces.create($0.0, $0.1, $0.2)) }
      let target = wrong.target.hasPrefix("/") ? wrong.target : "/v1/registers/\(wrong.target)"
      let answer = faces.http(.post, target, wrong.body)
      #expect((answer.status, answer.slug) == (400, wrong.slug), "\(answer.body)")
      #expect(answer.members["member"] as? String == wrong.member, "\(answer.body)")
      #expect(answer.members["applied"] as? String == "no" && answer.body.utf8.count < 1000)
      for (value, register) in all { #expect(faces.value(register) == value) }
    }
  }

  @Test("an operation of a batch is wrong as one of its own is, and named", arguments: wrong)
  func nameInBatch(row wrong: Wrong) throws {
    guard !wrong.target.contains("?"), !wrong.target.hasSuffix("/wait"),
      wrong.target != "/v1/batch"
    else { return }
    try Faces.use { faces in
      let all = try Self.registers.map { ($0.2, try faces.create($0.0, $0.1, $0.2)) }
      let parts = wrong.target.split(separator: "/")
      let body =
        #"{"operations":[{"name":"\#(parts[0])","op":"\#(parts[1])","#
        + wrong.body.dropFirst() + "]}"
      let answer = faces.http(.post, "/v1/batch", body)
      #expect(answer.status == 200, "\(answer.body.prefix(1000))")
      let result = (answer.members["results"] as? [[String: any Sendable]])?.first ?? [:]
      #expect(result["type"] as? String == "/problems/\(wrong.slug)", "\(result)")
      #expect(result["member"] as? String == "operations[0].\(wrong.member)", "\(result)")
      for (value, register) in all { #expect(faces.value(register) == value) }
    }
  }

  /// A value as it is written in JSON, and as it is from then on.
  struct Exact: Sendable, CustomTestStringConvertible {
    let type: String
    let json: String
    let value: String

    init(_ type: String, _ json: String, _ value: String) {
      (self.type, self.json, self.value) = (type, json, value)
    }

    var testDescription: String { "\(type) \(json.prefix(80))" }
  }

  static let exactValues: [Exact] = [
    Exact(
      "u128", "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
    Exact(
      "u128", #""0xffffffffffffffffffffffffffffffff""#, "340282366920938463463374607431768211455"),
    Exact(
      "i128", "-170141183460469231731687303715884105728",
      "-170141183460469231731687303715884105728"),
    Exact(
      "i128", "170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
    Exact(
      "i128", #""-0x80000000000000000000000000000000""#, "-170141183460469231731687303715884105728"),
    Exact("u64", "18446744073709551615", "18446744073709551615"),
    Exact("i64", "-9223372036854775808", "-9223372036854775808"),
    Exact("i64", "9007199254740993", "9007199254740993"),
    Exact("u8", "255", "255"), Exact("i8", "-128", "-128"), Exact("i8", "-0", "0"),
    Exact("u8", "0", "0"), Exact("u8", #""-0""#, "0"), Exact("u8", #""007""#, "7"),
    Exact("u8", #""0XfF""#, "255"), Exact("u8", #""\u0037""#, "7"),
    Exact("u8", "\"\(String(repeating: "0", count: 100_000))7\"", "7"),
    Exact("f64", "0.1", "0.1"), Exact("f64", "1E2", "100"), Exact("f64", "1e2", "100"),
    Exact("f64", "-0", "-0"), Exact("f64", "-0.0e-0", "-0"), Exact("f64", "0e999999", "0"),
    Exact("f64", "5e-324", "5e-324"), Exact("f64", "1e-400", "0"),
    Exact("f64", "2.2250738585072014e-308", "2.2250738585072014e-308"),
    Exact("f64", "1.7976931348623157e308", "1.7976931348623157e+308"),
    Exact("f64", "9007199254740993", "9007199254740992"),
    Exact("f64", "0.1000000000000000055511151231257827021181583404541015625", "0.1"),
    Exact("f64", "0.\(String(repeating: "0", count: 100_000))1e100001", "1"),
    Exact("f64", "1\(String(repeating: "0", count: 100_000))e-100000", "1"),
    Exact("f64", #""NaN""#, "NaN"), Exact("f64", #""-inf""#, "-inf"),
    Exact("f64", #""1e2""#, "100"),
    Exact("f32", "0.1", "0.1"), Exact("f32", "16777217", "16777216"),
    Exact("f32", "1.00000017881393432617187499", "1.0000001"),
    Exact("f32", "1e-45", "1e-45"), Exact("f32", "3.4028235e38", "3.4028235e+38"),
    Exact("bytes4", #""DEADbeef""#, "deadbeef"), Exact("bytes4", "12345678", "12345678"),
    Exact("bytes1", #""\u0030f""#, "0f"),
  ]

  @Test("a value is exact, in an operation, a creation, a batch and alone", arguments: exactValues)
  func keep(row: Exact) throws {
    try Faces.use { faces in
      for (name, target, body, method) in [
        ("a", "/v1/registers/a/store", #"{"operand":\#(row.json)}"#, .post),
        ("b", "/v1/registers/b", #"{"type":"\#(row.type)","initial":\#(row.json)}"#, .put),
        (
          "c", "/v1/batch", #"{"operations":[{"name":"c","op":"store","operand":\#(row.json)}]}"#,
          .post
        ),
      ] as [(String, String, String, HTTPMethod)] {
        if name != "b" { try faces.create(name, row.type) }
        let answer = faces.http(method, target, body)
        #expect(answer.status == 200 || answer.status == 201, "\(target) \(answer.body)")
        #expect(answer.body.contains(#""value":"\#(row.value)""#), "\(target) \(answer.body)")
        let again = faces.http(.get, "/v1/registers/\(name)/value")
        #expect(again.body == row.value + "\n")
        // What was answered can be sent.
        let path = "/v1/registers/\(name)/value"
        #expect(faces.http(.put, path, again.body).status == 204)
        #expect(faces.http(.get, path).body == row.value + "\n")
      }
    }
  }

  @Test("a label is any text, escaped or not, and comes back as it was")
  func labels() throws {
    try Faces.use { faces in
      let rows =
        [
          (#""\u0041\n""#, nil), (#""\u007f""#, nil), (#""\u0000""#, nil), (#""\u0085""#, nil),
          (#""""#, nil), (#""\ud83d\ude00""#, "😀"), ("\"é\"", "é"), (#""\"\\\/""#, "\"\\/"),
          (#""</script>""#, "</script>"), (#""\u2028""#, "\u{2028}"),
        ] as [(String, String?)]
      for (index, (json, label)) in rows.enumerated() {
        let path = "/v1/registers/l\(index)"
        let answer = faces.http(.put, path, #"{"type":"u8","label":\#(json)}"#)
        let isRefused = label == nil && json != #""""#
        #expect(answer.status == (isRefused ? 400 : 201), "\(json) \(answer.body)")
        if isRefused { #expect(answer.members["member"] as? String == "label") }
        let shown = faces.http(.get, path).members["label"] as? String
        #expect(shown == label, "\(json)")
      }
    }
  }
}
