// SPDX-License-Identifier: Apache-2.0

// Two's complement makes signed and unsigned addition the same instruction.

extension AtomicAccess where Self: ~Copyable, Value: AtomicInteger {
  /// Adds `operand`, wrapping on overflow.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_add_explicit` (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func add(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchAdd(operand, order: order)
  }

  /// Adds `operand`, wrapping on overflow, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_add_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchAdd(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchAdd(Value.atomicWidth, operand.atomicBits, order))
  }

  /// Adds `operand`, wrapping on overflow, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_add_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func addFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.add, fetchAdd(operand, order: order), operand)
  }

  /// Subtracts `operand`, wrapping on overflow.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_sub_explicit` (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func sub(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchSub(operand, order: order)
  }

  /// Subtracts `operand`, wrapping on overflow, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_sub_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchSub(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchSub(Value.atomicWidth, operand.atomicBits, order))
  }

  /// Subtracts `operand`, wrapping on overflow, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_sub_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func subFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.sub, fetchSub(operand, order: order), operand)
  }

  /// Adds 1, wrapping on overflow.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_add_explicit` of 1 (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func inc(order: MemoryOrder = .sequentiallyConsistent) {
    fetchInc(order: order)
  }

  /// Adds 1, wrapping on overflow, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_add_explicit` of 1 (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchInc(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchAdd(Value.atomicWidth, 1, order))
  }

  /// Adds 1, wrapping on overflow, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_add_explicit` of 1 (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func incFetch(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.increment, fetchInc(order: order))
  }

  /// Subtracts 1, wrapping on overflow.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_sub_explicit` of 1 (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func dec(order: MemoryOrder = .sequentiallyConsistent) {
    fetchDec(order: order)
  }

  /// Subtracts 1, wrapping on overflow, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_sub_explicit` of 1 (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchDec(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchSub(Value.atomicWidth, 1, order))
  }

  /// Subtracts 1, wrapping on overflow, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_sub_explicit` of 1 (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func decFetch(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.decrement, fetchDec(order: order))
  }

  /// Negates the value, wrapping on overflow.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @inlinable @inline(__always)
  public func neg(order: MemoryOrder = .sequentiallyConsistent) {
    fetchNeg(order: order)
  }

  /// Negates the value, wrapping on overflow, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func fetchNeg(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.negate, 0, order)
  }

  /// Negates the value, wrapping on overflow, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func negFetch(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.negate, fetchNeg(order: order))
  }
}
