// SPDX-License-Identifier: Apache-2.0

/// Why an operation was refused before it ran; the register is untouched.
public enum OperationError: Error, Equatable {
  /// The operation does not exist on values of this type.
  case unsupportedOperation(AtomicOperation, RegisterType)
  /// The operation does not permit this memory order.
  case invalidOrder(AtomicOperation, MemoryOrder)
  /// The failure order is no load order, or ranks above the success order.
  case invalidFailureOrder(success: MemoryOrder, failure: MemoryOrder)
  /// A failure order was given to an operation that cannot fail.
  case failureOrderNotTaken(AtomicOperation)
  /// The bit index is not below the number of bits.
  case invalidIndex(UInt64, bitCount: Int)
  /// An operand has bits beyond the width.
  case valueOutOfRange(RegisterType)
}

extension OperationError: CustomStringConvertible {
  /// One sentence: what was wrong and what is allowed.
  public var description: String {
    switch self {
    case .unsupportedOperation(let operation, let type):
      return "\(operation.row.name) does not exist on \(type.name) registers"
    case .invalidOrder(let operation, let order):
      let permitted = MemoryOrder.allCases.filter { operation.orders.permits($0) }
        .map(\.name).joined(separator: ", ")
      return "\(operation.row.name) does not permit order \(order.name); it permits \(permitted)"
    case .invalidFailureOrder(let success, let failure):
      let permitted = MemoryOrder.allCases.filter { $0.isValidFailure(forSuccess: success) }
        .map(\.name).joined(separator: ", ")
      return
        "failure order \(failure.name) does not go with order \(success.name); it permits "
        + permitted
    case .failureOrderNotTaken(let operation):
      return "\(operation.row.name) takes no failure order; only cmpxchg_* do"
    case .invalidIndex(let index, let bitCount):
      return "bit index \(index) is out of range; this register has bits 0 to \(bitCount - 1)"
    case .valueOutOfRange(let type):
      return "the value does not fit \(type.name); it takes \(type.rangeText)"
    }
  }
}
