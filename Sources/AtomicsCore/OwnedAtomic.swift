// SPDX-License-Identifier: Apache-2.0

/// An atomic value that owns its memory, on the heap and freed with it.
///
/// Threads of this process share it by reference: as a property of a class, or borrowed. To share a
/// value with other processes, use an ``AtomicView`` over memory that they map.
///
/// **Thread safety**: any thread.
public struct OwnedAtomic<Value: AtomicValue>: AtomicAccess, ~Copyable, Sendable {
  public let location: AtomicLocation

  /// An atomic that starts as `value`. Allocates; no operation does.
  @inlinable
  public init(_ value: Value) {
    let byteCount = Value.atomicWidth.byteCount
    let address = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: byteCount)
    // Safety: the memory is aligned, nobody else knows it, and it is freed after the last use.
    unsafe address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    unsafe location = AtomicLocation(address, Value.atomicWidth)
    // Whoever hands the atomic to another thread orders this store before its uses.
    store(value, order: .relaxed)
  }

  @inlinable
  deinit {
    // Safety: `init` allocated it, and the end of the only owner is the end of its uses.
    unsafe location.address.deallocate()
  }
}
