// SPDX-License-Identifier: Apache-2.0

extension AtomicKind {
  /// Whether the kind is a number without a fraction.
  @inlinable @inline(__always) public var isInteger: Bool { self == .unsigned || self == .signed }
}

extension RegisterType {
  /// The highest bit of the width.
  @inlinable @inline(__always) var signBit: UInt128 {
    1 &<< UInt128(truncatingIfNeeded: width.bitCount &- 1)
  }

  /// Whether `first` comes before `second`: integers and floats by their value, bytes as strings
  /// from the first byte in memory. With a NaN, nothing comes before anything.
  ///
  /// Both are bits zero-extended to 128.
  @inlinable @inline(__always)
  package func isLess(_ first: UInt128, than second: UInt128) -> Bool {
    switch kind {
    case .unsigned: first < second
    // Flipping the sign moves the negative numbers below the others, each half in its order.
    case .signed: first ^ signBit < second ^ signBit
    // The first byte in memory is the lowest of the word: the compare wants it highest.
    case .bytes: first.byteSwapped < second.byteSwapped
    case .float where width == .four: Float(atomicBits: first) < Float(atomicBits: second)
    case .float: Double(atomicBits: first) < Double(atomicBits: second)
    }
  }

  /// Whether neither comes before the other, and both could: -0 and 0 are level, NaNs are not.
  @inlinable @inline(__always)
  func isLevel(_ first: UInt128, with second: UInt128) -> Bool {
    guard kind == .float else { return first == second }
    return width == .four
      ? Float(atomicBits: first) == Float(atomicBits: second)
      : Double(atomicBits: first) == Double(atomicBits: second)
  }
}
