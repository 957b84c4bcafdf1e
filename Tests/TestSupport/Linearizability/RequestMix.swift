// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Requests of every kind that a register's type has, at random.
public struct RequestMix: Sendable {
  private var random: SeededGenerator

  public init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  public mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

  /// One request on a register of `type`.
  ///
  /// - Parameter last: The value that the client saw last, which half of the compare-exchanges
  ///   expect.
  public mutating func next(
    on type: RegisterType, last: UInt128
  ) throws(OperationError) -> AtomicRequest {
    let operations = AtomicOperation.allCases.filter { $0.exists(on: type.kind) }
    // The rest of the table is made of operations that always succeed.
    let operation =
      switch below(10) {
      case 0: AtomicOperation.load
      case 1: AtomicOperation.compareExchangeStrong
      case 2: AtomicOperation.compareExchangeWeak
      default: operations[below(operations.count)]
      }
    let orders = MemoryOrder.allCases.filter { operation.orders.permits($0) }
    let order = orders[below(orders.count)]
    var failureOrder: MemoryOrder?
    if operation.takesFailureOrder {
      let failures = MemoryOrder.allCases.filter { $0.isValidFailure(forSuccess: order) }
      failureOrder = below(2) == 0 ? nil : failures[below(failures.count)]
    }
    let takesOperand = operation.operands != .none && operation.operands != .index
    let takesExpected = operation.isCompareExchange || operation == .addUnless
    let operand = takesOperand ? value(of: type) : 0
    let expected = takesExpected ? (below(2) == 0 ? last : value(of: type)) : 0
    if operation.isBitOperation {
      return try AtomicRequest(
        operation, on: type, order: order, index: UInt8(below(type.width.bitCount)))
    }
    return try AtomicRequest(
      operation, on: type, modifier: modifier(of: operation, on: type), order: order,
      failureOrder: failureOrder, operand: operand, expected: expected)
  }

  /// One of those requests that a server may run as one where they stand side by side: additions of
  /// every kind, or one bitwise operation. A type that has neither gets any request.
  public mutating func next(
    inRun family: AtomicOperation, on type: RegisterType
  ) throws(OperationError) -> AtomicRequest {
    let sums: [AtomicOperation] = [.add, .sub, .increment, .decrement]
    let operation = family == .add ? sums[below(sums.count)] : family
    guard operation.exists(on: type.kind) else { return try next(on: type, last: 0) }
    let orders = MemoryOrder.allCases
    return try AtomicRequest(
      operation, on: type, order: orders[below(orders.count)],
      operand: operation.operands == .operand ? value(of: type) : 0)
  }

  /// What a run may be made of.
  public mutating func family() -> AtomicOperation {
    let families: [AtomicOperation] = [.add, .add, .or, .and, .xor]
    return families[below(families.count)]
  }

  /// A small number, which others take too, or one that hardly anybody else takes: what was seen of
  /// those leaves little choice of an order.
  private mutating func value(of type: RegisterType) -> UInt128 {
    let isSmall = below(2) == 0
    if type.kind == .float {
      let number = below(isSmall ? 6 : 1 << 20)
      return type.width == .four ? Float(number).atomicBits : Double(number).atomicBits
    }
    return isSmall ? UInt128(below(6)) : .random(in: 0...type.width.mask, using: &random)
  }

  private mutating func modifier(
    of operation: AtomicOperation, on type: RegisterType
  ) -> OperationModifier? {
    guard operation.modifier != .none, operation.modifier.exists(on: type.kind), below(2) == 0
    else { return nil }
    switch operation.modifier {
    case .none: return nil
    case .mask: return .mask(value(of: type.maskType))
    case .relation:
      return .relation(ValueRelation.allCases[below(ValueRelation.allCases.count)])
    case .overflow:
      let policy = below(2) == 0 ? OverflowPolicy.saturate : .fail
      return below(2) == 0
        ? .overflow(policy) : .overflow(policy, least: 2, greatest: UInt128(4 + below(6)))
    }
  }
}
