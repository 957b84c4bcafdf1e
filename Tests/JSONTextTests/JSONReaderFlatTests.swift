// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import JSONText

/// Elements that are read in one go are the ones that are read token by token.
@Suite struct JSONReaderFlatTests {
  private static func array(_ text: String) throws -> (range: Range<Int>, count: Int, flat: Bool) {
    let members = try #require(try JSONReader.outline(of: Array(text.utf8)))
    let only = try #require(members.first)
    guard case .array(let count, let areFlat) = only.value else {
      Issue.record("\(only)")
      return (0..<0, 0, false)
    }
    return (only.range, count, areFlat)
  }

  @Test(
    "flat elements give the same members in one go as one by one",
    arguments: [
      #"{"x":"1"}"#, #"{ "name" : "a.b" , "n" : -12 ,"z":0}"#, "{\n\t\"a\":\"\"\r\n}",
      #"{"a":1,"a":2}"#, #"{"a":"~ }],{"}"#,
    ])
  func flat(element: String) throws {
    let text = #"{"o":[\#(element), \#(element),\#(element)]}"#
    let bytes = Array(text.utf8)
    let found = try Self.array(text)
    #expect(found.flat && found.count == 3)
    var slow = try JSONReader(elementsOf: bytes, in: found.range)
    var quick = try JSONReader(elementsOf: bytes, in: found.range)
    for _ in 0..<3 {
      var expected: [String] = []
      let kind = try slow.visitElement { name, value in
        guard case .plain(let name) = name else { return }
        switch value {
        case .string(.plain(let range)): expected.append("\(name) \(range) true")
        case .number(let range): expected.append("\(name) \(range) false")
        default: break
        }
      }
      var members: [String] = []
      let isThere = try quick.visitFlatElement { members.append("\($0) \($1) \($2)") }
      #expect(kind == .object && isThere && members == expected && !members.isEmpty)
      #expect(String(decoding: bytes[quick.elementRange], as: UTF8.self) == element)
    }
    let isOver = try slow.visitElement { _, _ in } == nil
    let isMore = try quick.visitFlatElement { _, _, _ in }
    #expect(isOver && !isMore)
  }

  @Test(
    "what is not flat is said to be so, and counted all the same",
    arguments: [
      "{}", #"{"a":true}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"a":[]}"#, #"{"a":1.0}"#,
      #"{"a":1e2}"#, #"{"\u0061":1}"#, #"{"a":"ä"}"#, #"{"a":"\n"}"#, "1", "[]", "\"x\"",
    ])
  func notFlat(element: String) throws {
    for text in ["[\(element)]", #"[{"a":1},\#(element)]"#, #"[\#(element),\#(element)]"#] {
      let found = try Self.array(#"{"o":\#(text)}"#)
      #expect(!found.flat)
      #expect(found.count == (text.contains("},") || text.contains(",") ? 2 : 1))
    }
  }

  @Test(
    "what is no JSON is none in a flat element, and behind one that came before",
    arguments: [
      #"{"a":01}"#, #"{"a":-}"#, #"{"a":"b"#, #"{"a" 1}"#, #"{"a":1,}"#, #"{a:1}"#, #"{"a":+1}"#,
      #"{"a":1}}"#, #"{"a":1}{"a":1}"#, #"{"a":"\#u{1}"}"#, #"{"a":1},"#,
    ])
  func broken(element: String) {
    for text in [element, #"{"a":1},\#(element)"#, #"{"a":1},{"a":1},\#(element)"#] {
      #expect(throws: JSONError.self, "\(text)") {
        try JSONReader.outline(of: Array(#"{"o":[\#(text)]}"#.utf8))
      }
    }
  }

  @Test("an element is the same only byte by byte to its end")
  func same() throws {
    let element = #"{"name":"abcdefgh","operand":"1"}"#
    let other = #"{"name":"abcdefgh","operand":"2"}"#
    let bytes = Array("[\(element),\(element),\(other), \(element)]".utf8)
    var reader = try JSONReader(elementsOf: bytes, in: 0..<bytes.count)
    var steps: [Bool] = [try reader.visitFlatElement { _, _, _ in }]
    let range = reader.elementRange
    #expect(range == 1..<(1 + element.utf8.count))
    steps.append(reader.skipElement(same: range))
    // Another one, and the same behind a space: both are read as any other.
    for _ in 0..<2 {
      steps.append(reader.skipElement(same: range))
      steps.append(try reader.visitFlatElement { _, _, _ in })
    }
    steps.append(reader.skipElement(same: range))
    steps.append(reader.skipElement(same: 0..<0))
    steps.append(try reader.visitFlatElement { _, _, _ in })
    #expect(steps == [true, true, false, true, false, true, false, false, false])
  }
}
