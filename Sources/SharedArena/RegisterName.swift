// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not the name of a register.
public enum NameError: Error, Equatable, Sendable {
  case empty
  /// Longer than ``RegisterName/maximumByteCount``.
  case tooLong(byteCount: Int)
  /// `byte` at `offset` is none of the ASCII letters, digits and `. _ - / : @`.
  case invalidByte(UInt8, offset: Int)
  /// The part between slashes that starts at `offset` is empty, `.` or `..`.
  case invalidSegment(offset: Int)
}

extension NameError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .empty:
      "a register name has at least one byte"
    case .tooLong(let byteCount):
      "a register name has at most \(RegisterName.maximumByteCount) bytes, not \(byteCount)"
    case .invalidByte(let byte, let offset):
      "byte \(byte) at offset \(offset) is none of the ASCII letters, digits and . _ - / : @"
    case .invalidSegment(let offset):
      "the part at offset \(offset) is empty, \".\" or \"..\""
    }
  }
}

/// The grammar of register names: 1 to 128 bytes of ASCII letters, digits and `. _ - / : @`, where
/// no part between slashes is empty, `.` or `..`.
///
/// One grammar for the map, the binary protocol and HTTP, where a name is part of a path.
public enum RegisterName {
  public static let maximumByteCount = 128

  /// Returns when `name` is a register name.
  ///
  /// - Complexity: O(n); never blocks, never allocates.
  public static func check(_ name: Span<UInt8>) throws(NameError) {
    guard !name.isEmpty else { throw .empty }
    guard name.count <= maximumByteCount else { throw .tooLong(byteCount: name.count) }
    var segment = 0
    var onlyDots = true
    for offset in name.indices {
      let byte = name[offset]
      if byte == UInt8(ascii: "/") {
        try checkSegment(from: segment, to: offset, onlyDots: onlyDots)
        segment = offset + 1
        onlyDots = true
      } else {
        guard isAllowed(byte) else { throw .invalidByte(byte, offset: offset) }
        onlyDots = onlyDots && byte == UInt8(ascii: ".")
      }
    }
    try checkSegment(from: segment, to: name.count, onlyDots: onlyDots)
  }

  private static func checkSegment(
    from start: Int, to end: Int, onlyDots: Bool
  ) throws(NameError) {
    if end == start || (onlyDots && end - start <= 2) { throw .invalidSegment(offset: start) }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "@"):
      true
    default:
      false
    }
  }
}
