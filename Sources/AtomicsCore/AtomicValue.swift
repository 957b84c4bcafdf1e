// SPDX-License-Identifier: Apache-2.0

/// A type whose values an atomic operation can read and write in one piece: the integers of 8 to
/// 128 bits, `Float`, `Double`, and `InlineArray` of 1, 2, 4, 8 or 16 bytes.
///
/// The library's own conformances are all that there are meant to be: operations trust what is
/// said here.
public protocol AtomicValue: BitwiseCopyable, Sendable {
  /// What the bits mean.
  static var atomicKind: AtomicKind { get }
  /// How many bytes one operation covers, which is also the alignment that it needs.
  static var atomicWidth: AtomicWidth { get }
  /// The value as it lies in memory, zero-extended.
  var atomicBits: UInt128 { get }
  /// The value whose representation in memory is the low bits of `bits`; every one is a value.
  init(atomicBits bits: UInt128)
}

extension AtomicValue {
  /// Kind and width as a run-time value.
  @inlinable @inline(__always)
  public static var registerType: RegisterType { RegisterType(kind: atomicKind, atomicWidth) }
}

/// A value on whose bits operations work: an integer or bytes.
public protocol AtomicBitwiseValue: AtomicValue {}

/// Bytes, which compare from the first one in memory.
public protocol AtomicByteString: AtomicBitwiseValue {}

/// An integer on which atomic arithmetic works, signed or unsigned.
public protocol AtomicInteger: AtomicBitwiseValue, FixedWidthInteger {}

extension AtomicInteger {
  @inlinable @inline(__always)
  public static var atomicKind: AtomicKind { isSigned ? .signed : .unsigned }
  @inlinable @inline(__always)
  public static var atomicWidth: AtomicWidth { .covering(bitWidth / 8) }
  @inlinable @inline(__always)
  public var atomicBits: UInt128 {
    // By way of the unsigned integer of the width, which has no sign to extend.
    UInt128(truncatingIfNeeded: Magnitude(truncatingIfNeeded: self))
  }
  @inlinable @inline(__always)
  public init(atomicBits bits: UInt128) { self.init(truncatingIfNeeded: bits) }
}

extension Int8: AtomicInteger {}
extension Int16: AtomicInteger {}
extension Int32: AtomicInteger {}
extension Int64: AtomicInteger {}
extension Int128: AtomicInteger {}
extension Int: AtomicInteger {}
extension UInt8: AtomicInteger {}
extension UInt16: AtomicInteger {}
extension UInt32: AtomicInteger {}
extension UInt64: AtomicInteger {}
extension UInt128: AtomicInteger {}
extension UInt: AtomicInteger {}

extension AtomicWidth {
  /// The width of `byteCount` bytes; traps where no operation is that wide. Known at compile time
  /// where the byte count is.
  @inlinable @inline(__always)
  static func covering(_ byteCount: Int) -> AtomicWidth {
    switch byteCount {
    case 1: .one
    case 2: .two
    case 4: .four
    case 8: .eight
    case 16: .sixteen
    default: preconditionFailure("an atomic covers 1, 2, 4, 8 or 16 bytes")
    }
  }
}
