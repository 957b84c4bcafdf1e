// SPDX-License-Identifier: Apache-2.0

/// A flat JSON object on one line, built member by member.
struct JSONLine {
  private var members: [String] = []

  var text: String { "{" + members.joined(separator: ",") + "}" }

  mutating func string(_ name: String, _ value: String) {
    member(name, Self.quoted(value))
  }

  mutating func number(_ name: String, _ value: some BinaryInteger) {
    member(name, String(value))
  }

  mutating func decimal(_ name: String, _ value: Double) {
    member(name, atomics_client.decimal(value))
  }

  mutating func boolean(_ name: String, _ value: Bool) {
    member(name, value ? "true" : "false")
  }

  private mutating func member(_ name: String, _ value: String) {
    members.append(Self.quoted(name) + ":" + value)
  }

  /// `text` in quotes, with what JSON forbids inside escaped.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
