// SPDX-License-Identifier: Apache-2.0

/// Why a text, a number or bytes are no value of a type.
public enum ValueError: Error, Equatable {
  /// The text is not written as the type's values are.
  case malformed(RegisterType)
  /// The text is a number that the type cannot hold.
  case outOfRange(RegisterType)
  /// The bytes are more or fewer than the type is wide.
  case wrongByteCount(RegisterType, count: Int)
}

extension ValueError: CustomStringConvertible {
  /// One sentence: what was wrong and what is allowed.
  public var description: String {
    switch self {
    case .malformed(let type):
      switch type.kind {
      case .unsigned, .signed:
        "a value of type \(type.name) is an integer in decimal, or in hexadecimal after 0x"
      case .bytes:
        "a value of type \(type.name) is exactly \(2 * type.width.byteCount) hexadecimal digits"
      case .float:
        "a value of type \(type.name) is a JSON number, NaN, inf or -inf"
      }
    case .wrongByteCount(let type, let count):
      "a value of type \(type.name) is \(type.width.byteCount) bytes, not \(count)"
    case .outOfRange(let type):
      "the value does not fit \(type.name); it takes \(type.rangeText)"
    }
  }
}

extension RegisterType {
  /// The values that the type holds, for error messages.
  var rangeText: String {
    switch kind {
    case .unsigned: "0 to \(width.mask)"
    case .signed: "\(format(width.mask / 2 + 1)) to \(format(width.mask / 2))"
    case .bytes: "\(2 * width.byteCount) hexadecimal digits"
    case .float: "finite numbers up to \(format(finiteMaximum)), NaN, inf and -inf"
    }
  }

  private var finiteMaximum: UInt128 {
    width == .four
      ? UInt128(Float.greatestFiniteMagnitude.bitPattern)
      : UInt128(Double.greatestFiniteMagnitude.bitPattern)
  }
}
