// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// One operation as the methods of typed registers ask for it: what the asynchronous and the
/// blocking ones have in common.
struct TypedRequest<Value: AtomicValue>: Sendable {
  let operation: AtomicOperation
  let operand: Value?
  /// The value that a compare-exchange expects, or that `addUnless` leaves alone.
  var expected: Value?
  /// The bit that a bit operation names.
  var index = 0
  var modifier: OperationModifier?
  let order: MemoryOrder
  var failureOrder: MemoryOrder?

  init(_ operation: AtomicOperation, _ operand: Value?, _ order: MemoryOrder) {
    self.operation = operation
    self.operand = operand
    self.order = order
  }

  /// The request that a transport carries.
  ///
  /// - Parameter name: The register, for the text of the error.
  /// - Throws: ``ClientError/usage(_:)`` for an order or an index that cannot be, and for bounds
  ///   without a policy.
  func checked(for name: String) throws(ClientError) -> AtomicRequest {
    let type = Value.registerType
    do throws(OperationError) {
      guard operation.isBitOperation else {
        return try AtomicRequest(
          operation, on: type, modifier: modifier, order: order, failureOrder: failureOrder,
          operand: operand?.atomicBits ?? 0, expected: expected?.atomicBits ?? 0)
      }
      guard let bit = UInt8(exactly: index) else {
        throw .invalidIndex(Int128(index), bitCount: type.width.bitCount)
      }
      return try AtomicRequest(operation, on: type, order: order, index: bit)
    } catch {
      throw .usage("`\(name)`: \(error).")
    }
  }
}

extension TypedRequest {
  /// An exchange of the bits that are set in `mask`.
  static func masked(_ value: Value, _ mask: Value, _ order: MemoryOrder) -> TypedRequest {
    var request = TypedRequest(.exchange, value, order)
    request.modifier = .mask(mask.atomicBits)
    return request
  }

  /// A compare-exchange.
  static func comparing(
    _ operation: AtomicOperation, _ relation: ValueRelation, _ expected: Value, _ desired: Value,
    _ order: MemoryOrder, _ failureOrder: MemoryOrder?
  ) -> TypedRequest {
    var request = conditional(operation, desired, expected, order, failureOrder)
    request.modifier = .relation(relation)
    return request
  }

  /// An operation that runs only where a condition holds.
  static func conditional(
    _ operation: AtomicOperation, _ operand: Value?, _ expected: Value?, _ order: MemoryOrder,
    _ failureOrder: MemoryOrder?
  ) -> TypedRequest {
    var request = TypedRequest(operation, operand, order)
    request.expected = expected
    request.failureOrder = failureOrder
    return request
  }

  /// Arithmetic with an overflow policy.
  static func bounded(
    _ operation: AtomicOperation, _ operand: Value?, _ policy: OverflowPolicy,
    _ range: ClosedRange<Value>?, _ order: MemoryOrder
  ) -> TypedRequest where Value: AtomicInteger {
    var request = TypedRequest(operation, operand, order)
    request.modifier = .overflow(
      policy, least: range?.lowerBound.atomicBits, greatest: range?.upperBound.atomicBits)
    return request
  }

  /// An operation on one bit.
  static func bit(
    _ operation: AtomicOperation, _ index: Int, _ order: MemoryOrder
  ) -> TypedRequest {
    var request = TypedRequest(operation, nil, order)
    request.index = index
    return request
  }
}

extension AtomicValue {
  /// Checks what an update was told, and returns the order of its looks.
  static func checkUpdate(
    of name: String, _ attempts: Int, _ order: MemoryOrder, _ failureOrder: MemoryOrder?
  ) throws(ClientError) -> MemoryOrder {
    guard attempts > 0 else { throw .usage("`\(name)`: an update is tried once at least.") }
    let value = Self(atomicBits: 0)
    return try TypedRequest.comparing(
      .compareExchangeStrong, .equal, value, value, order, failureOrder
    ).checked(for: name).failureOrder
  }
}
