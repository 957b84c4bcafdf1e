// SPDX-License-Identifier: Apache-2.0

/// Atomic operations on a value whose type is known at run time: what ``AtomicCell``,
/// ``ReadOnlyCell``, ``OwnedCell`` and ``BorrowedCell`` share. Width, kind, order and operation are
/// values; what does not go together is an error, and nothing was run. Only the library's own types
/// conform.
///
///     let found = try cell.perform(.add, operand: cell.type.bits(of: -5), order: .relaxed).old
///     print(cell.type.format(found))
public protocol RuntimeAtomicAccess: AtomicProperties, ~Copyable {
  /// Where the value lies.
  var location: AtomicLocation { get }
}

extension RuntimeAtomicAccess where Self: ~Copyable {
  /// Checks and runs one operation.
  ///
  /// Values are bits zero-extended to 128; ``RegisterType/bits(of:)-(Integer)`` makes them of
  /// numbers, and ``RegisterType/format(_:)`` text of them.
  ///
  /// - Parameters:
  ///   - operand: The operand, or the desired value of a compare-exchange.
  ///   - expected: The value that a compare-exchange expects, or that `add_unless` leaves alone.
  ///   - index: The bit, from the least significant; of bytes, from that of the first in memory.
  ///   - modifier: What changes how the operation works.
  ///   - failureOrder: The order where the operation leaves the value alone; nil derives it.
  /// - Returns: The value found and the value left.
  /// - Throws: ``OperationError`` for an operation that the value has not, read-only or at all, an
  ///   order that the operation has not, an index, a value or a modifier that does not fit.
  /// - Complexity: Checks of some nanoseconds above ``AtomicCell/perform(_:)``, which runs a
  ///   request that was checked before. Never blocks, never allocates.
  @discardableResult @inlinable @inline(__always)
  public func perform(
    _ operation: AtomicOperation, operand: UInt128 = 0, expected: UInt128 = 0, index: Int = 0,
    modifier: OperationModifier? = nil, order: MemoryOrder = .sequentiallyConsistent,
    failureOrder: MemoryOrder? = nil
  ) throws(OperationError) -> AtomicOutcome {
    try location.perform(
      operation, on: type, readOnly: isReadOnly, operand: operand, expected: expected,
      index: index, modifier: modifier, order: order, failureOrder: failureOrder)
  }

  /// The value's bits, zero-extended: a load without the checks of `perform`.
  ///
  /// - Parameter order: relaxed, acquire or seq_cst; traps otherwise.
  @inlinable @inline(__always)
  public func load(order: MemoryOrder = .sequentiallyConsistent) -> UInt128 {
    precondition(order.isValidForLoad, "a load takes relaxed, acquire or seq_cst")
    return location.load(type.width, order)
  }

  /// The atomic as text: its kind, its value, which is loaded, and its properties.
  public var description: String {
    type.describe(
      location.load(type.width, .sequentiallyConsistent), isReadOnly: isReadOnly)
  }
}

extension AtomicLocation {
  /// Checks and runs one operation. Not generic, so that one compiled function serves every caller.
  @usableFromInline
  func perform(
    _ operation: AtomicOperation, on type: RegisterType, readOnly: Bool, operand: UInt128,
    expected: UInt128, index: Int, modifier: OperationModifier?, order: MemoryOrder,
    failureOrder: MemoryOrder?
  ) throws(OperationError) -> AtomicOutcome {
    perform(
      try AtomicRequest(
        operation, on: type, readOnly: readOnly, operand: operand, expected: expected,
        index: index, modifier: modifier, order: order, failureOrder: failureOrder), on: type)
  }
}

extension AtomicRequest {
  /// Checks everything, the index and whether the memory may be written among it.
  @inline(__always)
  init(
    _ operation: AtomicOperation, on type: RegisterType, readOnly: Bool, operand: UInt128,
    expected: UInt128, index: Int, modifier: OperationModifier?, order: MemoryOrder,
    failureOrder: MemoryOrder?
  ) throws(OperationError) {
    guard operation.exists(on: type.kind) else { throw .unsupportedOperation(operation, type) }
    guard !readOnly || operation.isReadOnly else { throw .readOnly(operation, type) }
    guard let modifier else {
      let isBit = operation.isBitOperation
      guard let bit = UInt8(exactly: isBit ? index : 0) else {
        throw .invalidIndex(Int128(index), bitCount: type.width.bitCount)
      }
      try self.init(
        operation, on: type, order: order, failureOrder: failureOrder,
        operand: isBit ? 0 : operand, expected: isBit ? 0 : expected, index: bit)
      return
    }
    try self.init(
      operation, on: type, modifier: modifier, order: order, failureOrder: failureOrder,
      operand: operand, expected: expected)
  }
}
