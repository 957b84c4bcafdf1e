// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore

/// `VERB NAME …` for every verb of the operation table.
struct OperationCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "operation", abstract: "Run an operation of the table.", shouldDisplay: false)

  @OptionGroup var common: CommonOptions
  @OptionGroup var modifiers: ModifierOptions
  @Option var order: String?
  @Option var failureOrder: String?
  @Argument var words: [String]

  func run(_ output: Output) throws -> Outcome {
    guard let word = words.first, let verb = Verb(word) else {
      throw ClientError.usage("There is no operation `\(words.first ?? "")`.")
    }
    let operands = Array(words.dropFirst())
    guard operands.count == verb.operandNames.count else {
      throw ClientError.usage("`\(word)` takes \(verb.operandNames.joined(separator: " ")).")
    }
    let order = try Self.order(order, "--order") ?? .sequentiallyConsistent
    let failureOrder = try Self.order(failureOrder, "--failure-order")
    // An order that the operation never has is the caller's mistake whatever the register.
    guard verb.name.operation.orders.permits(order) else {
      throw ClientError.usage(sentence(OperationError.invalidOrder(verb.name.operation, order)))
    }
    try modifiers.check(for: verb)
    let client = try common.connect()
    let register = try client.register(named: operands[0])
    let request = try self.request(
      verb, on: register.type, operands: operands.dropFirst(), order, failureOrder)
    let outcome = try client.perform(request, on: register)
    if common.json {
      output.line(OutcomeText(verb.name, request, outcome, register.type).json)
    } else {
      output.line(OutcomeText(verb.name, request, outcome, register.type).plain(verb.prints))
    }
    return outcome.succeeded ? .ok : .no
  }

  private static func order(_ name: String?, _ option: String) throws -> MemoryOrder? {
    guard let name else { return nil }
    guard let order = MemoryOrder(name: name) else {
      let names = MemoryOrder.allCases.map(\.name).joined(separator: ", ")
      throw ClientError.usage("`\(name)` is no memory order: \(option) takes \(names).")
    }
    return order
  }

  /// Reads the operands as values of the register's type.
  private func request(
    _ verb: Verb, on type: RegisterType, operands: ArraySlice<String>, _ order: MemoryOrder,
    _ failureOrder: MemoryOrder?
  ) throws -> AtomicRequest {
    let operation = verb.name.operation
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
