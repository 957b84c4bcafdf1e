// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore
import JSONText

struct WaitCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "wait", abstract: "Wait until a register has such a value.",
    usage: "atomics-client wait NAME PREDICATE [VALUE] [--timeout SECONDS] [--then OPERATION …]",
    discussion: """
      PREDICATE is \(names): how the
      value must stand to VALUE. `any` and `all` are about bits; `changed` takes no
      VALUE, and waits for another value than the first one seen. Prints the value
      that was waited for. Takes no processor time while nothing happens.

      With --then, OPERATION runs on that very value, as one atomic step; its
      operands come last. Prints what the operation prints by itself.

      When the time is up, prints the value seen last, and exits with 5. Ctrl-C
      ends the wait at the server, too: exit code 130, unless the operation has run
      by then. Over http:// and https:// nobody can tell whether OPERATION has run by
      then: exit code 3.

      EXAMPLES:
        atomics-client wait hits ge 10
        atomics-client wait seats ge 1 --timeout 2.5 --then sub 1
      """)

  private static let names = ValuePredicate.allCases.map(\.name).joined(separator: ", ")

  @OptionGroup var common: CommonOptions
  @Option(
    help: ArgumentHelp(
      "The operation, by its wire name or alias; its operands are the last words.",
      valueName: "operation"))
  var then: String?
  @OptionGroup var modifiers: ModifierOptions
  @Option(
    help: ArgumentHelp(
      "The memory order of the looks, or of the operation.", valueName: "order"))
  var order: String?
  @Argument(help: ArgumentHelp("The register's name.", valueName: "name"))
  var name: String
  @Argument(help: ArgumentHelp("How the value must be.", valueName: "predicate"))
  var predicate: String
  @Argument(help: ArgumentHelp("What it is compared with.", valueName: "value"))
  var words: [String] = []

  func run(_ output: Output) throws -> Outcome {
    let predicate = try readPredicate()
    guard predicate == .changed || !words.isEmpty else {
      throw ClientError.usage("`wait NAME \(predicate.name)` takes a VALUE.")
    }
    let value = predicate == .changed ? nil : words[0]
    let operands = words.dropFirst(value == nil ? 0 : 1)
    let order = try MemoryOrder.named(order, by: "--order") ?? .sequentiallyConsistent
    let verb = try readVerb(operands, order)
    let (address, options) = (try common.address(), try common.options(waiting: true))
    let timeout = common.timeout.map { Duration.seconds($0) }
    let plan: @Sendable (RegisterType) throws -> WaitPlan = { [modifiers] type in
      let then = try verb?.request(on: type, operands: operands, order, nil, modifiers)
      return WaitPlan(
        until: predicate, try Self.parse(value, predicate, type), timeout: timeout,
        order: then == nil ? order : .sequentiallyConsistent, then: then)
    }
    let (end, planned, type) = try awaiting(.interrupted) {
      let client = try await RegisterClient.connect(to: address, options: options)
      let register = try await client.register(named: name)
      let plan = try plan(register.type)
      return (try await client.wait(plan, on: register), plan, register.type)
    }
    return tell(end, planned, verb, type, output)
  }

  private func readPredicate() throws -> ValuePredicate {
    guard let predicate = ValuePredicate(name: predicate) else {
      throw ClientError.usage(
        "`\(predicate)` is no predicate: `wait NAME` takes \(Self.names).")
    }
    return predicate
  }

  private func readVerb(_ operands: ArraySlice<String>, _ order: MemoryOrder) throws -> Verb? {
    guard let then else {
      guard operands.isEmpty else {
        throw ClientError.usage("`wait` takes no `\(operands.joined(separator: " "))` there.")
      }
      if let given = modifiers.given.first {
        throw ClientError.usage("\(given) belongs to an operation: see --then.")
      }
      guard order.isValidForLoad else {
        throw ClientError.usage("A wait's order is relaxed, acquire or seq_cst.")
      }
      return nil
    }
    guard let verb = Verb(then) else {
      throw ClientError.usage("There is no operation `\(then)`: see `atomics-client --help`.")
    }
    try verb.check(operands, order, modifiers)
    return verb
  }

  private static func parse(
    _ value: String?, _ predicate: ValuePredicate, _ type: RegisterType
  ) throws -> UInt128 {
    // Checked first: a value has no meaning where the predicate has none.
    guard let value, predicate.exists(on: type.kind) else { return 0 }
    do throws(ValueError) {
      return try type.parse(value)
    } catch {
      throw ClientError.usage(sentence(error))
    }
  }

  private func tell(
    _ end: WaitEnd, _ plan: WaitPlan, _ verb: Verb?, _ type: RegisterType, _ output: Output
  ) -> Outcome {
    var object = JSONWriter.object()
    let plain: String
    let outcome: Outcome
    switch end {
    case .satisfied(let value):
      object.member("satisfied", true)
      object.member("value", type.format(value))
      (plain, outcome) = (type.format(value), .ok)
    case .timedOut(let value):
      object.member("satisfied", false)
      object.member("value", type.format(value))
      (plain, outcome) = (type.format(value), .late)
    case .performed(let done):
      guard let verb, let then = plan.then else { return .ok }
      let text = OutcomeText(verb.name, then, done, type)
      object.member("satisfied", true)
      if !text.tellsValue { object.member("value", type.format(done.old)) }
      text.add(to: &object)
      (plain, outcome) = (text.plain(verb.prints), done.succeeded ? .ok : .no)
    }
    output.line(common.json ? object.line : plain)
    return outcome
  }
}
