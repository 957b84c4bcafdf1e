// SPDX-License-Identifier: Apache-2.0

// Each runs only where its condition holds, and tells whether it did.

extension AtomicAccess where Self: ~Copyable, Value: AtomicInteger {
  /// Adds `operand`, wrapping on overflow, unless the value is `unless`.
  ///
  /// - Parameters:
  ///   - order: The order where it adds; any.
  ///   - failureOrder: The order where it does not: relaxed, acquiring or sequentially consistent,
  ///     and no stronger than `order`; traps otherwise. Nil stands for
  ///     ``MemoryOrder/derivedFailure``.
  /// - Returns: Whether it added, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func addUnless(
    _ operand: Value, equal unless: Value, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    conditionally(.addUnless, operand, unless, order, failureOrder)
  }

  /// Adds 1, wrapping on overflow, unless the value is 0: takes a reference to what still has one.
  ///
  /// - Parameters:
  ///   - order: The order where it adds; any.
  ///   - failureOrder: The order where it does not, as of
  ///     ``addUnless(_:equal:order:failureOrder:)``.
  /// - Returns: Whether it added, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func incrementIfNotZero(
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    conditionally(.incrementIfNotZero, 0, 0, order, failureOrder)
  }

  /// Subtracts 1 if the value is greater than 0: takes one of what there are so many.
  ///
  /// - Parameters:
  ///   - order: The order where it subtracts; any.
  ///   - failureOrder: The order where it does not, as of
  ///     ``addUnless(_:equal:order:failureOrder:)``.
  /// - Returns: Whether it subtracted, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func decrementIfPositive(
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil
  ) -> CompareExchangeResult<Value> {
    conditionally(.decrementIfPositive, 0, 0, order, failureOrder)
  }

  @inlinable @inline(__always)
  func conditionally(
    _ operation: AtomicOperation, _ operand: Value, _ unless: Value, _ order: MemoryOrder,
    _ failureOrder: MemoryOrder?
  ) -> CompareExchangeResult<Value> {
    let type = Value.registerType
    return updateUnless(order, failureOrder) {
      operation.spares($0, unless: unless.atomicBits, on: type)
        ? nil : operation.result(of: $0, operand.atomicBits, on: type)
    }
  }
}
