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
    let order = try MemoryOrder.named(order, by: "--order") ?? .sequentiallyConsistent
    let failureOrder = try MemoryOrder.named(failureOrder, by: "--failure-order")
    try verb.check(operands.dropFirst(), order, modifiers)
    guard let name = operands.first else {
      throw ClientError.usage("`\(word)` takes \(verb.operandNames.joined(separator: " ")).")
    }
    let client = try common.connect()
    let register = try client.register(named: name)
    let request = try verb.request(
      on: register.type, operands: operands.dropFirst(), order, failureOrder, modifiers)
    let outcome = try client.perform(request, on: register)
    let text = OutcomeText(verb.name, request, outcome, register.type)
    output.line(common.json ? text.json : text.plain(verb.prints))
    return outcome.succeeded ? .ok : .no
  }
}
