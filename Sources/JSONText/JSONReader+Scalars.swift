// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
  /// Reads a string whose opening quote is at `position`.
  mutating func string() throws(JSONError) -> JSONString {
    position &+= 1
    let start = position
    var seen: UInt8 = 0
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position &+= 1
        let range = start..<(position &- 1)
        return seen < 0x80
          ? .plain(range) : .decoded(try validated(bytes[range], at: start))
      }
      if byte == UInt8(ascii: "\\") { return .decoded(try stringWithEscapes(from: start)) }
      if byte < 0x20 { throw JSONError(.controlCharacter, at: position) }
      seen |= byte
      position &+= 1
    }
    throw JSONError(.endOfText, at: end)
  }

  /// The rest of a string from its first escape on.
  private mutating func stringWithEscapes(from start: Int) throws(JSONError) -> String {
    var decoded = [UInt8](bytes[start..<position])
    while position < end {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position &+= 1
        return try validated(decoded[...], at: start)
      }
      if byte < 0x20 { throw JSONError(.controlCharacter, at: position) }
      if byte == UInt8(ascii: "\\") {
        try escape(into: &decoded)
      } else {
        decoded.append(byte)
        position &+= 1
      }
    }
    throw JSONError(.endOfText, at: end)
  }

  private func validated(_ text: ArraySlice<UInt8>, at start: Int) throws(JSONError) -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw JSONError(.invalidUTF8, at: start)
    }
    return string
  }

  private mutating func escape(into decoded: inout [UInt8]) throws(JSONError) {
    let start = position
    guard end &- position > 1 else { throw JSONError(.endOfText, at: end) }
    let letter = bytes[position &+ 1]
    position &+= 2
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): decoded.append(letter)
    case UInt8(ascii: "b"): decoded.append(0x08)
    case UInt8(ascii: "f"): decoded.append(0x0C)
    case UInt8(ascii: "n"): decoded.append(0x0A)
    case UInt8(ascii: "r"): decoded.append(0x0D)
    case UInt8(ascii: "t"): decoded.append(0x09)
    case UInt8(ascii: "u"):
      let scalar = try scalar(escapedAt: start)
      decoded.append(contentsOf: Character(scalar).utf8)
    default: throw JSONError(.invalidEscape, at: start)
    }
  }

  /// The scalar of a `\uXXXX` escape or a pair of them, `position` being after the first `\u`.
  private mutating func scalar(escapedAt start: Int) throws(JSONError) -> Unicode.Scalar {
    let first = try fourHexDigits(escapedAt: start)
    if let scalar = Unicode.Scalar(first) { return scalar }
    // Only surrogates are no scalars of their own; the high one must come first.
    guard first < 0xDC00 else { throw JSONError(.loneSurrogate, at: start) }
    guard end &- position >= 2, bytes[position] == UInt8(ascii: "\\"),
      bytes[position &+ 1] == UInt8(ascii: "u")
    else { throw JSONError(.loneSurrogate, at: start) }
    let secondStart = position
    position &+= 2
    let second = try fourHexDigits(escapedAt: secondStart)
    guard 0xDC00...0xDFFF ~= second,
      let scalar = Unicode.Scalar(0x10000 &+ (first & 0x3FF) &<< 10 | second & 0x3FF)
    else { throw JSONError(.loneSurrogate, at: start) }
    return scalar
  }

  private mutating func fourHexDigits(escapedAt start: Int) throws(JSONError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard position < end else { throw JSONError(.endOfText, at: end) }
      let byte = bytes[position]
      let letter = (byte | 0x20) &- 0x61
      if byte &- 0x30 < 10 {
        value = value &<< 4 | UInt32(byte &- 0x30)
      } else if letter < 6 {
        value = value &<< 4 | UInt32(letter &+ 10)
      } else {
        throw JSONError(.invalidEscape, at: start)
      }
      position &+= 1
    }
    return value
  }

  /// Reads a number whose first byte, `-` or a digit, is at `position`; gives its place.
  mutating func number() throws(JSONError) -> Range<Int> {
    let start = position
    if bytes[position] == UInt8(ascii: "-") { position &+= 1 }
    if position < end, bytes[position] == UInt8(ascii: "0") {
      position &+= 1
      // A leading zero stands alone; "01" is refused here to name the number, not its tail.
      if position < end, bytes[position] &- 0x30 < 10 { throw JSONError(.invalidNumber, at: start) }
    } else {
      try digits(of: start)
    }
    if position < end, bytes[position] == UInt8(ascii: ".") {
      position &+= 1
      try digits(of: start)
    }
    if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position &+= 1
      if position < end, "+-".utf8.contains(bytes[position]) { position &+= 1 }
      try digits(of: start)
    }
    return start..<position
  }

  /// At least one digit, and all that follow.
  private mutating func digits(of start: Int) throws(JSONError) {
    let first = position
    while position < end, bytes[position] &- 0x30 < 10 { position &+= 1 }
    guard position > first else {
      throw position < end ? JSONError(.invalidNumber, at: start) : JSONError(.endOfText, at: end)
    }
  }
}
