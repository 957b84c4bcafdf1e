// SPDX-License-Identifier: Apache-2.0

// A float is loaded, stored, exchanged and compared by its bits: -0 differs from 0, and a NaN
// equals the NaN of the same bits.

extension Float: AtomicValue {
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

extension Double: AtomicValue {
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
