// SPDX-License-Identifier: Apache-2.0

/// A value in memory on which atomic operations run, with its type known at run time.
///
/// Its address was checked once, when the cell was made; operations are then total. Each is
/// lock-free and address-free: processes that map the same memory at different addresses may run
/// them at once.
///
/// **Thread safety**: any thread. The memory must outlive every use of the cell, as the maker of
/// the cell promises.
@safe
public struct AtomicCell: Sendable {
  @usableFromInline let location: AtomicLocation
  public let type: RegisterType

  /// Traps unless `address` is a multiple of the type's width.
  ///
  /// The caller promises that the memory stays mapped, readable and writable for as long as the
  /// cell is used, and that nothing but atomic operations of this width touch it meanwhile.
  @unsafe @inlinable
  public init(at address: UnsafeMutableRawPointer, type: RegisterType) {
    // Safety: the caller's promise is passed on.
    unsafe location = AtomicLocation(address, type.width)
    self.type = type
  }

  /// Runs `request`, which was checked against this cell's type.
  ///
  /// - Returns: The value found and the value left; what the operation does not learn by itself
  ///   (the new value of an addition) is worked out from what it does.
  /// - Complexity: One instruction, or a compare-exchange loop where the processor has none that
  ///   tells the old value: `or`, `xor`, `and`, `not`, `nand`, `andnot`, `neg`, `min`, `max`,
  ///   `byte_min`, `byte_max`, 1-byte bit operations, and 16-byte read-modify-writes. Never
  ///   blocks, never allocates.
  @inlinable
  public func perform(_ request: AtomicRequest) -> AtomicOutcome {
    #if DEBUG
      recordForProbe(request)
    #endif
    // Safety: the location was checked for this width, its maker promised the memory.
    return switch type.width {
    case .one: unsafe UInt8.perform(request, on: type.kind, at: location.address)
    case .two: unsafe UInt16.perform(request, on: type.kind, at: location.address)
    case .four: unsafe UInt32.perform(request, on: type.kind, at: location.address)
    case .eight: unsafe UInt64.perform(request, on: type.kind, at: location.address)
    case .sixteen: unsafe UInt128.perform(request, on: type.kind, at: location.address)
    }
  }

  /// The value's bits, zero-extended.
  ///
  /// - Parameter order: relaxed, acquire or seq_cst; traps otherwise.
  @inlinable
  public func load(_ order: MemoryOrder = .sequentiallyConsistent) -> UInt128 {
    precondition(order.isValidForLoad, "a load takes relaxed, acquire or seq_cst")
    return location.load(type.width, order)
  }

  /// Writes `bits`, of which those beyond the width are ignored.
  ///
  /// - Parameter order: relaxed, release or seq_cst; traps otherwise.
  @inlinable
  public func store(_ bits: UInt128, _ order: MemoryOrder = .sequentiallyConsistent) {
    precondition(order.isValidForStore, "a store takes relaxed, release or seq_cst")
    location.store(type.width, bits, order)
  }
}
