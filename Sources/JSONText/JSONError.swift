// SPDX-License-Identifier: Apache-2.0

/// Why a text is not JSON as this service reads it. Carries no part of the text: nothing is echoed.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong at the offset.
  public enum Reason: Equatable, Sendable {
    /// The text stops before its value is complete; white space alone does so too.
    case endOfText
    case byteOrderMark
    /// A byte that cannot stand here.
    case unexpectedByte
    /// Something other than white space after the value.
    case trailingBytes
    case invalidNumber
    /// A byte below 0x20 inside a string.
    case controlCharacter
    case invalidEscape
    /// A `\u` escape of one half of a surrogate pair without the other.
    case loneSurrogate
    case invalidUTF8
    /// More than ``JSONReader/maximumDepth`` arrays and objects inside one another.
    case tooDeep
  }

  public let reason: Reason
  /// Bytes from the start of the text to the place of the error.
  public let offset: Int

  public init(_ reason: Reason, at offset: Int) {
    self.reason = reason
    self.offset = offset
  }

  /// One sentence for the sender of the text.
  public var description: String {
    let text =
      switch reason {
      case .endOfText: "the text ends before the value is complete"
      case .byteOrderMark: "a byte-order mark is not allowed"
      case .unexpectedByte: "this byte cannot stand here"
      case .trailingBytes: "only white space may follow the value"
      case .invalidNumber: "this is not a number"
      case .controlCharacter: "control characters in strings must be escaped"
      case .invalidEscape: "this escape does not exist"
      case .loneSurrogate: "a surrogate escape stands alone"
      case .invalidUTF8: "strings must be UTF-8"
      case .tooDeep: "nested deeper than \(JSONReader.maximumDepth) levels"
      }
    return "\(text) (byte \(offset))"
  }
}
