// SPDX-License-Identifier: Apache-2.0

/// A value in memory on which atomic operations run, with its type known at compile time. The same
/// memory with the type known at run time is an ``AtomicCell``.
///
/// Operations are those of ``AtomicAccess``. In an optimised build each is its bare instruction,
/// without a branch where the order is a literal. Each is lock-free and address-free: processes
/// that map the same memory at different addresses may run them at once.
///
///     let hits = unsafe AtomicUInt<UInt64>(at: pointer)
///     let ticket = hits.fetchInc(order: .relaxed)
///
/// **Thread safety**: any thread. The memory must outlive every use of the view, as the maker of
/// the view promises.
@safe
public struct AtomicView<Value: AtomicValue>: AtomicAccess, Sendable {
  public let location: AtomicLocation
  public var isReadOnly: Bool { false }

  /// A view over the memory at `address`, as wide as `Value` and in native byte order. It may be
  /// heap memory, a private or a shared mapping. What lies there is the first value.
  ///
  /// Traps unless `address` is a multiple of the width, for bytes unless there are 1, 2, 4, 8 or 16
  /// of them, and for 16 bytes unless ``AtomicWidth/isLockFree``.
  ///
  /// The caller promises that the memory stays mapped, readable and writable for as long as the
  /// view is used, and that nothing but atomic operations of this width touch it meanwhile.
  @unsafe @inlinable @inline(__always)
  public init(at address: UnsafeMutableRawPointer) {
    // Safety: the caller's promise is passed on.
    unsafe location = AtomicLocation(address, Value.atomicWidth)
  }

  /// A view over a cell's memory, on the promise that the cell's maker gave, or nil unless the
  /// cell's type is `Value`.
  @inlinable @inline(__always)
  public init?(_ cell: AtomicCell) {
    guard cell.type == Value.registerType else { return nil }
    location = cell.location
  }
}

/// A signed integer in memory.
public typealias AtomicInt<Value: AtomicInteger & SignedInteger> = AtomicView<Value>

/// An unsigned integer in memory.
public typealias AtomicUInt<Value: AtomicInteger & UnsignedInteger> = AtomicView<Value>

/// A float in memory, which is loaded, stored, exchanged and compared by its bits, and added to by
/// its value.
public typealias AtomicFloat<Value: AtomicFloatingPoint> = AtomicView<Value>

/// 1, 2, 4, 8 or 16 opaque bytes in memory.
public typealias AtomicBytes<let byteCount: Int> = AtomicView<InlineArray<byteCount, UInt8>>

extension AtomicView: CustomStringConvertible {}
