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
public struct AtomicCell: RuntimeAtomicAccess, Sendable {
  public let location: AtomicLocation
  public let type: RegisterType
  public var isReadOnly: Bool { false }

  /// Traps unless `address` is a multiple of the type's width, and where 16 bytes have no lock-free
  /// operations here (``AtomicWidth/isLockFree``).
  ///
  /// The caller promises that the memory stays mapped, readable and writable for as long as the
  /// cell is used, and that nothing but atomic operations of this width touch it meanwhile.
  @unsafe @inlinable @inline(__always)
  public init(at address: UnsafeMutableRawPointer, type: RegisterType) {
    // Safety: the caller's promise is passed on.
    unsafe self.init(AtomicLocation(address, type.width), type)
  }

  @inlinable @inline(__always)
  init(_ location: AtomicLocation, _ type: RegisterType) {
    self.location = location
    self.type = type
  }

  /// Runs `request`. Traps unless it was made for this cell's type.
  ///
  /// - Returns: The value found and the value left; what the operation does not learn by itself
  ///   (the new value of an addition) is worked out from what it does.
  /// - Complexity: One instruction, or a compare-exchange loop where the processor has none that
  ///   tells the old value: `or`, `xor`, `and`, `not`, `nand`, `andnot`, `neg`, `min`, `max`,
  ///   `byte_min`, `byte_max`, the conditional operations, whatever has a modifier, arithmetic on
  ///   floats, 1-byte bit operations, and 16-byte read-modify-writes. Never blocks, never
  ///   allocates.
  @inlinable @inline(__always)
  public func perform(_ request: AtomicRequest) -> AtomicOutcome {
    #if DEBUG
      recordForProbe(request)
    #endif
    precondition(request.type == type, "a request runs on values of the type that it was made for")
    return location.perform(request, on: type)
  }

  /// Adds to a value of at most 8 bytes, whatever its kind: `perform` of an addition, without the
  /// choice among all operations. Traps for 16 bytes.
  ///
  /// - Returns: The value found.
  /// - Complexity: One instruction.
  @inlinable @inline(__always)
  public func addWord(_ word: UInt64, order: MemoryOrder) -> UInt64 {
    precondition(type.width != .sixteen, "a value of 16 bytes is not added to by words")
    #if DEBUG
      if let request = try? AtomicRequest(
        .add, on: type, order: order, operand: UInt128(word) & type.width.mask)
      {
        recordForProbe(request)
      }
    #endif
    return location.fetchAddWord(type.width, word, order)
  }

  /// Reads a value of at most 8 bytes. Traps for 16 bytes, and for another order than a load's.
  ///
  /// - Complexity: One instruction.
  @inlinable @inline(__always)
  public func loadWord(order: MemoryOrder) -> UInt64 {
    precondition(type.width != .sixteen, "a value of 16 bytes is not read as a word")
    precondition(order.isValidForLoad, "a load takes relaxed, acquire or seq_cst")
    #if DEBUG
      if let request = try? AtomicRequest(.load, on: type, order: order) {
        recordForProbe(request)
      }
    #endif
    return location.loadWord(type.width, order)
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
}

extension AtomicCell: CustomStringConvertible {}

/// A value in memory that may be mapped read-only, with its type known at run time: it offers loads
/// and bit tests, and refuses all else.
///
/// **Thread safety**: any thread. The memory must outlive every use of the cell, as the maker of
/// the cell promises.
@safe
public struct ReadOnlyCell: RuntimeAtomicAccess, Sendable {
  public let location: AtomicLocation
  public let type: RegisterType
  public var isReadOnly: Bool { true }

  init(_ location: AtomicLocation, _ type: RegisterType) {
    self.location = location
    self.type = type
  }
}

extension ReadOnlyCell: CustomStringConvertible {}
