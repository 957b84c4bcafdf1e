// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore

extension Verb {
  /// Checks what does not depend on the register, before anything is asked of a server.
  ///
  /// - Parameter operands: The words behind the register's name.
  func check(
    _ operands: ArraySlice<String>, _ order: MemoryOrder, _ modifiers: ModifierOptions
  ) throws {
    guard operands.count == operandNames.count - 1 else {
      throw ClientError.usage("`\(word)` takes \(operandNames.joined(separator: " ")).")
    }
    // An order that the operation never has is the caller's mistake whatever the register.
    guard name.operation.orders.permits(order) else {
      throw ClientError.usage(sentence(OperationError.invalidOrder(name.operation, order)))
    }
    try modifiers.check(for: self)
  }

  /// Reads the operands as values of the register's type.
  func request(
    on type: RegisterType, operands: ArraySlice<String>, _ order: MemoryOrder,
    _ failureOrder: MemoryOrder?, _ modifiers: ModifierOptions
  ) throws -> AtomicRequest {
    let operation = name.operation
    var values: [UInt128] = []
    var index: UInt8 = 0
    do {
      if operation.operands == .index {
        let text = operands.first ?? ""
        guard let number = UInt8(text), text.first != "+" else {
          throw ClientError.usage(
            "`\(text)` is no bit of a \(type.name) register: it has bits 0 to "
              + "\(type.width.bitCount - 1).")
        }
        index = number
      } else {
        // The operation is checked first: a value has no meaning where the operation has none.
        guard operation.exists(on: type.kind) else {
          throw OperationError.unsupportedOperation(operation, type)
        }
        values = try operands.map { text throws(ValueError) in try type.parse(text) }
      }
      if let modifier = try modifiers.modifier(of: operation, on: type) {
        return try AtomicRequest(
          operation, on: type, modifier: modifier, order: order, failureOrder: failureOrder,
          operand: values.last ?? 0, expected: values.count == 2 ? values[0] : 0)
      }
      // The expected value comes before the desired one, what add_unless spares after the operand.
      if operation == .addUnless { values.reverse() }
      return try AtomicRequest(
        operation, on: type, order: order, failureOrder: failureOrder, operand: values.last ?? 0,
        expected: values.count == 2 ? values[0] : 0, index: index)
    } catch let error as OperationError {
      throw ClientError.usage(sentence(error))
    } catch let error as ValueError {
      throw ClientError.usage(sentence(error))
    }
  }
}

extension MemoryOrder {
  /// The order that `option` names; nil where it is not given.
  static func named(_ name: String?, by option: String) throws -> MemoryOrder? {
    guard let name else { return nil }
    guard let order = MemoryOrder(name: name) else {
      let names = MemoryOrder.allCases.map(\.name).joined(separator: ", ")
      throw ClientError.usage("`\(name)` is no memory order: \(option) takes \(names).")
    }
    return order
  }
}
