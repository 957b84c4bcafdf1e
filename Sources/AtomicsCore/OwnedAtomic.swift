// SPDX-License-Identifier: Apache-2.0

/// An atomic value that owns its memory, on the heap and freed with it.
///
/// Threads of this process share it by reference: as a property of a class, or borrowed. To share a
/// value with other processes, use an ``AtomicView`` over memory that they map.
///
/// **Thread safety**: any thread.
public struct OwnedAtomic<Value: AtomicValue>: AtomicAccess, ~Copyable, Sendable {
  public let location: AtomicLocation
  public var isReadOnly: Bool { false }

  /// An atomic that starts as `value`. Allocates; no operation does.
  ///
  /// Traps where 16 bytes have no lock-free operations on this machine.
  @inlinable
  public init(_ value: Value) {
    location = .allocate(Value.atomicWidth)
    // Whoever hands the atomic to another thread orders this store before its uses.
    store(value, order: .relaxed)
  }

  @inlinable
  deinit {
    location.deallocate()
  }
}

/// An atomic value that owns its memory, its type known at run time; else as ``OwnedAtomic``.
public struct OwnedCell: RuntimeAtomicAccess, ~Copyable, Sendable {
  public let location: AtomicLocation
  public let type: RegisterType
  public var isReadOnly: Bool { false }

  /// An atomic of `type` that starts as zero. Allocates; no operation does.
  ///
  /// - Throws: ``BufferError/unsupportedWidth(byteCount:readOnly:)`` where 16 bytes have no
  ///   lock-free operations on this machine.
  public init(_ type: RegisterType) throws(BufferError) {
    guard type.width.isLockFree else {
      throw .unsupportedWidth(byteCount: type.width.byteCount, readOnly: false)
    }
    self.type = type
    location = .allocate(type.width)
  }

  /// An atomic of `byteCount` bytes that starts as zero.
  ///
  /// - Throws: ``BufferError`` for a byte count that no operation covers, or no value of `kind`.
  public init(byteCount: Int, kind: AtomicKind) throws(BufferError) {
    try self.init(RegisterType.covering(byteCount, kind, readOnly: false))
  }

  /// Writes `bits`, of which those beyond the width are ignored: a store without the checks of
  /// `perform`.
  ///
  /// - Parameter order: relaxed, release or seq_cst; traps otherwise.
  @inlinable @inline(__always)
  public func store(_ bits: UInt128, order: MemoryOrder = .sequentiallyConsistent) {
    precondition(order.isValidForStore, "a store takes relaxed, release or seq_cst")
    location.store(type.width, bits, order)
  }

  deinit {
    location.deallocate()
  }
}

extension AtomicLocation {
  /// Zeroed memory of its own.
  @inlinable @inline(__always)
  static func allocate(_ width: AtomicWidth) -> AtomicLocation {
    let byteCount = width.byteCount
    let address = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: byteCount)
    // Safety: the memory is aligned, nobody else knows it, and it is freed after the last use.
    unsafe address.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return unsafe AtomicLocation(address, width)
  }

  /// Ends a location that `allocate` made, with the only owner, after the last use.
  @inlinable @inline(__always)
  func deallocate() {
    // Safety: the caller's promise.
    unsafe address.deallocate()
  }
}
