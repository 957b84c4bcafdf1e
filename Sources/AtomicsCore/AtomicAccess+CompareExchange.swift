// SPDX-License-Identifier: Apache-2.0

extension AtomicAccess where Self: ~Copyable {
  /// Replaces the value by `desired` if it is `expected`, bit by bit.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`; traps otherwise. Nil stands for
  ///     ``MemoryOrder/derivedFailure``.
  /// - Returns: Whether it was exchanged, and the value that was found.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_compare_exchange_strong_explicit` (C11 7.17.7.4).
  @inlinable @inline(__always)
  public func compareExchange(
    expected: Value, desired: Value, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    compareExchange(expected, desired, weak: false, order, failureOrder ?? order.derivedFailure)
  }

  /// Replaces the value by `desired` if it is `expected`, bit by bit; may leave it alone even then,
  /// which suits a loop that tries again.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`; traps otherwise. Nil stands for
  ///     ``MemoryOrder/derivedFailure``.
  /// - Returns: Whether it was exchanged, and the value that was found.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_compare_exchange_weak_explicit` (C11 7.17.7.4).
  @inlinable @inline(__always)
  public func weakCompareExchange(
    expected: Value, desired: Value, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    compareExchange(expected, desired, weak: true, order, failureOrder ?? order.derivedFailure)
  }

  @inlinable @inline(__always)
  func compareExchange(
    _ expected: Value, _ desired: Value, weak: Bool, _ order: MemoryOrder,
    _ failureOrder: MemoryOrder
  ) -> CompareExchangeResult<Value> {
    precondition(
      failureOrder.isValidFailure(forSuccess: order),
      "a failure order is a load's, and no stronger than the success order")
    let done = location.compareExchange(
      Value.atomicWidth, expected.atomicBits, desired.atomicBits, weak: weak, order, failureOrder)
    let original = Value(atomicBits: done.old)
    return CompareExchangeResult(
      exchanged: done.ok, original: original, new: done.ok ? desired : original)
  }
}

extension AtomicAccess where Self: ~Copyable {
  /// Replaces the value by `desired` when the value stands to `expected` as `relation` says:
  /// `.less` where the value is less than `expected`.
  ///
  /// Integers compare by their value, bytes from the first one in memory. Floats compare by their
  /// value (with a NaN nothing holds, and -0 is 0), but for `equal` and `notEqual` by their bits.
  ///
  /// - Parameters:
  ///   - order: The order where the value is exchanged; any.
  ///   - failureOrder: The order where it is not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`; traps otherwise. Nil stands for
  ///     ``MemoryOrder/derivedFailure``.
  /// - Returns: Whether it was exchanged, and the value that was found.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @inlinable @inline(__always)
  public func compareExchange(
    when relation: ValueRelation, _ expected: Value, desired: Value,
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    updateUnless(order, failureOrder) {
      relation.holds($0, expected.atomicBits, on: Value.registerType) ? desired.atomicBits : nil
    }
  }

  /// Replaces the value by `desired` when it stands to `expected` as `relation` says; may leave it
  /// alone even then, which suits a loop that tries again. Else as
  /// ``compareExchange(when:_:desired:order:failureOrder:)``.
  @inlinable @inline(__always)
  public func weakCompareExchange(
    when relation: ValueRelation, _ expected: Value, desired: Value,
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    updateUnless(order, failureOrder, attempts: 1) {
      relation.holds($0, expected.atomicBits, on: Value.registerType) ? desired.atomicBits : nil
    }
  }
}
