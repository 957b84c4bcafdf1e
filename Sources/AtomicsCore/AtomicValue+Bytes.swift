// SPDX-License-Identifier: Apache-2.0

/// Opaque bytes in memory order. Traps at the first use of a count that is not 1, 2, 4, 8 or 16.
extension InlineArray: AtomicValue, AtomicBitwiseValue, AtomicByteString where Element == UInt8 {
  @inlinable @inline(__always)
  public static var atomicKind: AtomicKind { .bytes }
  @inlinable @inline(__always)
  public static var atomicWidth: AtomicWidth { .covering(count) }

  @inlinable @inline(__always)
  public var atomicBits: UInt128 {
    // Safety: an array of `count` bytes and the integer of that width are both `count` bytes of
    // which every pattern is a value.
    switch Self.atomicWidth {
    case .one: unsafe UInt128(unsafeBitCast(self, to: UInt8.self))
    case .two: unsafe UInt128(unsafeBitCast(self, to: UInt16.self))
    case .four: unsafe UInt128(unsafeBitCast(self, to: UInt32.self))
    case .eight: unsafe UInt128(unsafeBitCast(self, to: UInt64.self))
    case .sixteen: unsafe unsafeBitCast(self, to: UInt128.self)
    }
  }

  @inlinable @inline(__always)
  public init(atomicBits bits: UInt128) {
    // Safety: as in `atomicBits`.
    switch Self.atomicWidth {
    case .one: self = unsafe unsafeBitCast(UInt8(truncatingIfNeeded: bits), to: Self.self)
    case .two: self = unsafe unsafeBitCast(UInt16(truncatingIfNeeded: bits), to: Self.self)
    case .four: self = unsafe unsafeBitCast(UInt32(truncatingIfNeeded: bits), to: Self.self)
    case .eight: self = unsafe unsafeBitCast(UInt64(truncatingIfNeeded: bits), to: Self.self)
    case .sixteen: self = unsafe unsafeBitCast(bits, to: Self.self)
    }
  }
}
