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
    switch self {
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
}

extension AtomicRequest {
  /// What the request makes of the value `old`, or nil where it leaves it alone. Not for bit
  /// operations.
  ///
  /// - Returns: Bits of the width, zero-extended.
  @usableFromInline
  func result(of old: UInt128, on type: RegisterType) -> UInt128? {
    guard runsByValue || operation.takesFailureOrder else {
      return operation.result(of: old, operand, on: type)
    }
    switch operation {
    case .exchange: return old & companion | operand & ~companion
    case .compareExchangeStrong, .compareExchangeWeak:
      return relation.holds(old, companion, on: type) ? operand : nil
    case .addUnless where old == companion: return nil
    case .incrementIfNotZero where old == 0: return nil
    case .decrementIfPositive where !type.isLess(0, than: old): return nil
    case .add, .sub, .min, .max:
      if type.kind == .float {
        return type.width == .four
          ? result(of: Float(atomicBits: old)) : result(of: Double(atomicBits: old))
      }
    default: break
    }
    guard overflow != .wrap else { return operation.result(of: old, operand, on: type) }
    return type.kind == .signed
      ? bounded(type.signed(old), type.signed, width: type.width)
      : bounded(old, { $0 }, width: type.width)
  }

  private func result<Value: AtomicFloatingPoint>(of old: Value) -> UInt128 {
    let operand = Value(atomicBits: operand)
    return switch operation {
    case .add: Value.sum(old, operand).atomicBits
    case .sub: Value.difference(old, operand).atomicBits
    case .min: Value.lesser(old, operand).atomicBits
    default: Value.greater(old, operand).atomicBits
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

  /// What an instruction that was applied left of `old`. Nothing in it traps, so that nothing is left
  /// of it where the caller does not ask.
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
