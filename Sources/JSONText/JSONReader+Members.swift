// SPDX-License-Identifier: Apache-2.0

extension JSONReader {
  /// Reads a whole text that should be one object.
  ///
  /// The text is checked to its end before anything is answered, so a caller that judges names and
  /// values judges them in valid JSON only.
  ///
  /// - Returns: The members in order, duplicates kept; nil if the text is valid but no object.
  /// - Throws: ``JSONError`` if it is not JSON; zero bytes are `.endOfText`.
  public static func members(of bytes: [UInt8]) throws(JSONError) -> [JSONMember]? {
    var reader = JSONReader(bytes)
    return try reader.wholeObject()
  }

  /// ``members(of:)`` for the part of a text that a member's range names.
  public static func members(
    of bytes: [UInt8], range: Range<Int>
  ) throws(JSONError) -> [JSONMember]? {
    var reader = JSONReader(bytes, range: range)
    return try reader.wholeObject()
  }

  /// Calls `body` with each member of a text that should be one object, in order; nothing is copied
  /// and nothing allocated but for strings with escapes or beyond ASCII.
  ///
  /// - Returns: false if the text is valid but no object.
  /// - Throws: ``JSONError`` if it is not JSON, possibly after calls.
  public static func visitMembers(
    of bytes: [UInt8], _ body: (_ name: JSONString, _ value: JSONScalar) -> Void
  ) throws(JSONError) -> Bool {
    try visitMembers(of: bytes, range: 0..<bytes.count, body)
  }

  /// ``visitMembers(of:_:)`` for the part of a text that an object's range names.
  public static func visitMembers(
    of bytes: [UInt8], range: Range<Int>, _ body: (_ name: JSONString, _ value: JSONScalar) -> Void
  ) throws(JSONError) -> Bool {
    var reader = JSONReader(bytes, range: range)
    guard case .beginObject = try reader.nextLexeme() else {
      try reader.skipRest()
      return false
    }
    while case .name(let name) = try reader.nextLexeme() {
      body(name, try reader.scalar())
    }
    try reader.skipRest()
    return true
  }

  mutating func scalar() throws(JSONError) -> JSONScalar {
    switch try nextLexeme() {
    case .string(let text): return .string(text)
    case .number(let range): return .number(range)
    case .beginObject:
      let start = tokenStart
      try skipContainer()
      return .object(start..<offset)
    case .beginArray:
      try skipContainer()
      return .other
    case .bool, .null, .name, .endObject, .endArray, .end: return .other
    }
  }

  /// The ranges of the elements of an array that is the whole of `range`; nil if it is no array.
  public static func elements(
    of bytes: [UInt8], range: Range<Int>
  ) throws(JSONError) -> [Range<Int>]? {
    var reader = JSONReader(bytes, range: range)
    guard try reader.next() == .beginArray else {
      try reader.skipRest()
      return nil
    }
    var ranges: [Range<Int>] = []
    while true {
      let token = try reader.next()
      if token == .endArray { break }
      let start = reader.tokenStart
      _ = try reader.flat(token)
      ranges.append(start..<reader.offset)
    }
    try reader.skipRest()
    return ranges
  }

  /// Reads the members of the object whose `.beginObject` was read last, up to its end.
  public mutating func members() throws(JSONError) -> [JSONMember] {
    var members: [JSONMember] = []
    members.reserveCapacity(4)
    while case .name(let name) = try next() {
      let start = offset
      let value = try flat(try next())
      members.append(JSONMember(name: name, value: value, range: start..<offset))
    }
    return members
  }

  /// Reads on to the end of the text.
  public mutating func skipRest() throws(JSONError) {
    while true {
      if case .end = try nextLexeme() { return }
    }
  }

  private mutating func wholeObject() throws(JSONError) -> [JSONMember]? {
    guard try next() == .beginObject else {
      try skipRest()
      return nil
    }
    let members = try members()
    try skipRest()
    return members
  }

  /// The value that begins with `token`; nested ones are read to their end.
  private mutating func flat(_ token: JSONToken) throws(JSONError) -> JSONValue {
    switch token {
    case .string(let text): return .string(text)
    case .number(let text): return .number(text)
    case .bool(let value): return .bool(value)
    case .beginObject:
      try skipContainer()
      return .object
    case .beginArray:
      try skipContainer()
      return .array
    case .null, .name, .endObject, .endArray, .end:
      // Where a value is due `next` gives no name and no end.
      return .null
    }
  }

  mutating func skipContainer() throws(JSONError) {
    let outer = depth &- 1
    while depth > outer { _ = try nextLexeme() }
  }
}
