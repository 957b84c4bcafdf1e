// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsClient

@Suite struct EventStreamReaderTests {
  /// The events of `text`, as "TYPE|DATA", with the text cut at `cuts`.
  private func events(_ text: String, cuts: [Int] = []) throws -> [String] {
    let bytes = Array(text.utf8)
    var reader = EventStreamReader()
    var found: [EventStreamReader.Event] = []
    var start = 0
    for end in cuts + [bytes.count] {
      try reader.take(Array(bytes[start..<end]).span, into: &found)
      start = end
    }
    return found.map { "\($0.type)|\(String(decoding: $0.data, as: UTF8.self))" }
  }

  @Test(
    "fields make events",
    arguments: [
      ("data: a\n\n", ["message|a"]),
      ("event: change\ndata: a\n\n", ["change|a"]),
      ("data: a\nevent: change\n\n", ["change|a"]),
      ("event: a\nevent: b\ndata:x\n\n", ["b|x"]),
      // One space behind the colon is no part of the value.
      ("event:change\ndata:  a \n\n", ["change| a "]),
      ("data: a\ndata:\ndata: b\n\n", ["message|a\n\nb"]),
      ("data\ndata\n\n", ["message|\n"]),
      ("data: a:b\n\n", ["message|a:b"]),
      // Without data there is no event, and its type is nobody's.
      ("event: change\n\ndata: a\n\n", ["message|a"]),
      ("data\n\n", []), ("data:\n\n", []),
      // Nor without an end.
      ("data: a\n", []), ("data: a", []),
      (":\n\n: comment\n:data: x\n\ndata: a\n:\n\n", ["message|a"]),
      ("id: 1\nretry: 10\nevents: x\n data: y\nDATA: z\ndatas\n\ndata: a\n\n", ["message|a"]),
      ("\u{FEFF}data: a\n\n", ["message|a"]), ("\n\u{FEFF}data: a\n\n", []),
      ("data: ä\u{0}\n\n", ["message|ä\u{0}"]),
      ("\n\n\ndata: a\n\n\n\ndata: b\n\n", ["message|a", "message|b"]),
    ])
  func reads(text: String, expected: [String]) throws {
    // Lines may end in three ways, and the text anywhere.
    for end in ["\n", "\r\n", "\r"] {
      let text = end == "\n" ? text : String(text.flatMap { $0 == "\n" ? Array(end) : [$0] })
      let expected = expected
      #expect(try events(text) == expected, "\(text.debugDescription)")
      let count = text.utf8.count
      for cut in 0...count {
        #expect(try events(text, cuts: [cut]) == expected, "\(text.debugDescription) at \(cut)")
      }
      #expect(try events(text, cuts: Array(0...count)) == expected)
    }
  }

  @Test("what comes before an end is bounded: a line, and the data of an event")
  func bounds() throws {
    let limit = EventStreamReader.byteLimit
    let longest = String(repeating: "a", count: limit - 6)
    #expect(try events("data: \(longest)\n\n").count == 1)
    #expect(throws: EventStreamReader.Malformed.self) { try events("data: \(longest)a") }
    #expect(throws: EventStreamReader.Malformed.self) { try events(":\(longest)aaaaaa") }
    let line = "data: " + String(repeating: "a", count: 1023) + "\n"
    #expect(try events(String(repeating: line, count: limit / 1024) + "\n").count == 1)
    #expect(throws: EventStreamReader.Malformed.self) {
      try events(String(repeating: line, count: limit / 1024 + 1))
    }
    // Not the stream.
    #expect(try events(String(repeating: line + "\n", count: 200)).count == 200)
  }

  @Test("a type that is no text is refused")
  func refuses() throws {
    var reader = EventStreamReader()
    var found: [EventStreamReader.Event] = []
    #expect(throws: EventStreamReader.Malformed.self) {
      try reader.take(
        Array("event: ".utf8 + [0xFF] + Array("\ndata: a\n\n".utf8)).span, into: &found)
    }
  }
}
