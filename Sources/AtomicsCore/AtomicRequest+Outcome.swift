// SPDX-License-Identifier: Apache-2.0

extension AtomicRequest {
  /// What this request left, given what it found: servers send one value, the other follows.
  ///
  /// The same sentence about each operation as `AtomicWord.perform`, on a value that is not at hand.
  ///
  /// - Parameter old: The value found; of a bit operation, the bit (0 or 1).
  /// - Parameter succeeded: False where a compare-exchange did not match.
  package func outcome(
    found old: UInt128, on type: RegisterType, succeeded: Bool = true
  ) -> AtomicOutcome {
    guard succeeded else { return AtomicOutcome(old: old, new: old, succeeded: false) }
    let mask = type.width.mask
    let new: UInt128 =
      switch operation {
      case .load, .bitTest: old
      case .store, .exchange, .compareExchangeStrong, .compareExchangeWeak: operand
      case .bitTestSet: 1
      case .bitTestReset: 0
      case .bitTestComplement: old ^ 1
      case .or: old | operand
      case .xor: old ^ operand
      case .and: old & operand
      case .not: ~old & mask
      case .nand: ~(old & operand) & mask
      case .andnot: old & ~operand
      case .add: (old &+ operand) & mask
      case .sub: (old &- operand) & mask
      case .increment: (old &+ 1) & mask
      case .decrement: (old &- 1) & mask
      case .negate: (0 &- old) & mask
      case .min, .byteMin: type.isLess(operand, than: old) ? operand : old
      case .max, .byteMax: type.isLess(old, than: operand) ? operand : old
      }
    return AtomicOutcome(old: operation == .store ? operand : old, new: new)
  }
}
