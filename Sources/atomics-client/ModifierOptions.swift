// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore

/// The options that change how an operation works; each goes with the operations that the table
/// gives it to.
struct ModifierOptions: ParsableArguments {
  @Option(help: ArgumentHelp("An exchange replaces only these bits.", valueName: "bits"))
  var mask: String?
  @Option(help: ArgumentHelp("How a compare-exchange compares.", valueName: "relation"))
  var relation: String?
  @Option(
    help: ArgumentHelp(
      "What arithmetic does out of bounds: wrap, saturate or fail.",
      valueName: "policy"))
  var overflow: String?
  @Option(help: ArgumentHelp("The least result, with saturate or fail.", valueName: "value"))
  var min: String?
  @Option(help: ArgumentHelp("The greatest result, with saturate or fail.", valueName: "value"))
  var max: String?

  /// The options that were given.
  var given: [String] {
    let all = [
      ("--mask", mask), ("--relation", relation), ("--overflow", overflow), ("--min", min),
      ("--max", max),
    ]
    return all.filter { $0.1 != nil }.map(\.0)
  }

  private static func names(of modifier: ModifierClass) -> [String] {
    switch modifier {
    case .none: []
    case .mask: ["--mask"]
    case .relation: ["--relation"]
    case .overflow: ["--overflow", "--min", "--max"]
    }
  }

  /// Checks that `verb` takes what was given, before anything is asked of a server.
  func check(for verb: Verb) throws {
    let taken = Self.names(of: verb.name.operation.modifier)
    for option in given where !taken.contains(option) {
      throw ClientError.usage("`\(verb.word)` takes no \(option); see `\(verb.word) --help`.")
    }
    if let relation, ValueRelation(name: relation) == nil {
      throw ClientError.usage(
        "`\(relation)` is no relation: --relation takes "
          + "\(ValueRelation.allCases.map(\.name).joined(separator: ", "))."
      )
    }
    if let overflow, OverflowPolicy(name: overflow) == nil {
      throw ClientError.usage(
        "`\(overflow)` is no policy: --overflow takes "
          + "\(OverflowPolicy.allCases.map(\.name).joined(separator: ", "))."
      )
    }
  }

  /// What the options say, on a register of `type`; nil where none was given.
  func modifier(of operation: AtomicOperation, on type: RegisterType) throws -> OperationModifier? {
    guard !given.isEmpty else { return nil }
    // Said or not, on every type.
    if overflow == OverflowPolicy.wrap.name, min == nil, max == nil { return nil }
    guard operation.modifier.exists(on: type.kind) else {
      throw OperationError.unsupportedModifier(operation, operation.modifier, type)
    }
    switch operation.modifier {
    case .none: return nil
    case .mask: return try mask.map { .mask(try type.maskType.parse($0)) }
    case .relation: return relation.flatMap(ValueRelation.init(name:)).map { .relation($0) }
    case .overflow:
      return .overflow(
        overflow.flatMap(OverflowPolicy.init(name:)) ?? .wrap, least: try min.map(type.parse),
        greatest: try max.map(type.parse))
    }
  }
}
