// SPDX-License-Identifier: Apache-2.0

extension AtomicAccess where Self: ~Copyable {
  /// Replaces the value by `value`, and returns the old one.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_exchange_explicit` (C11 7.17.7.3).
  @discardableResult @inlinable @inline(__always)
  public func exchange(_ value: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.exchange(Value.atomicWidth, value.atomicBits, order))
  }
}

extension AtomicAccess where Self: ~Copyable, Value: AtomicBitwiseValue {
  /// Replaces the bits that are set in `mask` by those of `value`, keeps the others, and returns
  /// the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func exchange(
    _ value: Value, mask: Value, order: MemoryOrder = .sequentiallyConsistent
  ) -> Value {
    fetchUpdate(order) {
      AtomicRequest.merged($0, value.atomicBits, kept: ~mask.atomicBits)
    }
  }
}
