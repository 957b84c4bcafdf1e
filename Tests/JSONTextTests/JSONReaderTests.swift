// SPDX-License-Identifier: Apache-2.0
import JSONText
import Testing

@Suite struct JSONReaderTests {
  /// All tokens of a text, `.end` left out.
  static func tokens(_ bytes: [UInt8]) throws(JSONError) -> [JSONToken] {
    var reader = JSONReader(bytes)
    var tokens: [JSONToken] = []
    while true {
      let token = try reader.next()
      if token == .end { return tokens }
      tokens.append(token)
    }
  }

  static func error(_ bytes: [UInt8]) -> JSONError? {
    do throws(JSONError) {
      _ = try tokens(bytes)
      return nil
    } catch {
      return error
    }
  }

  static let accepted: [(String, [JSONToken])] = [
    ("null", [.null]),
    (" \t\r\n true \n", [.bool(true)]),
    ("false", [.bool(false)]),
    ("0", [.number("0")]),
    ("-0", [.number("-0")]),
    ("-0.0e-0", [.number("-0.0e-0")]),
    ("12.50E+07", [.number("12.50E+07")]),
    ("1e999", [.number("1e999")]),
    (
      "340282366920938463463374607431768211456",
      [.number("340282366920938463463374607431768211456")]
    ),
    ("\"\"", [.string("")]),
    ("\"a b\"", [.string("a b")]),
    (#""\"\\\/\b\f\n\r\t""#, [.string("\"\\/\u{8}\u{C}\n\r\t")]),
    (#""\u0041\u00e9\u20AC\uD83D\uDE00""#, [.string("Aé€😀")]),
    (#""\u0000""#, [.string("\0")]),
    (#""\uFFFF\uDBFF\uDFFF""#, [.string("\u{FFFF}\u{10FFFF}")]),
    ("\"é😀\u{7F}\"", [.string("é😀\u{7F}")]),
    ("[]", [.beginArray, .endArray]),
    ("{}", [.beginObject, .endObject]),
    (
      " [ 1 , [ ] , { } ] ",
      [.beginArray, .number("1"), .beginArray, .endArray, .beginObject, .endObject, .endArray]
    ),
    (
      #"{"a":1,"a" : [{"b":null}],"":"x"}"#,
      [
        .beginObject, .name("a"), .number("1"), .name("a"), .beginArray, .beginObject, .name("b"),
        .null, .endObject, .endArray, .name(""), .string("x"), .endObject,
      ]
    ),
  ]

  @Test("a valid text gives its tokens", arguments: accepted)
  func accept(text: String, tokens: [JSONToken]) throws {
    #expect(try Self.tokens(Array(text.utf8)) == tokens)
  }

  static let refused: [(String, JSONError)] = [
    ("", JSONError(.endOfText, at: 0)),
    (" \n\t", JSONError(.endOfText, at: 3)),
    ("\u{FEFF}{}", JSONError(.byteOrderMark, at: 0)),
    ("\u{FEFF}", JSONError(.byteOrderMark, at: 0)),
    ("{} {}", JSONError(.trailingBytes, at: 3)),
    ("1 2", JSONError(.trailingBytes, at: 2)),
    ("null\0", JSONError(.trailingBytes, at: 4)),
    ("{}]", JSONError(.trailingBytes, at: 2)),
    ("nul", JSONError(.endOfText, at: 3)),
    ("nulL", JSONError(.unexpectedByte, at: 3)),
    ("True", JSONError(.unexpectedByte, at: 0)),
    ("NaN", JSONError(.unexpectedByte, at: 0)),
    ("Infinity", JSONError(.unexpectedByte, at: 0)),
    ("-Infinity", JSONError(.invalidNumber, at: 0)),
    ("+1", JSONError(.unexpectedByte, at: 0)),
    (".5", JSONError(.unexpectedByte, at: 0)),
    ("01", JSONError(.invalidNumber, at: 0)),
    ("-01", JSONError(.invalidNumber, at: 0)),
    ("0x10", JSONError(.trailingBytes, at: 1)),
    ("1.", JSONError(.endOfText, at: 2)),
    ("1.e5", JSONError(.invalidNumber, at: 0)),
    ("1e", JSONError(.endOfText, at: 2)),
    ("1e+", JSONError(.endOfText, at: 3)),
    ("[1e+]", JSONError(.invalidNumber, at: 1)),
    ("-", JSONError(.endOfText, at: 1)),
    ("[-]", JSONError(.invalidNumber, at: 1)),
    ("1_0", JSONError(.trailingBytes, at: 1)),
    ("'a'", JSONError(.unexpectedByte, at: 0)),
    ("\"a", JSONError(.endOfText, at: 2)),
    ("\"a\\", JSONError(.endOfText, at: 3)),
    ("\"a\\\"", JSONError(.endOfText, at: 4)),
    ("\"\\u12", JSONError(.endOfText, at: 5)),
    ("\"a\nb\"", JSONError(.controlCharacter, at: 2)),
    ("\"\0\"", JSONError(.controlCharacter, at: 1)),
    ("\"\\n\t\"", JSONError(.controlCharacter, at: 3)),
    (#""\x41""#, JSONError(.invalidEscape, at: 1)),
    (#""\u12G4""#, JSONError(.invalidEscape, at: 1)),
    (#""\u+123""#, JSONError(.invalidEscape, at: 1)),
    (#""\U0041""#, JSONError(.invalidEscape, at: 1)),
    (#""\uD800""#, JSONError(.loneSurrogate, at: 1)),
    (#""\uD800x""#, JSONError(.loneSurrogate, at: 1)),
    (#""\uD800\n""#, JSONError(.loneSurrogate, at: 1)),
    (#""\uD800\u0041""#, JSONError(.loneSurrogate, at: 1)),
    (#""\uD800\uD800""#, JSONError(.loneSurrogate, at: 1)),
    (#""a\uDC00""#, JSONError(.loneSurrogate, at: 2)),
    (#""\uDC00\uD800""#, JSONError(.loneSurrogate, at: 1)),
    (#""\uDC00\uDC00""#, JSONError(.loneSurrogate, at: 1)),
    ("[1,]", JSONError(.unexpectedByte, at: 3)),
    ("[,1]", JSONError(.unexpectedByte, at: 1)),
    ("[1,,2]", JSONError(.unexpectedByte, at: 3)),
    ("[1 2]", JSONError(.unexpectedByte, at: 3)),
    ("[1", JSONError(.endOfText, at: 2)),
    ("[1,", JSONError(.endOfText, at: 3)),
    ("[", JSONError(.endOfText, at: 1)),
    ("[1}", JSONError(.unexpectedByte, at: 2)),
    ("{]", JSONError(.unexpectedByte, at: 1)),
    ("]", JSONError(.unexpectedByte, at: 0)),
    (",", JSONError(.unexpectedByte, at: 0)),
    ("{\"a\":1,}", JSONError(.unexpectedByte, at: 7)),
    ("{,}", JSONError(.unexpectedByte, at: 1)),
    ("{a:1}", JSONError(.unexpectedByte, at: 1)),
    ("{1:1}", JSONError(.unexpectedByte, at: 1)),
    ("{\"a\"}", JSONError(.unexpectedByte, at: 4)),
    ("{\"a\" 1}", JSONError(.unexpectedByte, at: 5)),
    ("{\"a\":}", JSONError(.unexpectedByte, at: 5)),
    ("{\"a\"::1}", JSONError(.unexpectedByte, at: 5)),
    ("{\"a\":1", JSONError(.endOfText, at: 6)),
    ("{\"a\":", JSONError(.endOfText, at: 5)),
    ("{\"a\"", JSONError(.endOfText, at: 4)),
    ("{\"a\":1 \"b\":2}", JSONError(.unexpectedByte, at: 7)),
    ("/* */1", JSONError(.unexpectedByte, at: 0)),
    ("1//", JSONError(.trailingBytes, at: 1)),
    ("\u{A0}1", JSONError(.unexpectedByte, at: 0)),
  ]

  @Test("an invalid text names reason and offset", arguments: refused)
  func refuse(text: String, error: JSONError) {
    #expect(Self.error(Array(text.utf8)) == error)
  }

  @Test(
    "a string that is not UTF-8 is refused",
    arguments: [
      [0x80], [0xC0, 0xAF], [0xC3], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xFF], [0x5C, 0x6E, 0xFE],
    ] as [[UInt8]])
  func invalidUTF8(bytes: [UInt8]) {
    #expect(Self.error([0x22] + bytes + [0x22]) == JSONError(.invalidUTF8, at: 1))
  }

  @Test("16 levels are read, 17 are not")
  func depth() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
      func nested(_ count: Int) -> [UInt8] {
        let text =
          String(repeating: open, count: count) + "0" + String(repeating: close, count: count)
        return Array(text.utf8)
      }
      #expect(Self.error(nested(16)) == nil)
      #expect(Self.error(nested(17)) == JSONError(.tooDeep, at: 16 * open.utf8.count))
    }
    let mixed = Array("[{\"a\":[{\"b\":[[]]},{}]}]".utf8)
    #expect(Self.error(mixed) == nil)
    #expect(Self.error([UInt8](repeating: 0x5B, count: 1 << 20)) == JSONError(.tooDeep, at: 16))
  }

  @Test("no truncation of a text of every kind is valid")
  func truncations() {
    let text = Array(#"{"a":[1.5e3,true,false,null,"x\u0041\uD83D\uDE00y",{"é":[]}]}"#.utf8)
    #expect(Self.error(text) == nil)
    for length in 0..<text.count {
      #expect(Self.error(Array(text[..<length])) != nil, "\(length) bytes")
    }
  }

  @Test("after the end every call answers the end")
  func end() throws {
    var reader = JSONReader(Array("1".utf8))
    #expect(try reader.next() == .number("1"))
    #expect(try reader.next() == .end)
    #expect(try reader.next() == .end)
  }

  @Test("an error says what is wrong and where, and echoes nothing")
  func description() {
    #expect(
      JSONError(.tooDeep, at: 16).description == "nested deeper than 16 levels (byte 16)")
  }
}
