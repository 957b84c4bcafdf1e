// SPDX-License-Identifier: Apache-2.0

/// A strict pull reader of one JSON text (RFC 8259), without recursion and without a tree.
///
/// Refused beyond the grammar: a byte-order mark, escapes of lone surrogates, strings that are not
/// UTF-8, nesting deeper than ``maximumDepth``. Duplicate names are the caller's to judge.
///
/// - Complexity: O(bytes); allocates for strings and numbers longer than 15 bytes only.
public struct JSONReader: Sendable {
  /// Arrays and objects inside one another.
  public static let maximumDepth = 16

  enum Expectation: Sendable {
    case value, elementOrEnd, nameOrEnd, name, commaOrEnd, end
  }

  let bytes: [UInt8]
  let end: Int
  var position: Int
  /// Where the token read last begins.
  private(set) var tokenStart = 0
  private(set) var depth = 0
  /// Bit n: the container at depth n + 1 is an object.
  private var objects: UInt32 = 0
  private var expectation = Expectation.value

  /// A reader of the whole of `bytes`.
  public init(_ bytes: [UInt8]) {
    self.init(bytes, range: 0..<bytes.count)
  }

  /// A reader of the part of `bytes` in `range`, which is clamped to the text; offsets of errors
  /// count from the start of `bytes`.
  public init(_ bytes: [UInt8], range: Range<Int>) {
    let range = range.clamped(to: 0..<bytes.count)
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  /// Reads the next token. After an error the reader is of no further use.
  public mutating func next() throws(JSONError) -> JSONToken {
    switch try nextLexeme() {
    case .beginObject: .beginObject
    case .endObject: .endObject
    case .beginArray: .beginArray
    case .endArray: .endArray
    case .name(let text): .name(text.text(in: bytes))
    case .string(let text): .string(text.text(in: bytes))
    case .number(let range): .number(String(decoding: bytes[range], as: UTF8.self))
    case .bool(let value): .bool(value)
    case .null: .null
    case .end: .end
    }
  }

  /// A token that points into the text.
  enum Lexeme {
    case beginObject, endObject, beginArray, endArray
    case name(JSONString)
    case string(JSONString)
    case number(Range<Int>)
    case bool(Bool)
    case null, end
  }

  mutating func nextLexeme() throws(JSONError) -> Lexeme {
    if position == 0 { try refuseByteOrderMark() }
    skipWhiteSpace()
    if expectation == .commaOrEnd, position < end, bytes[position] == UInt8(ascii: ",") {
      position &+= 1
      expectation = inObject ? .name : .value
      skipWhiteSpace()
    }
    guard position < end else {
      guard expectation == .end else { throw JSONError(.endOfText, at: end) }
      return .end
    }
    tokenStart = position
    let byte = bytes[position]
    switch expectation {
    case .end:
      throw JSONError(.trailingBytes, at: position)
    case .value:
      return try value(startingWith: byte)
    case .elementOrEnd:
      if byte == UInt8(ascii: "]") { return leave(.endArray) }
      return try value(startingWith: byte)
    case .nameOrEnd:
      if byte == UInt8(ascii: "}") { return leave(.endObject) }
      return .name(try name(startingWith: byte))
    case .name:
      return .name(try name(startingWith: byte))
    case .commaOrEnd:
      if byte == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) {
        return leave(inObject ? .endObject : .endArray)
      }
      throw JSONError(.unexpectedByte, at: position)
    }
  }

  /// Offset of the next unread byte; right before a value after ``next()`` gave its name.
  public var offset: Int { position }

  private var inObject: Bool { depth > 0 && objects &>> UInt32(depth &- 1) & 1 == 1 }

  private mutating func value(startingWith byte: UInt8) throws(JSONError) -> Lexeme {
    switch byte {
    case UInt8(ascii: "{"):
      try enter(object: true)
      return .beginObject
    case UInt8(ascii: "["):
      try enter(object: false)
      return .beginArray
    case UInt8(ascii: "\""):
      let text = try string()
      valueIsComplete()
      return .string(text)
    case UInt8(ascii: "-"), 0x30...0x39:
      let text = try number()
      valueIsComplete()
      return .number(text)
    case UInt8(ascii: "t"):
      return try literal("true", .bool(true))
    case UInt8(ascii: "f"):
      return try literal("false", .bool(false))
    case UInt8(ascii: "n"):
      return try literal("null", .null)
    default:
      throw JSONError(.unexpectedByte, at: position)
    }
  }

  private mutating func name(startingWith byte: UInt8) throws(JSONError) -> JSONString {
    guard byte == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: position) }
    let text = try string()
    skipWhiteSpace()
    guard position < end else { throw JSONError(.endOfText, at: end) }
    guard bytes[position] == UInt8(ascii: ":") else {
      throw JSONError(.unexpectedByte, at: position)
    }
    position &+= 1
    skipWhiteSpace()
    expectation = .value
    return text
  }

  private mutating func enter(object: Bool) throws(JSONError) {
    guard depth < Self.maximumDepth else { throw JSONError(.tooDeep, at: position) }
    let bit: UInt32 = 1 &<< UInt32(depth)
    objects = object ? objects | bit : objects & ~bit
    depth &+= 1
    position &+= 1
    expectation = object ? .nameOrEnd : .elementOrEnd
  }

  /// Ends the object that was begun last, at the byte before `position`.
  mutating func leaveObject(endingAt position: Int) {
    depth &-= 1
    self.position = position
    valueIsComplete()
  }

  /// Where the next element of an array stands, if it is, byte by byte but for one string, the flat
  /// object that stands in `range` of the same text.
  ///
  /// - Parameter hole: Where that string stands in it, without its quotes.
  /// - Returns: The whole element and its own string, in ASCII without escapes.
  public func nextElement(
    like range: Range<Int>, but hole: Range<Int>
  ) -> (range: Range<Int>, hole: Range<Int>)? {
    var start = position
    if expectation == .commaOrEnd {
      guard start < end, bytes[start] == UInt8(ascii: ",") else { return nil }
      start &+= 1
    }
    let text = bytes.span.extracting(..<end)
    let head = hole.lowerBound &- range.lowerBound
    let tail = range.upperBound &- hole.upperBound
    guard !inObject, !range.isEmpty, start &+ head <= text.count,
      Self.areEqual(text, range.lowerBound, start, count: head),
      let holeEnd = Self.plainEnd(text, from: start &+ head), holeEnd &+ tail <= text.count,
      Self.areEqual(text, hole.upperBound, holeEnd, count: tail)
    else { return nil }
    return (start..<(holeEnd &+ tail), (start &+ head)..<holeEnd)
  }

  /// Passes over an element that `nextElement(like:but:)` gave.
  public mutating func skipElement(_ range: Range<Int>) {
    tokenStart = range.lowerBound
    position = range.upperBound
    expectation = .commaOrEnd
  }

  /// Goes back to the element of an array that was read or passed over last.
  public mutating func goBack() {
    position = tokenStart
    expectation = .value
  }

  /// Whether the same bytes stand at two places.
  private static func areEqual(
    _ text: Span<UInt8>, _ first: Int, _ second: Int, count: Int
  ) -> Bool {
    var offset = 0
    // In blocks without a branch for each byte.
    while offset &+ 16 <= count {
      let one = text.extracting((first &+ offset)..<(first &+ offset &+ 16))
      let other = text.extracting((second &+ offset)..<(second &+ offset &+ 16))
      var difference: UInt8 = 0
      for index in 0..<16 { difference |= one[index] ^ other[index] }
      if difference != 0 { return false }
      offset &+= 16
    }
    while offset < count {
      guard text[first &+ offset] == text[second &+ offset] else { return false }
      offset &+= 1
    }
    return true
  }

  private mutating func leave(_ token: Lexeme) -> Lexeme {
    depth &-= 1
    position &+= 1
    valueIsComplete()
    return token
  }

  private mutating func valueIsComplete() {
    expectation = depth == 0 ? .end : .commaOrEnd
  }

  private mutating func literal(_ text: String, _ token: Lexeme) throws(JSONError) -> Lexeme {
    for byte in text.utf8 {
      guard position < end else { throw JSONError(.endOfText, at: end) }
      guard bytes[position] == byte else { throw JSONError(.unexpectedByte, at: position) }
      position &+= 1
    }
    valueIsComplete()
    return token
  }

  private mutating func skipWhiteSpace() {
    while position < end {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position &+= 1
      default: return
      }
    }
  }

  private func refuseByteOrderMark() throws(JSONError) {
    guard end >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF else { return }
    throw JSONError(.byteOrderMark, at: 0)
  }
}
