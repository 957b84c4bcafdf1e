// SPDX-License-Identifier: Apache-2.0

/// One operation, checked against the type of its register and ready to run.
///
/// Values are bits zero-extended to 128, whatever the kind.
public struct AtomicRequest: Equatable, Sendable {
  public let operation: AtomicOperation
  public let order: MemoryOrder
  /// The order of a compare-exchange that does not match; equal to `order` elsewhere.
  public let failureOrder: MemoryOrder
  /// The bit that a bit operation names; 0 elsewhere.
  public let index: UInt8
  /// The operand, or the desired value of a compare-exchange; 0 where there is none.
  public let operand: UInt128
  /// The value that a compare-exchange expects; 0 elsewhere.
  public let expected: UInt128

  /// Checks the orders alone, for faces that know the register only later.
  @inlinable
  public static func check(
    _ order: MemoryOrder, _ failureOrder: MemoryOrder?, of operation: AtomicOperation
  ) throws(OperationError) {
    guard operation.orders.permits(order) else { throw .invalidOrder(operation, order) }
    guard let failureOrder else { return }
    guard operation.isCompareExchange else { throw .failureOrderNotTaken(operation) }
    guard failureOrder.isValidFailure(forSuccess: order) else {
      throw .invalidFailureOrder(success: order, failure: failureOrder)
    }
  }

  /// Checks everything that the run needs.
  ///
  /// - Parameter failureOrder: Nil derives it from `order`; only compare-exchanges take one.
  /// - Throws: ``OperationError`` for an operation that the type has not, an order that the
  ///   operation has not, an index or a value that does not fit. Nothing was run.
  @inlinable
  public init(
    _ operation: AtomicOperation, on type: RegisterType,
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil,
    operand: UInt128 = 0, expected: UInt128 = 0, index: UInt8 = 0
  ) throws(OperationError) {
    guard operation.exists(on: type.kind) else {
      throw .unsupportedOperation(operation, type)
    }
    try Self.check(order, failureOrder, of: operation)
    guard !operation.isBitOperation || Int(index) < type.width.bitCount else {
      throw .invalidIndex(UInt64(index), bitCount: type.width.bitCount)
    }
    guard operand | expected <= type.width.mask else { throw .valueOutOfRange(type) }
    self.operation = operation
    self.order = order
    self.failureOrder = failureOrder ?? (operation.isCompareExchange ? order.derivedFailure : order)
    self.index = index
    self.operand = operand
    self.expected = expected
  }
}

/// What an operation found and left.
public struct AtomicOutcome: Equatable, Sendable {
  /// The value before the operation; of a bit operation, the bit (0 or 1).
  public let old: UInt128
  /// The value after the operation; of a bit operation, the bit (0 or 1).
  public let new: UInt128
  /// False for a compare-exchange that did not match (or, weak, failed by itself): `old` and `new`
  /// are then both the value found.
  public let succeeded: Bool

  @inlinable
  public init(old: UInt128, new: UInt128, succeeded: Bool = true) {
    self.old = old
    self.new = new
    self.succeeded = succeeded
  }
}
