// SPDX-License-Identifier: Apache-2.0

public import CAtomics

/// One operation, checked against the type of its value and ready to run.
///
/// Values are bits zero-extended to 128, whatever the kind.
public struct AtomicRequest: Equatable, Sendable {
  /// What the request was checked against: it runs on values of this type only.
  public let type: RegisterType
  public let operation: AtomicOperation
  public let order: MemoryOrder
  /// The order where the operation leaves the value alone and says so; equal to `order` where it
  /// cannot.
  public let failureOrder: MemoryOrder
  /// The bit that a bit operation names; 0 elsewhere.
  public let index: UInt8
  /// How a compare-exchange compares; `equal` elsewhere.
  public let relation: ValueRelation
  /// What arithmetic does at the end of its range; `wrap` elsewhere.
  public let overflow: OverflowPolicy
  /// Whether no instruction does it, so that it is a loop over ``result(of:on:)``.
  @usableFromInline let runsByValue: Bool
  /// What `ca_perform` knows the request by. Kept, as an enumeration's raw value is looked up in a
  /// table each time it is asked for.
  @usableFromInline let code: UInt8
  /// The operand, or the desired value of a compare-exchange; 0 where there is none.
  public let operand: UInt128
  // An operation takes one of these at most: they share their place, as a request is passed around
  // on the data path.
  //   compare-exchange, add_unless   the value that is compared with
  //   exchange                       the bits that stay: the mask's complement
  //   arithmetic with a policy       the least value
  //   bit operations                 the index
  @usableFromInline let companion: UInt128
  /// Of arithmetic with a policy the greatest value; 0 elsewhere.
  @usableFromInline let limit: UInt128

  /// The value that a compare-exchange expects, or that `add_unless` leaves alone; 0 elsewhere.
  @inlinable @inline(__always) public var expected: UInt128 {
    operation.takesFailureOrder ? companion : 0
  }

  /// The bits that an exchange replaces, those beyond the width among them; all elsewhere.
  @inlinable @inline(__always) public var mask: UInt128 {
    operation == .exchange ? ~companion : .max
  }

  /// The range of arithmetic with another policy than `wrap`; nil elsewhere.
  @inlinable @inline(__always) public var bounds: (least: UInt128, greatest: UInt128)? {
    overflow == .wrap ? nil : (companion, limit)
  }

  /// Whether the request can end without the operation having been applied.
  @inlinable @inline(__always) public var canDecline: Bool {
    operation.takesFailureOrder || overflow == .fail
  }

  @inlinable @inline(__always)
  init(
    _ operation: AtomicOperation, on type: RegisterType, _ order: MemoryOrder,
    _ failureOrder: MemoryOrder?, index: UInt8, operand: UInt128, companion: UInt128,
    limit: UInt128 = 0, relation: ValueRelation = .equal,
    overflow: OverflowPolicy = .wrap, runsByValue: Bool
  ) {
    self.type = type
    self.operation = operation
    self.order = order
    let declines = operation.takesFailureOrder || overflow == .fail
    self.failureOrder = failureOrder ?? (declines ? order.derivedFailure : order)
    self.index = index
    self.relation = relation
    self.overflow = overflow
    self.runsByValue = runsByValue
    code = runsByValue ? UInt8(CA_NONE) : operation.instructionCode(order)
    self.operand = operand
    self.companion = operation.isBitOperation ? UInt128(index) : companion
    self.limit = limit
  }

  /// The same request with other values.
  ///
  /// - Parameters:
  ///   - operand: Must fit the type's width, and be 0 where the operation takes none.
  ///   - expected: As `operand`; of operations that compare with a value.
  @inlinable @inline(__always)
  public func with(operand: UInt128, expected: UInt128 = 0) -> AtomicRequest {
    precondition(operand | expected <= type.width.mask, "a value does not fit the request's type")
    return AtomicRequest(
      self, operand: operand, companion: operation.takesFailureOrder ? expected : companion)
  }

  @inlinable @inline(__always)
  init(_ other: AtomicRequest, operand: UInt128, companion: UInt128) {
    type = other.type
    operation = other.operation
    order = other.order
    failureOrder = other.failureOrder
    index = other.index
    relation = other.relation
    overflow = other.overflow
    runsByValue = other.runsByValue
    code = other.code
    self.operand = operand
    self.companion = companion
    limit = other.limit
  }

  /// Checks the orders alone, for faces that know the register only later.
  @inlinable @inline(__always)
  public static func check(
    _ order: MemoryOrder, _ failureOrder: MemoryOrder?, of operation: AtomicOperation
  ) throws(OperationError) {
    guard operation.orders.permits(order) else { throw .invalidOrder(operation, order) }
    guard let failureOrder else { return }
    guard operation.takesFailureOrder else { throw .failureOrderNotTaken(operation) }
    guard failureOrder.isValidFailure(forSuccess: order) else {
      throw .invalidFailureOrder(success: order, failure: failureOrder)
    }
  }

  /// Checks everything that the run needs.
  ///
  /// - Parameters:
  ///   - failureOrder: Nil derives it from `order`; only compare-exchanges and the conditional
  ///     operations take one.
  ///   - expected: The value that a compare-exchange expects, or that `add_unless` leaves alone.
  /// - Throws: ``OperationError`` for an operation that the type has not, an order that the
  ///   operation has not, an index or a value that does not fit. Nothing was run.
  @inlinable @inline(__always)
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
      throw .invalidIndex(Int128(index), bitCount: type.width.bitCount)
    }
    guard operand | expected <= type.width.mask else { throw .valueOutOfRange(type) }
    self.init(
      operation, on: type, order, failureOrder, index: index, operand: operand,
      companion: operation.takesFailureOrder ? expected : 0,
      runsByValue: operation.isConditional || type.kind == .float && operation.isArithmetic)
  }
}

/// What an operation found and left.
public struct AtomicOutcome: Equatable, Sendable {
  /// The value before the operation; of a bit operation, the bit (0 or 1).
  public let old: UInt128
  /// The value after the operation; of a bit operation, the bit (0 or 1).
  public let new: UInt128
  /// False where the operation left the value alone: a compare-exchange that did not match (or,
  /// weak, failed by itself), a condition that did not hold, a result out of bounds under the
  /// policy `fail`. `old` and `new` are then both the value found.
  public let succeeded: Bool

  @inlinable @inline(__always)
  public init(old: UInt128, new: UInt128, succeeded: Bool = true) {
    self.old = old
    self.new = new
    self.succeeded = succeeded
  }
}
