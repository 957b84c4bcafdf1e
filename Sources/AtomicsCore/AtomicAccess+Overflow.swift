// SPDX-License-Identifier: Apache-2.0

// Arithmetic that does not wrap. What it does at the end of the range belongs to the operation,
// never to the value: others may add to the same memory as they like.

extension AtomicAccess where Self: ~Copyable, Value: AtomicInteger {
  /// Adds `operand`; where the exact result leaves `range`, does what `policy` says.
  ///
  /// - Parameters:
  ///   - policy: `saturate` stores the end of the range that was passed, `fail` leaves the value
  ///     alone, `wrap` keeps the low bits.
  ///   - range: By default all values of the type. A value outside of it, that others left, counts
  ///     by its exact result too. Traps where it is given and the policy is `wrap`.
  ///   - order: Any order; where the value is left alone, ``MemoryOrder/derivedFailure`` of it.
  /// - Returns: Whether it was applied, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func add(
    _ operand: Value, overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> CompareExchangeResult<Value> {
    bounded(policy, range, order) { value, range in value.adding(operand, policy, within: range) }
  }

  /// Subtracts `operand`; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func sub(
    _ operand: Value, overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> CompareExchangeResult<Value> {
    bounded(policy, range, order) { value, range in
      value.subtracting(operand, policy, within: range)
    }
  }

  /// Adds 1; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func inc(
    overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> CompareExchangeResult<Value> {
    bounded(policy, range, order) { value, range in value.adding(1, policy, within: range) }
  }

  /// Subtracts 1; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func dec(
    overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> CompareExchangeResult<Value> {
    bounded(policy, range, order) { value, range in value.subtracting(1, policy, within: range) }
  }

  /// Negates the value; where the exact result leaves `range`, does what `policy` says.
  ///
  /// The parameters are those of ``add(_:overflow:within:order:)``.
  ///
  /// - Returns: Whether it was applied, the value before and the value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func neg(
    overflow policy: OverflowPolicy, within range: ClosedRange<Value>? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) -> CompareExchangeResult<Value> {
    bounded(policy, range, order) { value, range in
      (0 as Value).subtracting(value, policy, within: range)
    }
  }

  @inlinable @inline(__always)
  func bounded(
    _ policy: OverflowPolicy, _ range: ClosedRange<Value>?, _ order: MemoryOrder,
    _ result: (Value, ClosedRange<Value>) -> Value?
  ) -> CompareExchangeResult<Value> {
    precondition(range == nil || policy != .wrap, "a range needs the policy saturate or fail")
    let range = range ?? Value.min...Value.max
    // Only `fail` leaves the value alone by what it read.
    return updateUnless(order, policy == .fail ? nil : .relaxed) {
      result(Value(atomicBits: $0), range)?.atomicBits
    }
  }
}
