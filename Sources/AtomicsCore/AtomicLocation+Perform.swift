// SPDX-License-Identifier: Apache-2.0

extension AtomicLocation {
  /// Runs `request` on the value here, which is of `type`: the one place where an operation of the
  /// table meets its instruction.
  ///
  /// The request was checked against the type, so its order, index and values fit.
  @inlinable
  func perform(_ request: AtomicRequest, on type: RegisterType) -> AtomicOutcome {
    if request.runsByValue { return performByValue(request, on: type) }
    let width = type.width
    let order = request.order
    let operand = request.operand
    /// `operation` is a literal everywhere, so that nothing is left of the switch behind it.
    @inline(__always)
    func outcome(_ operation: AtomicOperation, _ old: UInt128) -> AtomicOutcome {
      AtomicOutcome(old: old, new: operation.result(of: old, operand, on: type))
    }
    @inline(__always)
    func bit(_ old: Bool, _ new: Bool) -> AtomicOutcome {
      AtomicOutcome(old: old ? 1 : 0, new: new ? 1 : 0)
    }
    switch request.operation {
    case .load: return outcome(.load, load(width, order))
    case .store:
      store(width, operand, order)
      return AtomicOutcome(old: operand, new: operand)
    case .exchange: return outcome(.exchange, exchange(width, operand, order))
    case .compareExchangeStrong, .compareExchangeWeak:
      let done = compareExchange(
        width, request.companion, operand, weak: request.operation == .compareExchangeWeak, order,
        request.failureOrder)
      return AtomicOutcome(old: done.old, new: done.ok ? operand : done.old, succeeded: done.ok)
    case .bitTest:
      let old = bitTest(width, Int(request.index), order)
      return bit(old, old)
    case .bitTestSet: return bit(bitTestSet(width, Int(request.index), order), true)
    case .bitTestReset: return bit(bitTestReset(width, Int(request.index), order), false)
    case .bitTestComplement:
      let old = bitTestComplement(width, Int(request.index), order)
      return bit(old, !old)
    case .or: return outcome(.or, fetchOr(width, operand, order))
    case .xor: return outcome(.xor, fetchXor(width, operand, order))
    case .and: return outcome(.and, fetchAnd(width, operand, order))
    case .not: return outcome(.not, fetchXor(width, .max, order))
    case .andnot: return outcome(.andnot, fetchAnd(width, ~operand, order))
    case .add: return outcome(.add, fetchAdd(width, operand, order))
    case .sub: return outcome(.sub, fetchSub(width, operand, order))
    case .increment: return outcome(.increment, fetchAdd(width, 1, order))
    case .decrement: return outcome(.decrement, fetchSub(width, 1, order))
    case .nand, .negate, .min, .max, .byteMin, .byteMax, .addUnless, .incrementIfNotZero,
      .decrementIfPositive:
      return performByValue(request, on: type)
    }
  }

  /// Runs a request that no processor here does in one instruction: a compare-exchange loop.
  ///
  /// Its failed turns only read, and its one success carries the order. It writes even what equals
  /// the old value, so that every order is kept (C++26 says the same of `fetch_min`).
  @usableFromInline
  func performByValue(_ request: AtomicRequest, on type: RegisterType) -> AtomicOutcome {
    let width = type.width
    // The look that decides to leave the value alone is the operation's failure.
    let readOrder = request.canDecline ? request.failureOrder : .relaxed
    var old = load(width, readOrder)
    while let new = request.result(of: old, on: type) {
      let done = compareExchange(width, old, new, weak: true, request.order, readOrder)
      if done.ok { return AtomicOutcome(old: old, new: new) }
      old = done.old
      // A weak one may fail by itself: it need not try again.
      if request.operation == .compareExchangeWeak { break }
    }
    return AtomicOutcome(old: old, new: old, succeeded: false)
  }
}
