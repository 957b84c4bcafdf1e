// SPDX-License-Identifier: Apache-2.0

extension AtomicAccess where Self: ~Copyable, Value: AtomicBitwiseValue {
  /// Sets the bits that are set in `operand`.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_or_explicit` (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func or(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchOr(operand, order: order)
  }

  /// Sets the bits that are set in `operand`, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_or_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchOr(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchOr(Value.atomicWidth, operand.atomicBits, order))
  }

  /// Sets the bits that are set in `operand`, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_or_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func orFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.or, fetchOr(operand, order: order), operand)
  }

  /// Flips the bits that are set in `operand`.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func xor(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchXor(operand, order: order)
  }

  /// Flips the bits that are set in `operand`, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchXor(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchXor(Value.atomicWidth, operand.atomicBits, order))
  }

  /// Flips the bits that are set in `operand`, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func xorFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.xor, fetchXor(operand, order: order), operand)
  }

  /// Clears the bits that are clear in `operand`.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func and(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchAnd(operand, order: order)
  }

  /// Clears the bits that are clear in `operand`, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchAnd(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchAnd(Value.atomicWidth, operand.atomicBits, order))
  }

  /// Clears the bits that are clear in `operand`, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func andFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.and, fetchAnd(operand, order: order), operand)
  }

  /// Flips every bit.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` with all ones (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func not(order: MemoryOrder = .sequentiallyConsistent) {
    fetchNot(order: order)
  }

  /// Flips every bit, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` with all ones (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchNot(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchXor(Value.atomicWidth, UInt128.max, order))
  }

  /// Flips every bit, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` with all ones (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func notFetch(order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.not, fetchNot(order: order))
  }

  /// Replaces the value by `~(value & operand)`.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @inlinable @inline(__always)
  public func nand(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchNand(operand, order: order)
  }

  /// Replaces the value by `~(value & operand)`, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func fetchNand(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.nand, operand, order)
  }

  /// Replaces the value by `~(value & operand)`, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// C11 has no function for it: a loop of `atomic_compare_exchange_weak_explicit` (7.17.7.4).
  @discardableResult @inlinable @inline(__always)
  public func nandFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.nand, fetchNand(operand, order: order), operand)
  }

  /// Clears the bits that are set in `operand`.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` of the complement (C11 7.17.7.5).
  @inlinable @inline(__always)
  public func andnot(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchAndnot(operand, order: order)
  }

  /// Clears the bits that are set in `operand`, and returns the old value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` of the complement (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func fetchAndnot(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.fetchAnd(Value.atomicWidth, ~operand.atomicBits, order))
  }

  /// Clears the bits that are set in `operand`, and returns the new value.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` of the complement (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func andnotFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.andnot, fetchAndnot(operand, order: order), operand)
  }
}
