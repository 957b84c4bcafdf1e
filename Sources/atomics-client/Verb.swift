// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// A verb that runs an operation of the table: every wire name and alias, and the short forms.
struct Verb: Equatable {
  /// The word as the user knows it, for messages.
  let word: String
  let name: OperationName
  /// Which value the plain output prints.
  let prints: Printed

  enum Printed: Equatable {
    /// The value left behind.
    case new
    /// The value found.
    case old
  }

  /// Short forms beside the wire names.
  static let shortForms = [
    "get": "load", "set": "store", "swap": "exchange", "cas": "cmpxchg_strong",
    "bit test": "bit_test", "bit set": "bit_test_set", "bit reset": "bit_test_reset",
    "bit compl": "bit_test_compl",
  ]

  /// The verb spelled `word`, `-` and `_` alike; nil where the table has none.
  init?(_ word: String) {
    guard let name = OperationName(Self.shortForms[word] ?? word) else { return nil }
    self.word = word
    self.name = name
    prints =
      switch name.operation {
      case .load: .new
      // What it was for: whoever takes a reference or a place wants to know how many are taken.
      case _ where name.operation.isConditional: .new
      default: name.returns == .old || name.isBit ? .old : .new
      }
  }

  /// What follows the verb.
  var operandNames: [String] {
    switch name.operation.operands {
    case .none: ["NAME"]
    case .operand: ["NAME", "VALUE"]
    case .expectedAndDesired: ["NAME", "EXPECTED", "DESIRED"]
    case .operandAndUnless: ["NAME", "VALUE", "UNLESS"]
    case .index: ["NAME", "INDEX"]
    }
  }

  /// What `atomics-client VERB --help` prints.
  var help: String {
    let row = name.operation.row
    let orders = MemoryOrder.allCases.filter { row.orders.permits($0) }.map(\.name)
    let kinds = AtomicKind.allCases.filter { row.kinds.contains($0) }.map { "\($0)" }
    var lines = [
      "USAGE: atomics-client \(word) \(operandNames.joined(separator: " ")) [options]", "",
      "Runs \(name.name) on the register NAME as one atomic operation.",
      printed, "",
      "  --order ORDER          \(orders.joined(separator: ", "))",
      "                         (default: seq_cst)",
    ]
    lines += modifierHelp
    if name.operation.takesFailureOrder {
      lines += [
        "  --failure-order ORDER  a load order not above --order",
        "                         (default: derived from --order)",
      ]
    }
    lines += [
      "  --server ADDRESS       atr://HOST:PORT, http://HOST:PORT, unix:PATH, shm:PATH,",
      "                         over TLS atrs://HOST:PORT, https://HOST:PORT",
      "                         (default: $ATOMICS_SERVER, else atr://127.0.0.1:7070)",
      "  --token-file FILE      the token that tells the server who asks",
      "                         (default: $ATOMICS_TOKEN, $ATOMICS_TOKEN_FILE)",
      "  --json                 print the object that the HTTP interface answers",
      "  --timeout SECONDS      give up after this time (default: 5)", "",
      "Works on: \(kinds.joined(separator: ", ")).",
    ]
    let spellings = ([name.name] + name.aliases).filter { $0 != word }
    if !spellings.isEmpty { lines.append("Also spelled: \(spellings.joined(separator: ", ")).") }
    return lines.joined(separator: "\n")
  }

  private var modifierHelp: [String] {
    switch name.operation.modifier {
    case .none: []
    case .mask: ["  --mask BITS            replace only these bits (integers and bytes)"]
    case .relation:
      [
        "  --relation RELATION    \(ValueRelation.allCases.map(\.name).joined(separator: ", ")):",
        "                         how the value must stand to EXPECTED (default: eq)",
      ]
    case .overflow:
      [
        "  --overflow POLICY      \(OverflowPolicy.allCases.map(\.name).joined(separator: ", "))",
        "                         (default: wrap; integers only). With fail, a result out of",
        "                         bounds changes nothing: prints the value found, exit code 1",
        "  --min VALUE            the least result, with saturate or fail",
        "  --max VALUE            the greatest result, with saturate or fail",
      ]
    }
  }

  private var printed: String {
    switch name.operation {
    case .compareExchangeStrong, .compareExchangeWeak:
      "Prints the value found; when that is not EXPECTED (or does not stand to it as\n"
        + "--relation says), nothing changes and the exit code is 1."
    case _ where name.operation.isConditional:
      "Prints the value left behind; when the condition does not hold, nothing changes\n"
        + "and the exit code is 1."
    case .load: "Prints the value."
    case _ where name.isBit: "Prints the bit found: 0 or 1."
    default: prints == .old ? "Prints the value found." : "Prints the value left behind."
    }
  }
}

extension OperationName {
  var isBit: Bool { operation.isBitOperation }
}
