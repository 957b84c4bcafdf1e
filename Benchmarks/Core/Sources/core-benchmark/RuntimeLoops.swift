// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// An operation of which everything is known at run time only.
struct RuntimeOperation: Sendable {
  let operation: AtomicOperation
  let type: RegisterType
  let order: MemoryOrder
  let failureOrder: MemoryOrder

  private var namedFailureOrder: MemoryOrder? {
    operation.takesFailureOrder ? failureOrder : nil
  }

  /// A request that was made once, performed through a cell.
  var requests: Loop {
    { word, turns, operand, expected in
      do {
        let request = try AtomicRequest(
          operation, on: type, order: order, failureOrder: namedFailureOrder,
          operand: operation.operands == .operand || operation.isCompareExchange
            ? UInt128(operand) : 0, expected: UInt128(expected),
          index: operation.isBitOperation ? UInt8(measuredBit) : 0)
        let cell = word.cell(type)
        return perform(request, on: cell, turns)
      } catch {
        preconditionFailure("\(operation) on \(type.name): \(error)")
      }
    }
  }

  /// The call that takes all values, and checks them, every time.
  var calls: Loop {
    { word, turns, operand, expected in
      let call = Call(
        operation: operation,
        operand: operation.operands == .operand || operation.isCompareExchange
          ? UInt128(operand) : 0,
        expected: UInt128(expected), index: operation.isBitOperation ? measuredBit : 0,
        order: order, failureOrder: namedFailureOrder)
      let cell = word.cell(type)
      do {
        return try perform(call, on: cell, turns)
      } catch {
        preconditionFailure("\(operation) on \(type.name): \(error)")
      }
    }
  }
}

private struct Call {
  let operation: AtomicOperation
  let operand: UInt128
  let expected: UInt128
  let index: Int
  let order: MemoryOrder
  let failureOrder: MemoryOrder?
}

// Not inlined, so that nothing is known of what they take.

@inline(never)
private func perform(_ request: AtomicRequest, on cell: AtomicCell, _ turns: Int) -> UInt64 {
  var sum: UInt64 = 0
  repeatedly(turns) {
    let outcome = cell.perform(request)
    sum &+= UInt64(truncatingIfNeeded: outcome.old)
  }
  return sum
}

@inline(never)
private func perform(
  _ call: Call, on cell: AtomicCell, _ turns: Int
) throws(OperationError) -> UInt64 {
  var sum: UInt64 = 0
  try repeatedly(turns) { () throws(OperationError) in
    let outcome = try cell.perform(
      call.operation, operand: call.operand, expected: call.expected, index: call.index,
      order: call.order, failureOrder: call.failureOrder)
    sum &+= UInt64(truncatingIfNeeded: outcome.old)
  }
  return sum
}
