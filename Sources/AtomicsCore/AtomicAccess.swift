// SPDX-License-Identifier: Apache-2.0

/// Atomic operations on a value whose type is known at compile time: what ``AtomicView`` and
/// ``OwnedAtomic`` share. Only the library's own types conform.
///
/// Every operation is one indivisible step on as many bytes as the value is wide. The
/// read-modify-write `add` returns nothing, `fetchAdd` the old value, `addFetch` the new one.
/// Operations trap on an order that C11 does not permit them; orders are passed on unchanged.
///
/// **Complexity** of every operation: one instruction, or a compare-exchange loop where the
/// processor has none that does it: `neg`, `nand`, `min`, `max`, `byteMin` and `byteMax`; `or`,
/// `xor`, `and`, `not` and `andnot` whose result is used; 1-byte bit operations; all at 16 bytes,
/// which need ``AtomicWidth/isLockFree``, and where a load may write what it read. Such a loop
/// takes another turn only when another thread's operation came first. Never blocks, never
/// allocates.
public protocol AtomicAccess<Value>: ~Copyable, Sendable {
  associatedtype Value: AtomicValue
  /// Where the value lies.
  var location: AtomicLocation { get }
}

extension AtomicAccess where Self: ~Copyable {
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

  /// Replaces the value by `value`, and returns the old one.
  ///
  /// - Parameter order: Any order.
  /// - Returns: The value before.
  /// - Complexity: O(1).
  ///
  /// The corresponding C function is `atomic_exchange_explicit` (C11 7.17.7.3).
  @inlinable @inline(__always)
  public func exchange(_ value: Value, order: MemoryOrder = .sequentiallyConsistent) -> Value {
    Value(atomicBits: location.exchange(Value.atomicWidth, value.atomicBits, order))
  }

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
    return CompareExchangeResult(exchanged: done.ok, original: Value(atomicBits: done.old))
  }

  /// Replaces the value's bits by what `update` makes of them, and returns the old value: a loop
  /// whose failed turns only read (relaxed) and whose one success carries the order.
  @inlinable @inline(__always)
  func fetchUpdate(_ order: MemoryOrder, _ update: (UInt128) -> UInt128) -> Value {
    var old = location.load(Value.atomicWidth, .relaxed)
    while true {
      let done = location.compareExchange(
        Value.atomicWidth, old, update(old), weak: true, order, .relaxed)
      if done.ok { return Value(atomicBits: old) }
      old = done.old
    }
  }
}
