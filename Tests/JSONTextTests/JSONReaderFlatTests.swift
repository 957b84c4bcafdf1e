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

  @Test("an element is like another one byte by byte, but for one string")
  func alike() throws {
    let first = #"{"name":"abcdefgh","operand":"1"}"#
    let renamed = #"{"name":"x","operand":"1"}"#
    let bytes = Array(
      (#"[\#(first),\#(first),\#(renamed),{"name":"x","operand":"2"}, \#(first),"#
        + #"{"name":"\u0061","operand":"1"},{"name":"é","operand":"1"},\#(first)]"#).utf8)
    var reader = try JSONReader(elementsOf: bytes, in: 0..<bytes.count)
    let isThere = try reader.visitFlatElement { _, _, _ in }
    let range = reader.elementRange
    #expect(isThere && range == 1..<(1 + first.utf8.count))
    let hole = 10..<18
    for (element, name) in [(first, "abcdefgh"), (renamed, "x")] {
      let next = try #require(reader.nextElement(like: range, but: hole))
      #expect(String(decoding: bytes[next.range], as: UTF8.self) == element)
      #expect(String(decoding: bytes[next.hole], as: UTF8.self) == name)
      reader.skipElement(next.range)
    }
    // Another operand, a space before it, an escape, no ASCII: all are read as any other.
    for _ in 0..<4 {
      #expect(reader.nextElement(like: range, but: hole) == nil)
      let kind = try reader.visitElement { _, _ in }
      #expect(kind == .object)
    }
    let last = try #require(reader.nextElement(like: range, but: hole))
    reader.skipElement(last.range)
    #expect(reader.nextElement(like: range, but: hole) == nil)
    #expect(reader.nextElement(like: 0..<0, but: 0..<0) == nil)
    let end = try reader.visitElement { _, _ in }
    #expect(end == nil)
  }

  @Test("an element that only begins like another one, or is cut short, is none like it")
  func cutShort() throws {
    let element = #"{"a":"b","c":1}"#
    for length in 0..<element.utf8.count {
      let text = "[\(element),\(element.prefix(length))"
      var reader = try JSONReader(elementsOf: Array(text.utf8), in: 0..<text.utf8.count)
      _ = try reader.visitFlatElement { _, _, _ in }
      #expect(reader.nextElement(like: reader.elementRange, but: 6..<7) == nil)
    }
  }
}
