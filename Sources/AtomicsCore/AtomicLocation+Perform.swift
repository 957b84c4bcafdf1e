// SPDX-License-Identifier: Apache-2.0

public import CAtomics

extension AtomicLocation {
  /// Runs `request` on the value here, which is of `type`: the one place where an operation of the
  /// table meets its instruction.
  ///
  /// The request was checked against the type, so its order, index and values fit. Inlined into
  /// whoever runs requests: a call would cost as much as the rest beside the instruction.
  @inlinable @inline(__always)
  func perform(_ request: AtomicRequest, on type: RegisterType) -> AtomicOutcome {
    // Safety: as for every operation in AtomicLocation.
    let done = unsafe ca_perform(
      address, UInt32(request.code), type.width.code, request.order.code,
      request.failureOrder.code, ca_pair(request.operand), ca_pair(request.companion))
    guard done.handled else { return performByValue(request, on: type) }
    let old = UInt128(done.old)
    return AtomicOutcome(
      old: old, new: done.ok ? request.leftByInstruction(old, on: type) : old, succeeded: done.ok)
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

extension AtomicOperation {
  /// What `ca_perform` calls the operation with `order`; none where no instruction does it.
  @inlinable @inline(__always)
  func instructionCode(_ order: MemoryOrder) -> UInt8 {
    let code =
      switch self {
      case .load: CA_LOAD
      case .store: order == .sequentiallyConsistent ? CA_STORE_SEQ_CST : CA_STORE
      case .exchange: CA_EXCHANGE
      case .compareExchangeStrong: CA_CMPXCHG
      #if DEBUG
        // Its failures are made by the loop.
        case .compareExchangeWeak: CA_NONE
      #else
        case .compareExchangeWeak: CA_CMPXCHG
      #endif
      case .bitTest: CA_BIT_TEST
      case .bitTestSet: CA_BIT_TEST_SET
      case .bitTestReset: CA_BIT_TEST_RESET
      case .bitTestComplement: CA_BIT_TEST_COMPL
      case .or: CA_OR
      case .xor: CA_XOR
      case .and: CA_AND
      case .not: CA_NOT
      case .andnot: CA_ANDNOT
      case .add: CA_ADD
      case .sub: CA_SUB
      case .increment: CA_INC
      case .decrement: CA_DEC
      case .nand, .negate, .min, .max, .byteMin, .byteMax, .addUnless, .incrementIfNotZero,
        .decrementIfPositive:
        CA_NONE
      }
    return UInt8(truncatingIfNeeded: code)
  }
}
