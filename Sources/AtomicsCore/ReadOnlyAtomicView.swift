// SPDX-License-Identifier: Apache-2.0

/// A value in memory that may be mapped read-only, with its type known at compile time: it offers
/// loads and bit tests, and nothing else compiles.
///
/// **Thread safety**: any thread. The memory must outlive every use of the view, as the maker of
/// the view promises.
@safe
public struct ReadOnlyAtomicView<Value: AtomicValue>: AtomicReadAccess, Sendable {
  public let location: AtomicLocation
  public var isReadOnly: Bool { true }

  /// A view over the memory at `address`, as wide as `Value` and in native byte order.
  ///
  /// Traps unless `address` is a multiple of the width, and for 16 bytes unless a load of them only
  /// reads on this machine (``AtomicWidth/hasReadOnlyLoad``).
  ///
  /// The caller promises that the memory stays mapped and readable for as long as the view is used,
  /// and that nothing but atomic operations of this width touch it meanwhile.
  @unsafe @inlinable @inline(__always)
  public init(at address: UnsafeRawPointer) {
    precondition(
      Value.atomicWidth.hasReadOnlyLoad, "this machine's 16-byte load writes what it read")
    // Safety: the caller's promise is passed on; only loads follow, which write nothing.
    unsafe location = AtomicLocation(UnsafeMutableRawPointer(mutating: address), Value.atomicWidth)
  }

  /// A view over the value that lies `offset` bytes into `buffer`.
  ///
  /// - Throws: ``BufferError`` for a value that does not lie within the buffer, a misaligned
  ///   address, 16 bytes where a load of them would write.
  @unsafe
  public init(in buffer: UnsafeRawBufferPointer, at offset: Int = 0) throws(BufferError) {
    // Safety: the caller's promise is passed on.
    location = try unsafe AtomicLocation(
      in: buffer, at: offset, Value.registerType, readOnly: true)
  }

  /// What a view that may write shows to who may not. Traps for 16 bytes where a load of them would
  /// write.
  @inlinable
  public init(_ view: AtomicView<Value>) {
    precondition(
      Value.atomicWidth.hasReadOnlyLoad, "this machine's 16-byte load writes what it read")
    location = view.location
  }
}

extension ReadOnlyAtomicView: CustomStringConvertible {}
