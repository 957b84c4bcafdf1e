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
        return perform([request, request], [cell, cell], turns)
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
        return try perform([call, call], [cell, cell], turns)
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

// Two of each, taken in turns: what a loop reads anew each time, the compiler can neither know nor
// decide before the loop.

@inline(never)
private func perform(_ requests: [AtomicRequest], _ cells: [AtomicCell], _ turns: Int) -> UInt64 {
  unsafe requests.withUnsafeBufferPointer { requests in
    unsafe cells.withUnsafeBufferPointer { cells in
      var sum: UInt64 = 0
      for turn in 0..<turns {
        // Safety: there are two of each.
        let outcome = unsafe cells[turn & 1].perform(requests[turn & 1])
        sum &+= UInt64(truncatingIfNeeded: outcome.old) &+ (outcome.succeeded ? 1 : 0)
      }
      return sum
    }
  }
}

@inline(never)
private func perform(
  _ calls: [Call], _ cells: [AtomicCell], _ turns: Int
) throws(OperationError) -> UInt64 {
  var sum: UInt64 = 0
  for turn in 0..<turns {
    let call = calls[turn & 1]
    let outcome = try cells[turn & 1].perform(
      call.operation, operand: call.operand, expected: call.expected, index: call.index,
      order: call.order, failureOrder: call.failureOrder)
    sum &+= UInt64(truncatingIfNeeded: outcome.old) &+ (outcome.succeeded ? 1 : 0)
  }
  return sum
}
