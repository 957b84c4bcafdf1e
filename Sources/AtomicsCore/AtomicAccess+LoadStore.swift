// SPDX-License-Identifier: Apache-2.0

extension AtomicReadAccess where Self: ~Copyable {
  /// Reads the value.
  ///
  /// - Parameter order: relaxed, acquiring or sequentially consistent; traps otherwise.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_load_explicit` (C11 7.17.7.2).
  @inlinable @inline(__always)
  public func load(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    precondition(order.isValidForLoad, "a load is relaxed, acquiring or sequentially consistent")
    return Value(atomicBits: location.load(Value.atomicWidth, order))
  }
}

extension AtomicAccess where Self: ~Copyable {
  /// Replaces the value by `value`.
  ///
  /// - Parameter order: relaxed, releasing or sequentially consistent; traps otherwise.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_store_explicit` (C11 7.17.7.1).
  @inlinable @inline(__always)
  public func store(_ value: Value, order: MemoryOrder = .sequentiallyConsistent) {
    precondition(order.isValidForStore, "a store is relaxed, releasing or sequentially consistent")
    location.store(Value.atomicWidth, value.atomicBits, order)
  }
}
