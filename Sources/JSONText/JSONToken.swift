// SPDX-License-Identifier: Apache-2.0

/// What a ``JSONReader`` finds, in the order of the text.
public enum JSONToken: Equatable, Sendable {
  case beginObject, endObject
  case beginArray, endArray
  /// The name of a member, decoded; its value follows.
  case name(String)
  /// A string, decoded.
  case string(String)
  /// A number as its exact text: nothing is rounded or normalised.
  case number(String)
  case bool(Bool)
  case null
  /// The text is over; every further call answers the same.
  case end
}

/// The value of a member where only flat objects make sense.
public enum JSONValue: Equatable, Sendable {
  case string(String)
  /// The exact text of a number.
  case number(String)
  case bool(Bool)
  case null
  /// A nested value, checked and skipped; read it by a reader on the member's ``JSONMember/range``.
  case object, array
}

/// One member of an object.
public struct JSONMember: Equatable, Sendable {
  public let name: String
  public let value: JSONValue
  /// Where the value stands in the text, in bytes.
  public let range: Range<Int>

  public init(name: String, value: JSONValue, range: Range<Int>) {
    self.name = name
    self.value = value
    self.range = range
  }
}

/// A string of a text that was checked.
public enum JSONString: Equatable, Sendable {
  /// ASCII without escapes: it is what stands here, between its quotes.
  case plain(Range<Int>)
  /// Anything else, decoded.
  case decoded(String)
}

/// A value that is of use without a copy where only flat objects make sense.
public enum JSONScalar: Equatable, Sendable {
  case string(JSONString)
  /// Where the text of a number stands.
  case number(Range<Int>)
  /// Where an object stands, which was checked and skipped.
  case object(Range<Int>)
  /// Something else, checked and skipped.
  case other
}
