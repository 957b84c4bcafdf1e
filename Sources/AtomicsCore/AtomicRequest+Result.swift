// SPDX-License-Identifier: Apache-2.0

extension AtomicOperation {
  /// What the operation, without modifier and condition, makes of the value `old`; of loads, `old`.
  ///
  /// The one place that says what operations on values do: the loops of both faces run on it, and
  /// where an instruction does the work, it tells what the instruction left. Where operation and
  /// type are known at compile time, only the one arm is left of it.
  ///
  /// - Returns: Bits of the width, zero-extended.
  @inlinable @inline(__always)
  func result(of old: UInt128, _ operand: UInt128, on type: RegisterType) -> UInt128 {
    if type.kind == .float && isArithmetic {
      return type.width == .four
        ? result(of: Float(atomicBits: old), Float(atomicBits: operand)).atomicBits
        : result(of: Double(atomicBits: old), Double(atomicBits: operand)).atomicBits
    }
    return switch self {
    case .load, .bitTest, .bitTestSet, .bitTestReset, .bitTestComplement: old
    case .store, .exchange, .compareExchangeStrong, .compareExchangeWeak: operand
    case .or: old | operand
    case .xor: old ^ operand
    case .and: old & operand
    case .not: ~old & type.width.mask
    case .nand: ~(old & operand) & type.width.mask
    case .andnot: old & ~operand
    case .add, .addUnless: (old &+ operand) & type.width.mask
    case .sub: (old &- operand) & type.width.mask
    case .increment, .incrementIfNotZero: (old &+ 1) & type.width.mask
    case .decrement, .decrementIfPositive: (old &- 1) & type.width.mask
    case .negate: (0 &- old) & type.width.mask
    case .min, .byteMin: type.isLess(operand, than: old) ? operand : old
    case .max, .byteMax: type.isLess(old, than: operand) ? operand : old
    }
  }

  /// What arithmetic makes of a float.
  @inlinable @inline(__always)
  func result<Value: AtomicFloatingPoint>(of old: Value, _ operand: Value) -> Value {
    switch self {
    case .add: Value.sum(old, operand)
    case .sub: Value.difference(old, operand)
    case .min: Value.lesser(old, operand)
    default: Value.greater(old, operand)
    }
  }

  /// Whether a conditional operation leaves the value `old` alone.
  ///
  /// - Parameter unless: The value that `add_unless` leaves alone.
  @inlinable @inline(__always)
  func spares(_ old: UInt128, unless: UInt128, on type: RegisterType) -> Bool {
    switch self {
    case .addUnless: old == unless
    case .incrementIfNotZero: old == 0
    case .decrementIfPositive: !type.isLess(0, than: old)
    default: false
    }
  }
}

extension AtomicRequest {
  /// What an exchange of some bits makes of the value `old`: those of `kept` stay.
  @inlinable @inline(__always)
  static func merged(_ old: UInt128, _ operand: UInt128, kept: UInt128) -> UInt128 {
    old & kept | operand & ~kept
  }

  /// What the request makes of the value `old`, or nil where it leaves it alone. Not for bit
  /// operations.
  ///
  /// - Returns: Bits of the width, zero-extended.
  @usableFromInline
  package func result(of old: UInt128, on type: RegisterType) -> UInt128? {
    switch operation {
    case .exchange: Self.merged(old, operand, kept: companion)
    case .compareExchangeStrong, .compareExchangeWeak:
      relation.holds(old, companion, on: type) ? operand : nil
    case _ where operation.spares(old, unless: companion, on: type): nil
    case _ where overflow == .wrap: operation.result(of: old, operand, on: type)
    case _ where type.kind == .signed:
      bounded(type.signed(old), type.signed, width: type.width)
    default: bounded(old, { $0 }, width: type.width)
    }
  }

  /// Arithmetic under the policy, on integers that hold every value of the width.
  private func bounded<Value: FixedWidthInteger>(
    _ old: Value, _ integer: (UInt128) -> Value, width: AtomicWidth
  ) -> UInt128? {
    let range = integer(companion)...integer(limit)
    let new =
      switch operation {
      case .add: old.adding(integer(operand), overflow, within: range)
      case .sub: old.subtracting(integer(operand), overflow, within: range)
      case .increment: old.adding(1, overflow, within: range)
      case .decrement: old.subtracting(1, overflow, within: range)
      default: (0 as Value).subtracting(old, overflow, within: range)
      }
    return new.map { UInt128(truncatingIfNeeded: $0) & width.mask }
  }

  /// What this request found and left, given what it found: an instruction tells one value, and
  /// servers send one; the other follows. Nothing is left of what the caller does not use.
  ///
  /// - Parameter old: The value found; of a bit operation, the bit (0 or 1).
  /// - Parameter succeeded: False where the request left the value alone.
  @inlinable @inline(__always)
  package func outcome(
    found old: UInt128, on type: RegisterType, succeeded: Bool = true
  ) -> AtomicOutcome {
    let new =
      if !succeeded { old } else if !runsByValue || operation.isCompareExchange {
        leftByInstruction(old, on: type)
      } else {
        result(of: old, on: type) ?? old
      }
    // A store finds nothing.
    return AtomicOutcome(
      old: operation == .store ? operand : old, new: new, succeeded: succeeded)
  }

  /// What an instruction that was applied left of `old`. Nothing in it traps, so that nothing is
  /// left of it where the caller does not ask.
  @inlinable @inline(__always)
  func leftByInstruction(_ old: UInt128, on type: RegisterType) -> UInt128 {
    switch operation {
    case .bitTestSet: 1
    case .bitTestReset: 0
    case .bitTestComplement: old ^ 1
    default: operation.result(of: old, operand, on: type)
    }
  }
}
