// SPDX-License-Identifier: Apache-2.0

/// How many bytes one atomic operation covers: 1, 2, 4, 8 or 16.
///
/// The raw value is the base-2 logarithm of the byte count, which is also the width's wire code.
public enum AtomicWidth: UInt8, CaseIterable, Sendable {
  case one = 0
  case two, four, eight, sixteen

  /// Bytes covered; also the alignment that an operation of this width needs.
  @inlinable @inline(__always) public var byteCount: Int { 1 &<< Int(rawValue) }

  /// Bits covered; bit indices run from 0 to one less.
  @inlinable @inline(__always) public var bitCount: Int { 8 &<< Int(rawValue) }

  /// All ones in the low `bitCount` bits.
  @inlinable @inline(__always) public var mask: UInt128 {
    // Spelled out, as a shift by a width known only at run time takes longer than the operation.
    switch self {
    case .one: 0xFF
    case .two: 0xFFFF
    case .four: 0xFFFF_FFFF
    case .eight: 0xFFFF_FFFF_FFFF_FFFF
    case .sixteen: .max
    }
  }

  /// The width of `byteCount` bytes, or nil where no such operation exists.
  public init?(byteCount: Int) {
    guard let width = Self.allCases.first(where: { $0.byteCount == byteCount }) else { return nil }
    self = width
  }
}
