// SPDX-License-Identifier: Apache-2.0

extension AtomicWord {
  /// Runs `request` on the word at `address`, a value of `kind`: the one place where an operation
  /// of the table meets its instruction.
  ///
  /// Safety: see ``AtomicWord``; `request` was checked, so its order, index and values fit.
  @unsafe @inlinable
  static func perform(
    _ request: AtomicRequest, on kind: AtomicKind, at address: UnsafeMutableRawPointer
  ) -> AtomicOutcome {
    let order = Int32(request.order.rawValue)
    let operand = Self(truncatingIfNeeded: request.operand)
    switch request.operation {
    case .load:
      let value = unsafe load(address, order)
      return outcome(value, value)
    case .store:
      unsafe store(address, operand, order)
      return outcome(operand, operand)
    case .exchange:
      return unsafe outcome(exchange(address, operand, order), operand)
    case .compareExchangeStrong, .compareExchangeWeak:
      let done = unsafe compareExchange(
        address, Self(truncatingIfNeeded: request.expected), operand,
        weak: request.operation == .compareExchangeWeak, order,
        Int32(request.failureOrder.rawValue))
      return AtomicOutcome(
        old: UInt128(done.old), new: UInt128(done.ok ? operand : done.old), succeeded: done.ok)
    case .bitTest:
      let bit = unsafe bitTest(address, UInt32(request.index), order)
      return bitOutcome(bit, bit)
    case .bitTestSet:
      return unsafe bitOutcome(bitTestSet(address, UInt32(request.index), order), true)
    case .bitTestReset:
      return unsafe bitOutcome(bitTestReset(address, UInt32(request.index), order), false)
    case .bitTestComplement:
      let bit = unsafe bitTestComplement(address, UInt32(request.index), order)
      return bitOutcome(bit, !bit)
    case .or:
      let old = unsafe fetchOr(address, operand, order)
      return outcome(old, old | operand)
    case .xor:
      let old = unsafe fetchXor(address, operand, order)
      return outcome(old, old ^ operand)
    case .and:
      let old = unsafe fetchAnd(address, operand, order)
      return outcome(old, old & operand)
    case .not:
      let old = unsafe fetchXor(address, Self.max, order)
      return outcome(old, ~old)
    case .nand:
      let old = unsafe fetchUpdate(address, order) { ~($0 & operand) }
      return outcome(old, ~(old & operand))
    case .andnot:
      let old = unsafe fetchAnd(address, ~operand, order)
      return outcome(old, old & ~operand)
    case .add:
      let old = unsafe fetchAdd(address, operand, order)
      return outcome(old, old &+ operand)
    case .sub:
      let old = unsafe fetchSub(address, operand, order)
      return outcome(old, old &- operand)
    case .increment:
      let old = unsafe fetchAdd(address, 1, order)
      return outcome(old, old &+ 1)
    case .decrement:
      let old = unsafe fetchSub(address, 1, order)
      return outcome(old, old &- 1)
    case .negate:
      let old = unsafe fetchNeg(address, order)
      return outcome(old, 0 &- old)
    case .min, .byteMin:
      let old = unsafe fetchUpdate(address, order) { kind.lesser($0, operand) }
      return outcome(old, kind.lesser(old, operand))
    case .max, .byteMax:
      let old = unsafe fetchUpdate(address, order) { kind.greater($0, operand) }
      return outcome(old, kind.greater(old, operand))
    }
  }

  /// Replaces the word by what `update` makes of it, and returns the old one.
  ///
  /// For operations that no processor here does in one instruction: a compare-exchange loop whose
  /// failed turns only read (relaxed) and whose one success carries the order. It writes even what
  /// equals the old word, so that every order is kept (C++26 says the same of `fetch_min`).
  ///
  /// Safety: see ``AtomicWord``. `update` may run several times.
  @unsafe @inlinable
  static func fetchUpdate(
    _ address: UnsafeMutableRawPointer, _ order: Int32, _ update: (Self) -> Self
  ) -> Self {
    let relaxed = Int32(MemoryOrder.relaxed.rawValue)
    var old = unsafe load(address, relaxed)
    while true {
      let done = unsafe compareExchange(address, old, update(old), weak: true, order, relaxed)
      if done.ok { return old }
      old = done.old
    }
  }

  @inlinable
  static func outcome(_ old: Self, _ new: Self) -> AtomicOutcome {
    AtomicOutcome(old: UInt128(old), new: UInt128(new))
  }

  @inlinable
  static func bitOutcome(_ old: Bool, _ new: Bool) -> AtomicOutcome {
    AtomicOutcome(old: old ? 1 : 0, new: new ? 1 : 0)
  }
}
