// SPDX-License-Identifier: Apache-2.0

/// The kind and width of a register, fixed at its creation: `u8`–`u128`, `i8`–`i128`,
/// `bytes1`–`bytes16`, `f32`, `f64`.
public struct RegisterType: Hashable, Sendable {
  public let kind: AtomicKind
  public let width: AtomicWidth

  /// Spelled out to be inlined: every run of a request compares types.
  @inlinable @inline(__always)
  public static func == (first: RegisterType, second: RegisterType) -> Bool {
    first.code == second.code
  }

  /// Nil for a float that is neither 4 nor 8 bytes wide.
  @inlinable @inline(__always)
  public init?(kind: AtomicKind, width: AtomicWidth) {
    if kind == .float && width != .four && width != .eight { return nil }
    self.kind = kind
    self.width = width
  }

  /// For kinds and widths that are known to go together.
  @inlinable @inline(__always)
  init(kind: AtomicKind, _ width: AtomicWidth) {
    self.kind = kind
    self.width = width
  }

  /// Unsigned integers of 8 bytes, which most counters are.
  @inlinable @inline(__always)
  public static var u64: RegisterType { RegisterType(kind: .unsigned, .eight) }

  /// Every type, narrow to wide within each kind.
  public static let all: [RegisterType] = AtomicKind.allCases.flatMap { kind in
    AtomicWidth.allCases.compactMap { RegisterType(kind: kind, width: $0) }
  }

  /// Bits 0–5 of the wire's type byte: `width | kind << 3`.
  ///
  ///     7   6 | 5   4   3 | 2   1   0
  ///     ------+-----------+----------
  ///       0   |   kind    |  width
  @inlinable @inline(__always) public var code: UInt8 { width.rawValue | kind.rawValue << 3 }

  /// The type with this `code`, or nil where there is none.
  @inlinable @inline(__always)
  public init?(code: UInt8) {
    guard let kind = AtomicKind(rawValue: code >> 3), let width = AtomicWidth(rawValue: code & 7)
    else { return nil }
    self.init(kind: kind, width: width)
  }

  /// The type's name on the wire, in JSON and on the command line.
  public var name: String { spelling.description }

  /// ``name``, without making a string.
  public var spelling: StaticString {
    switch (kind, width) {
    case (.unsigned, .one): "u8"
    case (.unsigned, .two): "u16"
    case (.unsigned, .four): "u32"
    case (.unsigned, .eight): "u64"
    case (.unsigned, .sixteen): "u128"
    case (.signed, .one): "i8"
    case (.signed, .two): "i16"
    case (.signed, .four): "i32"
    case (.signed, .eight): "i64"
    case (.signed, .sixteen): "i128"
    case (.bytes, .one): "bytes1"
    case (.bytes, .two): "bytes2"
    case (.bytes, .four): "bytes4"
    case (.bytes, .eight): "bytes8"
    case (.bytes, .sixteen): "bytes16"
    case (.float, .four): "f32"
    // There is no float of another width.
    case (.float, _): "f64"
    }
  }

  /// The type with this `name`, or nil where there is none.
  public init?(name: String) {
    guard let type = Self.all.first(where: { $0.name == name }) else { return nil }
    self = type
  }
}
