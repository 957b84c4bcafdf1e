// SPDX-License-Identifier: Apache-2.0

/// A float on which atomic arithmetic works by value. It is loaded, stored, exchanged and compared
/// for an exchange by its bits: there -0 differs from 0, and a NaN equals the NaN of the same bits.
///
/// Text knows one NaN only: who exchanges by text (HTTP, the command line) never meets the others.
public protocol AtomicFloatingPoint: AtomicValue, BinaryFloatingPoint {}

extension AtomicFloatingPoint {
  /// The same on every processor: which bits a NaN from arithmetic has differs between them.
  @inlinable @inline(__always)
  static func canonical(_ result: Self) -> Self { result.isNaN ? .nan : result }

  /// The sum, rounded to nearest, ties to even; of NaNs the canonical one.
  @inlinable @inline(__always)
  static func sum(_ first: Self, _ second: Self) -> Self { canonical(first + second) }

  /// The difference, rounded to nearest, ties to even; of NaNs the canonical one.
  @inlinable @inline(__always)
  static func difference(_ first: Self, _ second: Self) -> Self { canonical(first - second) }

  /// The lesser of the two, bit by bit one of them: a NaN gives way to a number, and -0 is less
  /// than 0 (IEEE 754-2019 §9.6, minimumNumber). Of two NaNs the first.
  @inlinable @inline(__always)
  static func lesser(_ first: Self, _ second: Self) -> Self {
    comesFirst(second, first) || first.isNaN && !second.isNaN ? second : first
  }

  /// The greater of the two, else as ``lesser(_:_:)``.
  @inlinable @inline(__always)
  static func greater(_ first: Self, _ second: Self) -> Self {
    comesFirst(first, second) || first.isNaN && !second.isNaN ? second : first
  }

  @inlinable @inline(__always)
  static func comesFirst(_ first: Self, _ second: Self) -> Bool {
    first < second || first == second && first.sign == .minus && second.sign == .plus
  }
}

extension Float: AtomicFloatingPoint {
  @inlinable @inline(__always)
  public static var atomicKind: AtomicKind { .float }
  @inlinable @inline(__always)
  public static var atomicWidth: AtomicWidth { .four }
  @inlinable @inline(__always)
  public var atomicBits: UInt128 { UInt128(bitPattern) }
  @inlinable @inline(__always)
  public init(atomicBits bits: UInt128) {
    self.init(bitPattern: UInt32(truncatingIfNeeded: bits))
  }
}

extension Double: AtomicFloatingPoint {
  @inlinable @inline(__always)
  public static var atomicKind: AtomicKind { .float }
  @inlinable @inline(__always)
  public static var atomicWidth: AtomicWidth { .eight }
  @inlinable @inline(__always)
  public var atomicBits: UInt128 { UInt128(bitPattern) }
  @inlinable @inline(__always)
  public init(atomicBits bits: UInt128) {
    self.init(bitPattern: UInt64(truncatingIfNeeded: bits))
  }
}
