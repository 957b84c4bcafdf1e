// SPDX-License-Identifier: Apache-2.0

// Each is a read-modify-write with its order, also where the value stays the same.
// Byte strings are compared from the first byte in memory.

extension AtomicAccess where Self: ~Copyable, Value: AtomicInteger {
  /// Replaces the value by `operand` if that is less.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it (C++26 has): a loop of `atomic_compare_exchange_weak_explicit`.
  @inlinable @inline(__always)
  public func min(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchMin(operand, order: order)
  }

  /// Replaces the value by `operand` if that is less, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it (C++26 has): a loop of `atomic_compare_exchange_weak_explicit`.
  @discardableResult @inlinable @inline(__always)
  public func fetchMin(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it (C++26 has): a loop of `atomic_compare_exchange_weak_explicit`.
  @discardableResult @inlinable @inline(__always)
  public func minFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.min, fetchMin(operand, order: order), operand)
  }

  /// Replaces the value by `operand` if that is greater.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it (C++26 has): a loop of `atomic_compare_exchange_weak_explicit`.
  @inlinable @inline(__always)
  public func max(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchMax(operand, order: order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it (C++26 has): a loop of `atomic_compare_exchange_weak_explicit`.
  @discardableResult @inlinable @inline(__always)
  public func fetchMax(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it (C++26 has): a loop of `atomic_compare_exchange_weak_explicit`.
  @discardableResult @inlinable @inline(__always)
  public func maxFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.max, fetchMax(operand, order: order), operand)
  }
}

extension AtomicAccess where Self: ~Copyable, Value: AtomicByteString {
  /// Replaces the value by `operand` if its bytes come first.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @inlinable @inline(__always)
  public func byteMin(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchByteMin(operand, order: order)
  }

  /// Replaces the value by `operand` if its bytes come first, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func fetchByteMin(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent)
    -> Value
  {
    fetchUpdate(.byteMin, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come first, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func byteMinFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent)
    -> Value
  {
    result(.byteMin, fetchByteMin(operand, order: order), operand)
  }

  /// Replaces the value by `operand` if its bytes come last.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @inlinable @inline(__always)
  public func byteMax(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchByteMax(operand, order: order)
  }

  /// Replaces the value by `operand` if its bytes come last, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func fetchByteMax(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent)
    -> Value
  {
    fetchUpdate(.byteMax, operand, order)
  }

  /// Replaces the value by `operand` if its bytes come last, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func byteMaxFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent)
    -> Value
  {
    result(.byteMax, fetchByteMax(operand, order: order), operand)
  }
}
