// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService

/// The schemas that several places name, and the patterns of texts.
extension OpenAPI {
  var schemas: JSONTree {
    let own: [(String, JSONTree)] = [
      (
        "RegisterName",
        [
          "type": "string", "minLength": 1, "maxLength": .number(RegisterService.nameLimit),
          "pattern": .string("^\(Self.namePattern)$"),
        ]
      ),
      ("RegisterType", ["enum": .strings(RegisterType.all.map(\.name))]),
      (
        "Value",
        [
          "type": "string", "pattern": .string("^\(Self.valuePattern)$"),
          "description": """
          Decimal digits of integers, two hexadecimal digits for each byte of bytes in the order \
          of memory, the shortest text of floats that reads back the same
          """,
        ]
      ),
      (
        "ValueText",
        [
          "type": "string", "pattern": .string("^(?:\(Self.valueInputPattern))$"),
          "description": """
          What the register's type takes: integers in decimal or with 0x, bytes as two hexadecimal \
          digits each, floats as JSON writes numbers, or NaN, inf, -inf. A value that does not \
          fit is refused, never truncated.
          """,
        ]
      ),
      (
        "ValueInput",
        [
          "description": "A number is taken digit by digit, as it is written",
          "anyOf": [Self.schema("ValueText"), ["type": "number"]],
        ]
      ),
      ("BitNumber", ["type": "integer", "minimum": 0, "maximum": .number(Self.lastBit)]),
      ("BitIndex", wholeNumber(upTo: UInt64(Self.lastBit))),
      (
        "Label",
        [
          "type": "string", "maxLength": 64, "pattern": #"^[^\u0000-\u001f\u007f-\u009f]*$"#,
          "description": "At most 64 bytes of UTF-8",
        ]
      ),
      (
        "Register",
        Self.object(
          Self.registerMembers, required: ["name", "type", "value"])
      ),
      (
        "UnreadableRegister",
        Self.object(
          Array(Self.registerMembers.prefix(2)), required: ["name", "type"]
        ).with(["description": "What somebody hears of a register who may not read it"])
      ),
      (
        "RegisterPage",
        Self.object(
          [
            (
              "registers",
              [
                "type": "array", "maxItems": .number(Int(JSONAPI.pageLimit)),
                "items": Self.schema("Register"),
              ]
            ),
            ("cursor", ["type": "string", "pattern": "^[0-9]+$"]),
          ], required: ["registers"])
      ),
      (
        "CreateRegister",
        Self.object(
          [
            ("type", Self.schema("RegisterType")), ("initial", Self.schema("ValueInput")),
            ("label", Self.schema("Label")), ("owner", wholeNumber(upTo: .max)),
            ("restore_gap", Self.schema("ValueInput")),
          ], required: ["type"])
      ),
      ("Problem", Self.problemSchema),
    ]
    let results = Self.resultNames.map { name -> (String, JSONTree) in
      let members = Self.resultMembers(name)
      return (name, Self.object(members, required: members.map(\.0)))
    }
    return .object(own + results + Self.membersSchemas + waitingSchemas + serviceSchemas)
  }

  private static var registerMembers: [(String, JSONTree)] {
    [
      ("name", schema("RegisterName")), ("type", schema("RegisterType")),
      ("value", schema("Value")), ("label", schema("Label")),
      ("owner", ["type": "string", "pattern": "^[0-9]+$"]), ("restore_gap", schema("Value")),
    ]
  }

  private static var problemSchema: JSONTree {
    let kinds = Problem.Kind.allCases
    return object(
      [
        ("type", ["enum": .strings(kinds.map { "/problems/\($0.rawValue)" })]),
        ("title", ["type": "string"]),
        ("status", ["type": "integer", "minimum": 400, "maximum": 599]),
        ("detail", ["type": "string", "description": "What was wrong, and what to do"]),
        ("register", ["type": "string"]),
        ("op", ["enum": .strings(OperationRoute.all.map(\.name.name))]),
        ("member", ["type": "string", "description": "The one that is to blame"]),
        ("value", schema("Value")),
        ("applied", ["enum": ["no", "unknown"], "description": "Whether it had an effect"]),
      ], required: ["type", "title", "status", "detail", "applied"])
  }

  /// An object of just these members.
  static func object(_ members: [(String, JSONTree)], required: [String]) -> JSONTree {
    [
      "type": "object", "required": .strings(required), "properties": .object(members),
      "additionalProperties": false,
    ]
  }

  static func orders(_ orders: [MemoryOrder]) -> JSONTree {
    ["enum": .strings(orders.map(\.name))]
  }

  static var loadOrders: JSONTree { orders(MemoryOrder.allCases.filter(\.isValidForLoad)) }

  // MARK: - Numbers

  private static let lastBit = AtomicWidth.allCases.map(\.bitCount).max().map { $0 - 1 } ?? 0

  /// A whole number, as a number or as a string of digits.
  func wholeNumber(upTo limit: UInt64) -> JSONTree {
    // Numbers beyond the range of `Int` are not to be written here.
    var number: JSONTree = ["type": "integer", "minimum": 0]
    if let limit = Int(exactly: limit) { number = number.with(["maximum": .number(limit)]) }
    return [
      "anyOf": [
        number, ["type": "string", "pattern": .string("^\(Self.digitsPattern(upTo: limit))$")],
      ]
    ]
  }

  /// Decimal digits of a number of at most `limit`, with any zeros before them: its own digits up
  /// to some place, there a smaller one, and any behind that; or fewer; or `limit` itself.
  static func digitsPattern(upTo limit: UInt64) -> String {
    let digits = "\(limit)".utf8.map { Int($0) - 0x30 }
    var choices: [String] = []
    if digits.count > 1 { choices.append("[0-9]{1,\(digits.count - 1)}") }
    for (place, digit) in digits.enumerated() where digit > 0 {
      let beginning = digits[..<place].map { "\($0)" }.joined()
      let left = digits.count - 1 - place
      choices.append(
        "\(beginning)[0-\(digit - 1)]" + (left == 0 ? "" : "[0-9]{\(left)}"))
    }
    choices.append("\(limit)")
    return "0*(?:\(choices.joined(separator: "|")))"
  }

  // MARK: - Patterns

  /// Parts between slashes, none of them empty, `.` or `..`.
  private static let namePattern: String = {
    let part = #"(?:[A-Za-z0-9_:@-]|\.[A-Za-z0-9_:@-]|\.\.[A-Za-z0-9._:@-])[A-Za-z0-9._:@-]*"#
    return "\(part)(?:/\(part))*"
  }()

  /// What values are written as.
  static let valuePattern: String = {
    let hexadecimal = AtomicWidth.allCases.map { "[0-9a-f]{\(2 * $0.byteCount)}" }
      .joined(separator: "|")
    return #"(?:-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|NaN|-?inf|"# + hexadecimal + ")"
  }()

  /// What values may be written as.
  static let valueInputPattern: String = {
    let hexadecimal = AtomicWidth.allCases.map { "[0-9a-fA-F]{\(2 * $0.byteCount)}" }
      .joined(separator: "|")
    return #"-?[0-9]+|-?0[xX][0-9a-fA-F]+|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"#
      + "|NaN|-?inf|" + hexadecimal
  }()
}
