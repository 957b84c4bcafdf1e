// SPDX-License-Identifier: Apache-2.0

extension AtomicAccess where Self: ~Copyable {
  /// Replaces the value by what `transform` makes of it, in a compare-exchange loop: an operation
  /// that the library does not have.
  ///
  ///     let tripled = a.update { $0 * 3 }
  ///
  /// - Parameters:
  ///   - attempts: How often at most the exchange is tried; it fails where another thread's
  ///     operation came first. Traps unless positive.
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order of each look at the value: relaxed, acquiring or sequentially
  ///     consistent, and no stronger than `order`; traps otherwise. Nil stands for
  ///     ``MemoryOrder/derivedFailure``.
  ///   - transform: Makes the new value of the old one, or nil to leave it alone. It runs once for
  ///     each attempt, so it should change nothing else.
  /// - Returns: Whether the value was exchanged, the value that `transform` was given last, and the
  ///   value after.
  /// - Complexity: O(1) where nobody else writes, beside what `transform` costs.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func update<Failure: Error>(
    attempts: Int = .max, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil, _ transform: (Value) throws(Failure) -> Value?
  ) throws(Failure) -> CompareExchangeResult<Value> {
    precondition(attempts > 0, "an update is tried once at least")
    return try updateUnless(order, failureOrder, attempts: attempts) {
      bits throws(Failure) -> UInt128? in
      try transform(Value(atomicBits: bits))?.atomicBits
    }
  }

  /// Replaces the value's bits by what `transform` makes of them, unless that is nil.
  @inlinable @inline(__always)
  func updateUnless<Failure: Error>(
    _ order: MemoryOrder, _ failureOrder: MemoryOrder?, attempts: Int = .max,
    _ transform: (UInt128) throws(Failure) -> UInt128?
  ) throws(Failure) -> CompareExchangeResult<Value> {
    let failureOrder = failureOrder ?? order.derivedFailure
    precondition(
      failureOrder.isValidFailure(forSuccess: order),
      "a failure order is a load's, and no stronger than the success order")
    // The look that decides to leave the value alone is the operation's failure.
    var old = location.load(Value.atomicWidth, failureOrder)
    var attempt = 0
    while attempt < attempts, let new = try transform(old) {
      let done = location.compareExchange(
        Value.atomicWidth, old, new, weak: true, order, failureOrder)
      if done.ok {
        return CompareExchangeResult(
          exchanged: true, original: Value(atomicBits: old), new: Value(atomicBits: new))
      }
      old = done.old
      attempt += 1
    }
    let found = Value(atomicBits: old)
    return CompareExchangeResult(exchanged: false, original: found, new: found)
  }

  /// Replaces the value's bits by what `update` makes of them, and returns the old value: a loop
  /// whose failed turns only read (relaxed) and whose one success carries the order.
  @inlinable @inline(__always)
  func fetchUpdate(_ order: MemoryOrder, _ update: (UInt128) -> UInt128) -> Value {
    var old = location.load(Value.atomicWidth, .relaxed)
    while true {
      let done = location.compareExchange(
        Value.atomicWidth, old, update(old), weak: true, order, .relaxed)
      if done.ok { return Value(atomicBits: old) }
      old = done.old
    }
  }

  /// An operation of the table as such a loop.
  @inlinable @inline(__always)
  func fetchUpdate(_ operation: AtomicOperation, _ operand: Value, _ order: MemoryOrder) -> Value {
    fetchUpdate(order) {
      operation.result(of: $0, operand.atomicBits, on: Value.registerType)
    }
  }

  /// What an operation of the table makes of `old`.
  @inlinable @inline(__always)
  func result(_ operation: AtomicOperation, _ old: Value, _ operand: Value? = nil) -> Value {
    Value(
      atomicBits: operation.result(
        of: old.atomicBits, (operand ?? old).atomicBits, on: Value.registerType))
  }
}
