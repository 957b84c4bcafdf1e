// SPDX-License-Identifier: Apache-2.0
import JSONText
import Testing

@Suite struct JSONReaderMembersTests {
  @Test("the members of an object come in order, typed, with their ranges")
  func members() throws {
    let text = #" {"a":"x", "b": -1.50 ,"a":true,"c":null,"d":{"e":[1]},"f":[{}]} "#
    let bytes = Array(text.utf8)
    let members = try #require(try JSONReader.members(of: bytes))
    #expect(members.map(\.name) == ["a", "b", "a", "c", "d", "f"])
    #expect(
      members.map(\.value) == [
        .string("x"), .number("-1.50"), .bool(true), .null, .object, .array,
      ])
    #expect(
      members.map { String(decoding: bytes[$0.range], as: UTF8.self) }
        == ["\"x\"", "-1.50", "true", "null", #"{"e":[1]}"#, "[{}]"])
  }

  @Test("an empty object has no members", arguments: ["{}", " { } "])
  func empty(text: String) throws {
    #expect(try JSONReader.members(of: Array(text.utf8)) == [])
  }

  @Test("a valid text that is no object is nil", arguments: ["[]", "[{}]", "1", "\"{}\"", "null"])
  func noObject(text: String) throws {
    #expect(try JSONReader.members(of: Array(text.utf8)) == nil)
  }

  @Test(
    "the whole text is checked before anything is answered",
    arguments: [
      "", " ", "{", "{}x", "[1", "[]]", "1 1", #"{"oder":1"#, #"{"a":[1,]}"#, #"{"a":{"b"}}"#,
    ])
  func invalid(text: String) {
    #expect(throws: JSONError.self) { try JSONReader.members(of: Array(text.utf8)) }
  }

  @Test("the elements of an array inside an object are read one by one")
  func elements() throws {
    let bytes = Array(#"{"operations":[ {"op":"inc"} ,{"op":"load"}, 7 ]}"#.utf8)
    let member = try #require(try JSONReader.members(of: bytes)?.first)
    let ranges = try #require(try JSONReader.elements(of: bytes, range: member.range))
    #expect(
      ranges.map { String(decoding: bytes[$0], as: UTF8.self) }
        == [#"{"op":"inc"}"#, #"{"op":"load"}"#, "7"])
    #expect(
      try JSONReader.members(of: bytes, range: ranges[1])?.first?.value == .string("load"))
    #expect(try JSONReader.members(of: bytes, range: ranges[2]) == nil)
    #expect(try JSONReader.elements(of: bytes, range: ranges[0]) == nil)
  }

  @Test("an object inside an object is told by where it stands, and visited there")
  func nested() throws {
    let text = Array(#"{"a":1,"then":{"op":"sub","more":{"b":[{}]}},"list":[{}]}"#.utf8)
    func visit(_ range: Range<Int>) throws -> [JSONScalar] {
      var values: [JSONScalar] = []
      #expect(try JSONReader.visitMembers(of: text, range: range) { values.append($1) })
      return values
    }
    let values = try visit(0..<text.count)
    guard case .object(let range) = values[1] else { return #expect(Bool(false), "no object") }
    #expect(String(decoding: text[range], as: UTF8.self) == #"{"op":"sub","more":{"b":[{}]}}"#)
    #expect(values[2] == .other)
    let inner = try visit(range)
    guard case .string(.plain(let word)) = inner[0] else { return #expect(Bool(false)) }
    #expect(String(decoding: text[word], as: UTF8.self) == "sub" && inner.count == 2)
  }

  @Test("a range outside the text is clamped, not followed")
  func range() {
    let bytes = Array("[1]".utf8)
    #expect(throws: JSONError.self) { try JSONReader.elements(of: bytes, range: 5..<9) }
    #expect(throws: Never.self) { try JSONReader.elements(of: bytes, range: 0..<99) }
  }
}
