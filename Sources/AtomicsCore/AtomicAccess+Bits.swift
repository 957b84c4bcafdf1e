// SPDX-License-Identifier: Apache-2.0

extension AtomicReadAccess where Self: ~Copyable, Value: AtomicBitwiseValue {
  /// Reads one bit.
  ///
  /// - Parameters:
  ///   - index: The bit, counted from the least significant; of bytes, from that of the first byte
  ///     in memory. Traps unless below the width in bits.
  ///   - order: relaxed, acquiring or sequentially consistent; traps otherwise.
  /// - Returns: Whether the bit is set.
  /// - Complexity: O(1).
  ///
  /// C11 has no function for it; it is the bit of an `atomic_load_explicit` (7.17.7.2).
  @inlinable @inline(__always)
  public func bitTest(_ index: Int, order: MemoryOrder = .sequentiallyConsistent) -> Bool {
    precondition(
      order.isValidForLoad, "a bit test is relaxed, acquiring or sequentially consistent")
    return location.bitTest(Value.atomicWidth, checked(index), order)
  }

  @inlinable @inline(__always)
  func checked(_ index: Int) -> Int {
    precondition(
      index >= 0 && index < Value.atomicWidth.bitCount, "a bit index is below the width in bits")
    return index
  }
}

extension AtomicAccess where Self: ~Copyable, Value: AtomicBitwiseValue {
  /// Sets one bit, and returns what it was.
  ///
  /// - Parameters:
  ///   - index: The bit, counted as in ``AtomicReadAccess/bitTest(_:order:)``. Traps unless below
  ///     the width in bits.
  ///   - order: Any order.
  /// - Returns: Whether the bit was set before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_or_explicit` with one bit (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func bitTestAndSet(_ index: Int, order: MemoryOrder = .sequentiallyConsistent)
    -> Bool
  {
    location.bitTestSet(Value.atomicWidth, checked(index), order)
  }

  /// Clears one bit, and returns what it was.
  ///
  /// - Parameters:
  ///   - index: The bit, counted as in ``AtomicReadAccess/bitTest(_:order:)``. Traps unless below
  ///     the width in bits.
  ///   - order: Any order.
  /// - Returns: Whether the bit was set before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_and_explicit` with one bit (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func bitTestAndReset(_ index: Int, order: MemoryOrder = .sequentiallyConsistent)
    -> Bool
  {
    location.bitTestReset(Value.atomicWidth, checked(index), order)
  }

  /// Flips one bit, and returns what it was.
  ///
  /// - Parameters:
  ///   - index: The bit, counted as in ``AtomicReadAccess/bitTest(_:order:)``. Traps unless below
  ///     the width in bits.
  ///   - order: Any order.
  /// - Returns: Whether the bit was set before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_fetch_xor_explicit` with one bit (C11 7.17.7.5).
  @discardableResult @inlinable @inline(__always)
  public func bitTestAndComplement(_ index: Int, order: MemoryOrder = .sequentiallyConsistent)
    -> Bool
  {
    location.bitTestComplement(Value.atomicWidth, checked(index), order)
  }
}
