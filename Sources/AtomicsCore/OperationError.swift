// SPDX-License-Identifier: Apache-2.0

/// Why an operation was refused before it ran; the value is untouched.
public enum OperationError: Error, Equatable {
  /// The operation does not exist on values of this type.
  case unsupportedOperation(AtomicOperation, RegisterType)
  /// The operation writes, and the memory may be read only.
  case readOnly(AtomicOperation, RegisterType)
  /// The operation does not permit this memory order.
  case invalidOrder(AtomicOperation, MemoryOrder)
  /// The failure order is no load order, or ranks above the success order.
  case invalidFailureOrder(success: MemoryOrder, failure: MemoryOrder)
  /// A failure order was given to an operation that cannot fail.
  case failureOrderNotTaken(AtomicOperation)
  /// The bit index is not below the number of bits.
  case invalidIndex(Int128, bitCount: Int)
  /// An operand has bits beyond the width.
  case valueOutOfRange(RegisterType)
  /// The operation does not take this modifier on any type.
  case modifierNotTaken(AtomicOperation, ModifierClass)
  /// The operation does not take this modifier on this type.
  case unsupportedModifier(AtomicOperation, ModifierClass, RegisterType)
  /// Bounds came with the policy `wrap`, which has no use for them.
  case boundsWithoutPolicy(AtomicOperation)
  /// The least bound is greater than the greatest.
  case emptyBounds(RegisterType, least: UInt128, greatest: UInt128)
  /// The scope of the view has ended.
  case scopeEnded
}

extension OperationError: CustomStringConvertible {
  /// One sentence: what was wrong and what is allowed.
  public var description: String {
    switch self {
    case .unsupportedOperation(let operation, let type):
      return "\(operation.row.name) does not exist on \(type.name) registers"
    case .readOnly(let operation, let type):
      return "\(operation.row.name) is not supported on read-only \(type.name) values; "
        + "load and bit_test are"
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
      return "\(operation.row.name) takes no failure order; only cmpxchg_* and conditional "
        + "operations do"
    case .invalidIndex(let index, let bitCount):
      return "bit index \(index) is out of range; this register has bits 0 to \(bitCount - 1)"
    case .valueOutOfRange(let type):
      return "the value does not fit \(type.name); it takes \(type.rangeText)"
    case .modifierNotTaken(let operation, let modifier):
      let takers = AtomicOperation.allCases.filter { $0.modifier == modifier }.map(\.row.name)
      return "\(operation.row.name) takes no \(modifier.title); it goes with "
        + takers.joined(separator: ", ")
    case .unsupportedModifier(let operation, let modifier, let type):
      return "\(operation.row.name) takes no \(modifier.title) on \(type.name) registers"
    case .boundsWithoutPolicy(let operation):
      return "bounds on \(operation.row.name) need the overflow policy saturate or fail"
    case .emptyBounds(let type, let least, let greatest):
      return "the least bound \(type.format(least)) is greater than the greatest, "
        + type.format(greatest)
    case .scopeEnded:
      return "the scope of this view has ended; enter a new one"
    }
  }
}

extension ModifierClass {
  fileprivate var title: String {
    switch self {
    case .none: "modifier"
    case .mask: "mask"
    case .relation: "relation"
    case .overflow: "overflow policy"
    }
  }
}
