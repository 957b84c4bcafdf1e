// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore

/// One run of the command: finds the verb, runs it, turns errors into sentences and exit codes.
struct CommandLineRun {
  let order: ArgumentOrder

  init(arguments: [String]) {
    order = ArgumentOrder(arguments)
  }

  func run(_ output: Output) -> Outcome {
    do {
      guard let arguments = try parserArguments(output) else { return .ok }
      let command = try AtomicsClientCommand.parseAsRoot(arguments)
      guard let command = command as? any RegisterCommand else {
        var command = command
        try command.run()
        return .ok
      }
      return try command.run(output)
    } catch let error as ClientError {
      output.complain(sentence(error) + hint(for: error))
      return error.outcome
    } catch Interruption.interrupted {
      return .interrupted
    } catch {
      return finish(error, output)
    }
  }

  /// The words for the parser; nil where everything is said already.
  private func parserArguments(_ output: Output) throws -> [String]? {
    guard let verb = order.verb else {
      if order.hasOnlyCommonOptions {
        throw ClientError.usage("Which verb? `atomics-client --help` lists them.")
      }
      return order.rearranged(after: [], operands: [])
    }
    if verb == "help" {
      let about = Array(order.operands.prefix(2))
      return try CommandLineRun(arguments: about + ["--help"]).parserArguments(output)
    }
    if AtomicsClientCommand.familyVerbs.contains(verb), let task = order.operands.first {
      return order.rearranged(after: [verb, task], operands: Array(order.operands.dropFirst()))
    }
    if AtomicsClientCommand.plainVerbs.contains(verb) {
      return order.rearranged(after: [verb], operands: order.operands)
    }
    let (operation, operands) = try operation(verb)
    if order.asksForHelp {
      output.line(operation.help)
      return nil
    }
    return order.rearranged(after: ["operation"], operands: [operation.word] + operands)
  }

  /// The operation that `verb` names, and the words behind it.
  private func operation(_ verb: String) throws -> (Verb, [String]) {
    if verb == "bit" {
      let word = order.operands.first ?? (order.asksForHelp ? "test" : "")
      guard let operation = Verb("bit \(word)") else {
        throw ClientError.usage("Say which: bit test|set|reset|compl NAME INDEX.")
      }
      return (operation, Array(order.operands.dropFirst()))
    }
    guard let operation = Verb(verb) else {
      throw ClientError.usage("There is no verb `\(verb)`: `atomics-client --help` lists them.")
    }
    return (operation, order.operands)
  }

  /// What helps against `error`, beyond what it says itself.
  private func hint(for error: ClientError) -> String {
    if error.outcome == .denied {
      return error.isAuthenticationFailure
        ? " Give a token: --token-file FILE, $ATOMICS_TOKEN or $ATOMICS_TOKEN_FILE." : ""
    }
    switch error {
    case .notFound(let name):
      return " `atomics-client create \(name) u64` makes one, `ls` lists those there are."
    case .unreachable: return " --server names another."
    default: return error.isAboutPlainToken ? " Here that is --insecure-token." : ""
    }
  }

  /// What the argument parser threw: help that was asked for, or a mistake.
  private func finish(_ error: any Error, _ output: Output) -> Outcome {
    let text = AtomicsClientCommand.fullMessage(for: error)
    if AtomicsClientCommand.exitCode(for: error) == .success {
      output.line(text)
      return .ok
    }
    output.complain(AtomicsClientCommand.message(for: error))
    return .usage
  }
}

extension ClientError {
  /// Whether the server does not know who asks.
  var isAuthenticationFailure: Bool {
    if case .rejected("unauthorized", _, _) = self { true } else { false }
  }

  /// The exit code for it.
  var outcome: Outcome {
    switch self {
    case .notFound, .snapshot: .no
    case .usage: .usage
    case .rejected("out-of-bounds", _, _): .no
    case .rejected("unauthorized", _, _), .rejected("forbidden", _, _): .denied
    case .rejected(let code, _, _): code == "shutting-down" ? .connection : .usage
    case .arena: .connection
    case .unreachable, .connectionLost, .timeout, .cancelled, .protocolViolation, .closed:
      .connection
    }
  }
}
