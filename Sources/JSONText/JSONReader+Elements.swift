// SPDX-License-Identifier: Apache-2.0

/// What stands under a name of an object, without what is inside.
public struct JSONOutline: Equatable, Sendable {
  public enum Value: Equatable, Sendable {
    case bool(Bool)
    /// An array, how many elements it has, and whether all of them are objects as
    /// `visitFlatElement` reads them.
    case array(count: Int, areFlat: Bool)
    case other
  }

  public let name: JSONString
  public let value: Value
  /// Where the value stands in the text, in bytes.
  public let range: Range<Int>
}

/// An element of an array.
public enum JSONElement: Equatable, Sendable {
  /// An object, whose members were visited.
  case object
  /// Something else, checked and skipped.
  case other
}

extension JSONReader {
  /// Reads a whole text that should be one object.
  ///
  /// - Returns: The members in order, duplicates kept; nil if the text is valid but no object.
  /// - Throws: ``JSONError`` if it is not JSON.
  /// - Complexity: O(bytes); allocates for the members of the object itself only.
  public static func outline(of bytes: [UInt8]) throws(JSONError) -> [JSONOutline]? {
    var reader = JSONReader(bytes)
    guard case .beginObject = try reader.nextLexeme() else {
      try reader.skipRest()
      return nil
    }
    var members: [JSONOutline] = []
    while case .name(let name) = try reader.nextLexeme() {
      let start = reader.position
      let value = try reader.outlineOfValue()
      members.append(JSONOutline(name: name, value: value, range: start..<reader.position))
    }
    try reader.skipRest()
    return members
  }

  private mutating func outlineOfValue() throws(JSONError) -> JSONOutline.Value {
    switch try nextLexeme() {
    case .bool(let value): return .bool(value)
    case .beginObject:
      try skipContainer()
      return .other
    case .beginArray:
      var count = 0
      var areFlat = true
      // The last flat one, and the first string in it.
      var last = 0..<0
      var hole = 0..<0
      while true {
        if let next = nextElement(like: last, but: hole) {
          skipElement(next.range)
          count &+= 1
          continue
        }
        last = 0..<0
        hole = 0..<0
        switch try nextLexeme() {
        case .endArray: return .array(count: count, areFlat: areFlat)
        case .beginObject
        where takeFlat { if $2, hole.lowerBound == 0 { hole = $1 } }:
          last = hole.lowerBound == 0 ? 0..<0 : elementRange
        case .beginObject, .beginArray:
          areFlat = false
          try skipContainer()
        default: areFlat = false
        }
        count &+= 1
      }
    default: return .other
    }
  }

  /// A reader of the elements of the array that stands in `range`, for `visitElement`.
  ///
  /// - Throws: ``JSONError`` where there is none.
  public init(elementsOf bytes: [UInt8], in range: Range<Int>) throws(JSONError) {
    self.init(bytes, range: range)
    guard case .beginArray = try nextLexeme() else {
      throw JSONError(.unexpectedByte, at: range.lowerBound)
    }
  }

  /// Calls `body` with each member of the next element of an array whose elements are all flat:
  /// where name and value stand, a string without its quotes.
  ///
  /// - Returns: false after the last element.
  @inline(__always)
  public mutating func visitFlatElement(
    _ body: (_ name: Range<Int>, _ value: Range<Int>, _ isString: Bool) -> Void
  ) throws(JSONError) -> Bool {
    guard case .beginObject = try nextLexeme() else { return false }
    guard takeFlat(body) else { throw JSONError(.unexpectedByte, at: position) }
    return true
  }

  /// Where the element stands that `visitFlatElement` has just read.
  public var elementRange: Range<Int> { tokenStart..<position }

  /// Calls `body` with each member of the next element, where that is an object.
  ///
  /// - Returns: What the element is; nil after the last one.
  public mutating func visitElement(
    _ body: (_ name: JSONString, _ value: JSONScalar) -> Void
  ) throws(JSONError) -> JSONElement? {
    switch try nextLexeme() {
    case .endArray, .end: return nil
    case .beginObject:
      while case .name(let name) = try nextLexeme() { body(name, try scalar()) }
      return .object
    case .beginArray:
      try skipContainer()
      return .other
    default: return .other
    }
  }
}
