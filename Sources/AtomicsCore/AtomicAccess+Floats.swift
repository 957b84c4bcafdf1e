// SPDX-License-Identifier: Apache-2.0

// Floats by value. No processor here has an instruction for it.

extension AtomicAccess where Self: ~Copyable, Value: AtomicFloatingPoint {
  /// Adds `operand`, rounding to nearest; of NaNs the canonical one results.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_add` (C++20).
  @inlinable @inline(__always)
  public func add(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchAdd(operand, order: order)
  }

  /// Adds `operand`, rounding to nearest, and returns the old value; of NaNs the canonical one
  /// results.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_add` (C++20).
  @discardableResult @inlinable @inline(__always)
  public func fetchAdd(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.add, operand, order)
  }

  /// Adds `operand`, rounding to nearest, and returns the new value; of NaNs the canonical one
  /// results.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_add` (C++20).
  @discardableResult @inlinable @inline(__always)
  public func addFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.add, fetchAdd(operand, order: order), operand)
  }

  /// Subtracts `operand`, rounding to nearest; of NaNs the canonical one results.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_sub` (C++20).
  @inlinable @inline(__always)
  public func sub(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchSub(operand, order: order)
  }

  /// Subtracts `operand`, rounding to nearest, and returns the old value; of NaNs the canonical
  /// one results.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_sub` (C++20).
  @discardableResult @inlinable @inline(__always)
  public func fetchSub(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.sub, operand, order)
  }

  /// Subtracts `operand`, rounding to nearest, and returns the new value; of NaNs the canonical
  /// one results.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_sub` (C++20).
  @discardableResult @inlinable @inline(__always)
  public func subFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.sub, fetchSub(operand, order: order), operand)
  }

  /// Replaces the value by `operand` if that is less; a NaN gives way to a number, and -0 is less
  /// than 0.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_fminimum_num` (C++26).
  @inlinable @inline(__always)
  public func min(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchMin(operand, order: order)
  }

  /// Replaces the value by `operand` if that is less, and returns the old value; a NaN gives way
  /// to a number, and -0 is less than 0.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_fminimum_num` (C++26).
  @discardableResult @inlinable @inline(__always)
  public func fetchMin(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.min, operand, order)
  }

  /// Replaces the value by `operand` if that is less, and returns the new value; a NaN gives way
  /// to a number, and -0 is less than 0.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_fminimum_num` (C++26).
  @discardableResult @inlinable @inline(__always)
  public func minFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.min, fetchMin(operand, order: order), operand)
  }

  /// Replaces the value by `operand` if that is greater; a NaN gives way to a number, and 0 is
  /// greater than -0.
  ///
  /// - Parameter order: Any order.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_fmaximum_num` (C++26).
  @inlinable @inline(__always)
  public func max(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) {
    fetchMax(operand, order: order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the old value; a NaN gives
  /// way to a number, and 0 is greater than -0.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_fmaximum_num` (C++26).
  @discardableResult @inlinable @inline(__always)
  public func fetchMax(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    fetchUpdate(.max, operand, order)
  }

  /// Replaces the value by `operand` if that is greater, and returns the new value; a NaN gives
  /// way to a number, and 0 is greater than -0.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value after.
  /// - Complexity: O(1) where nobody else writes; see ``AtomicAccess``.
  ///
  /// The corresponding C++ function is `atomic<float>::fetch_fmaximum_num` (C++26).
  @discardableResult @inlinable @inline(__always)
  public func maxFetch(_ operand: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    result(.max, fetchMax(operand, order: order), operand)
  }
}
