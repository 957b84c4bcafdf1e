// SPDX-License-Identifier: Apache-2.0

/// An atomic operation, without the variant that says which value it returns. The raw value is
/// the operation's wire code. What each takes and permits is in ``OperationRow``.
public enum AtomicOperation: UInt8, CaseIterable, Sendable {
  case load = 0x20
  case store = 0x21
  case exchange = 0x22
  case compareExchangeStrong = 0x23
  case compareExchangeWeak = 0x24
  case bitTest = 0x30
  case bitTestSet = 0x31
  case bitTestReset = 0x32
  case bitTestComplement = 0x33
  case or = 0x38
  case xor = 0x39
  case and = 0x3A
  case not = 0x3B
  /// `~(value & operand)`.
  case nand = 0x3C
  /// `value & ~operand`.
  case andnot = 0x3D
  case add = 0x40
  case sub = 0x41
  case increment = 0x42
  case decrement = 0x43
  case negate = 0x44
  /// The lesser of value and operand by the kind's order. Always a read-modify-write with its
  /// order, also where the value stays the same.
  case min = 0x45
  /// The greater of value and operand; else as ``min``.
  case max = 0x46
  /// The lesser of value and operand as byte strings, compared from the first byte in memory.
  /// Always a read-modify-write with its order, also where the value stays the same.
  case byteMin = 0x48
  /// The greater of value and operand; else as ``byteMin``.
  case byteMax = 0x49
  /// Adds the operand unless the value is the one named.
  case addUnless = 0x4C
  /// Adds 1 unless the value is 0.
  case incrementIfNotZero = 0x4D
  /// Subtracts 1 if the value is greater than 0.
  case decrementIfPositive = 0x4E

  /// Whether the operation is one of the four bit tests.
  @inlinable @inline(__always) public var isBitOperation: Bool { rawValue & 0xFC == 0x30 }

  /// Whether the operation only reads, and so works on read-only memory.
  @inlinable @inline(__always) public var isReadOnly: Bool { self == .load || self == .bitTest }

  /// Whether the operation is a strong or weak compare-exchange.
  @inlinable @inline(__always) public var isCompareExchange: Bool {
    self == .compareExchangeStrong || self == .compareExchangeWeak
  }

  /// Whether the operation is arithmetic or compares numbers, and so does not exist on bytes.
  @inlinable @inline(__always) public var isArithmetic: Bool { rawValue & 0xF8 == 0x40 }

  /// Whether the operation compares byte strings, and so exists on bytes only.
  @inlinable @inline(__always) public var isByteComparison: Bool { rawValue & 0xFE == 0x48 }

  /// Whether the operation runs only where a condition holds, other than a compare-exchange's; it
  /// exists on integers only.
  @inlinable @inline(__always) public var isConditional: Bool { rawValue & 0xFC == 0x4C }

  /// Whether the operation may leave the value alone and say so, and so has a failure order.
  @inlinable @inline(__always) public var takesFailureOrder: Bool {
    isCompareExchange || isConditional
  }
}

extension AtomicOperation: Comparable {
  /// By the order of the table.
  @inlinable @inline(__always)
  public static func < (first: AtomicOperation, second: AtomicOperation) -> Bool {
    first.rawValue < second.rawValue
  }
}
