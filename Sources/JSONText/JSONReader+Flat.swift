// SPDX-License-Identifier: Apache-2.0

/// Objects as programs write most of them: each value a whole number or a string, all in ASCII and
/// nothing escaped. They are read in one go, member by member instead of token by token.
extension JSONReader {
  /// Takes the rest of the object that was just begun, if it is flat, and calls `body` with each
  /// member: where name and value stand, a string without its quotes.
  ///
  /// - Returns: false where it is not: `body` may have been called, and nothing was taken.
  @inline(__always)
  mutating func takeFlat(
    _ body: (_ name: Range<Int>, _ value: Range<Int>, _ isString: Bool) -> Void
  ) -> Bool {
    guard let end = Self.flatEnd(bytes.span.extracting(..<end), from: position, body) else {
      return false
    }
    leaveObject(endingAt: end)
    return true
  }

  /// Where the flat object ends whose first member is looked for from `start` on.
  @inline(__always)
  private static func flatEnd(
    _ text: Span<UInt8>, from start: Int,
    _ body: (_ name: Range<Int>, _ value: Range<Int>, _ isString: Bool) -> Void
  ) -> Int? {
    var index = blank(text, from: start)
    while true {
      guard index < text.count, text[index] == UInt8(ascii: "\""),
        let nameEnd = plainEnd(text, from: index &+ 1)
      else { return nil }
      let name = (index &+ 1)..<nameEnd
      index = blank(text, from: nameEnd &+ 1)
      guard index < text.count, text[index] == UInt8(ascii: ":") else { return nil }
      index = blank(text, from: index &+ 1)
      guard index < text.count else { return nil }
      if text[index] == UInt8(ascii: "\"") {
        guard let valueEnd = plainEnd(text, from: index &+ 1) else { return nil }
        body(name, (index &+ 1)..<valueEnd, true)
        index = valueEnd &+ 1
      } else {
        guard let valueEnd = wholeNumberEnd(text, from: index) else { return nil }
        body(name, index..<valueEnd, false)
        index = valueEnd
      }
      index = blank(text, from: index)
      guard index < text.count else { return nil }
      if text[index] == UInt8(ascii: "}") { return index &+ 1 }
      guard text[index] == UInt8(ascii: ",") else { return nil }
      index = blank(text, from: index &+ 1)
    }
  }

  /// The first place from `start` on that is no white space.
  @inline(__always)
  private static func blank(_ text: Span<UInt8>, from start: Int) -> Int {
    var index = start
    while index < text.count {
      let byte = text[index]
      guard byte <= 0x20, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
        break
      }
      index &+= 1
    }
    return index
  }

  /// The quote that ends a string of ASCII without escapes and control characters; nil: it is none.
  @inline(__always)
  static func plainEnd(_ text: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    while index < text.count {
      let byte = text[index]
      if byte == UInt8(ascii: "\"") { return index }
      if byte &- 0x20 >= 0x60 || byte == UInt8(ascii: "\\") { return nil }
      index &+= 1
    }
    return nil
  }

  /// The end of `0`, or of digits that begin with no 0, both with or without a sign; nil: what
  /// stands there is something else.
  @inline(__always)
  private static func wholeNumberEnd(_ text: Span<UInt8>, from start: Int) -> Int? {
    var index = start
    if text[index] == UInt8(ascii: "-") { index &+= 1 }
    let first = index
    while index < text.count, text[index] &- 0x30 < 10 { index &+= 1 }
    guard index > first, text[first] != UInt8(ascii: "0") || index == first &+ 1 else { return nil }
    if index < text.count, text[index] == UInt8(ascii: ".") || text[index] | 0x20 == 0x65 {
      return nil
    }
    return index
  }
}
