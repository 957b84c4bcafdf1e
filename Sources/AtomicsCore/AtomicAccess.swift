// SPDX-License-Identifier: Apache-2.0

/// Reading a value whose type is known at compile time: what every typed atomic can do, those over
/// read-only memory too. Only the library's own types conform.
public protocol AtomicReadAccess<Value>: AtomicProperties, ~Copyable {
  associatedtype Value: AtomicValue
  /// Where the value lies.
  var location: AtomicLocation { get }
}

/// Atomic operations on a value whose type is known at compile time: what ``AtomicView``,
/// ``OwnedAtomic`` and ``BorrowedAtomic`` share. Only the library's own types conform.
///
/// Every operation is one indivisible step on as many bytes as the value is wide. The
/// read-modify-write `add` returns nothing, `fetchAdd` the old value, `addFetch` the new one.
/// Operations trap on an order that C11 does not permit them, and replace none by another; a
/// processor may give more than was asked.
///
/// **Complexity** of every operation: one instruction, or a compare-exchange loop where the
/// processor has none that does it: `neg`, `nand`, `min`, `max`, `byteMin` and `byteMax`; `or`,
/// `xor`, `and`, `not` and `andnot` whose result is used; arithmetic on floats or with an overflow
/// policy, masks, relations and conditions; 1-byte bit operations; all at 16 bytes, which need
/// ``AtomicWidth/isLockFree``, and where a load may write what it read. Such a loop takes another
/// turn only when another thread's operation came first. Never blocks, never allocates.
///
/// There are no operators: `a += 1` would hide an order and invite `a = a + 1`, which is two
/// operations.
public protocol AtomicAccess<Value>: AtomicReadAccess, ~Copyable {}

extension AtomicReadAccess where Self: ~Copyable {
  /// What the value is, as a run-time value.
  @inlinable public var type: RegisterType { Value.registerType }

  /// The atomic as text: its kind, its value, which is loaded, and its properties.
  public var description: String {
    Value.registerType.describe(load().atomicBits, isReadOnly: isReadOnly)
  }

  /// The value as it lies in memory, byte by byte.
  ///
  /// - Parameter order: relaxed, acquiring or sequentially consistent; traps otherwise.
  /// - Complexity: One load; allocates the array.
  public func bytes(order: MemoryOrder = .sequentiallyConsistent) -> [UInt8] {
    Value.registerType.bytes(of: load(order: order).atomicBits)
  }
}
