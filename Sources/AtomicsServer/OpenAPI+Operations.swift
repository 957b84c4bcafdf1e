// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService

/// The operations of the table.
extension OpenAPI {
  static func operationID(_ route: OperationRoute) -> String { "register_\(route.name.name)" }

  func perform(_ route: OperationRoute) -> Operation {
    let row = route.operation.row
    let kinds = AtomicKind.allCases.filter { row.kinds.contains($0) }.map { "\($0)" }
    var description = "On registers of these kinds: \(kinds.joined(separator: ", "))."
    if !route.name.aliases.isEmpty {
      description += " Also called \(route.name.aliases.joined(separator: ", "))."
    }
    if row.modifier != .none {
      let modified = AtomicKind.allCases.filter {
        row.kinds.contains($0) && row.modifier.exists(on: $0)
      }
      let members = route.modifiers.map { "`\($0.name)`" }.joined(separator: ", ")
      description += " \(members): on \(modified.map { "\($0)" }.joined(separator: ", "))."
    }
    let example = Self.example(of: route)
    return Operation(
      id: Self.operationID(route), tag: "operations", summary: Self.summary(of: route),
      description: description,
      parameters: [Self.nameParameter(example: "example.\(route.name.name)")]
        + route.permitted.map { member in
          member == .order ? Self.orderParameter(row.orders) : Self.parameter(member.name)
        },
      body: body(
        Self.schema(Self.membersName(route.operation)), isRequired: false,
        examples: [("on_a_new_register", example.request)]),
      answers: [
        (
          200,
          Self.answer(
            "What came of it", Self.schema(Self.resultName(route.operation)),
            example: example.answer)
        )
      ], problems: [404, 409, 507])
  }

  private static func summary(of route: OperationRoute) -> String {
    let name = route.operation.row.name
    switch route.operation {
    case .load: return "Reads the value"
    case .store: return "Replaces the value"
    case .bitTest: return "Reads a bit"
    default: return "Does \(name) in one step, and tells the values before and after it"
    }
  }

  private static func orderParameter(_ orders: OrderClass) -> JSONTree {
    switch orders {
    case .load: parameter("LoadOrder")
    case .store: parameter("StoreOrder")
    case .readModifyWrite, .compareExchange: parameter("order")
    }
  }

  // MARK: - Members

  /// The schema of an operation's members is called after the first operation that takes the same.
  static func membersName(_ operation: AtomicOperation) -> String {
    let first = AtomicOperation.allCases.first { takesTheSame($0, operation) } ?? operation
    return capitalized(first.row.name) + "Members"
  }

  private static func takesTheSame(_ one: AtomicOperation, _ other: AtomicOperation) -> Bool {
    one.operands == other.operands && one.orders == other.orders && one.modifier == other.modifier
  }

  /// `bit_test_set` as `BitTestSet`.
  private static func capitalized(_ name: String) -> String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  /// The schemas of all operations' members.
  static let membersSchemas: [(String, JSONTree)] = {
    var schemas: [(String, JSONTree)] = []
    for route in OperationRoute.all {
      let name = membersName(route.operation)
      guard !schemas.contains(where: { $0.0 == name }) else { continue }
      schemas.append((name, membersSchema(of: route)))
    }
    return schemas
  }()

  private static func membersSchema(of route: OperationRoute) -> JSONTree {
    let orders = route.operation.orders
    let properties = route.permitted.map { member -> (String, JSONTree) in
      (member.name, memberSchema(member, orders))
    }
    var rules: [JSONTree] = []
    if route.operation.takesFailureOrder { rules.append(orderPairs) }
    if route.operation.modifier == .overflow { rules.append(boundsRule) }
    var schema: JSONTree = [
      "type": "object",
      "properties": .object(properties),
      "additionalProperties": false,
    ]
    schema = schema.with(["required": .strings(route.operands.map(\.name))])
    // At most one of the rules concerns an operation.
    return rules.reduce(schema) { $0.with($1) }
  }

  static func memberSchema(_ member: RequestMember, _ orders: OrderClass) -> JSONTree {
    switch member {
    case .order: Self.orders(MemoryOrder.allCases.filter { orders.permits($0) })
    case .failureOrder: Self.loadOrders
    case .relation: ["enum": .strings(ValueRelation.allCases.map(\.name))]
    case .overflow: ["enum": .strings(OverflowPolicy.allCases.map(\.name))]
    case .create: Self.schema("RegisterType")
    case .index: Self.schema("BitIndex")
    default: Self.schema("ValueInput")
    }
  }

  /// Which failure orders go with which orders; a member that is not there goes with all.
  private static var orderPairs: JSONTree {
    [
      "anyOf": .array(
        MemoryOrder.allCases.filter(\.isValidForLoad).map { failure in
          let successes = MemoryOrder.allCases.filter { failure.isValidFailure(forSuccess: $0) }
          return [
            "properties": [
              "order": orders(successes),
              "failure_order": orders([failure]),
            ]
          ]
        })
    ]
  }

  /// Bounds need a policy that has a use for them.
  private static var boundsRule: JSONTree {
    let policies = OverflowPolicy.allCases.filter { $0 != .wrap }
    return [
      "anyOf": [
        ["properties": ["min": false, "max": false]],
        [
          "properties": ["overflow": ["enum": .strings(policies.map(\.name))]],
          "required": ["overflow"],
        ],
      ]
    ]
  }

  // MARK: - Results

  private static func resultName(_ operation: AtomicOperation) -> String {
    switch operation {
    case .load, .store: "ValueResult"
    case .bitTest: "BitResult"
    case .bitTestSet, .bitTestReset, .bitTestComplement: "BitUpdateResult"
    default: operation.takesFailureOrder ? "ConditionalResult" : "UpdateResult"
    }
  }

  static let resultNames = [
    "ValueResult", "BitResult", "BitUpdateResult", "ConditionalResult", "UpdateResult",
  ]

  /// The members of each kind of result.
  static func resultMembers(_ name: String) -> [(String, JSONTree)] {
    let names = OperationRoute.all.filter { resultName($0.operation) == name }.map(\.name.name)
    let value = schema("Value")
    let bool: JSONTree = ["type": "boolean"]
    let members: [(String, JSONTree)] =
      switch name {
      case "ValueResult": [("value", value)]
      case "BitResult": [("index", schema("BitNumber")), ("old_bit", bool)]
      case "BitUpdateResult":
        [("index", schema("BitNumber")), ("old_bit", bool), ("new_bit", bool)]
      case "ConditionalResult": [("success", bool), ("old", value), ("new", value)]
      default: [("old", value), ("new", value)]
      }
    return [("op", ["enum": .strings(names)])] + members
  }

  // MARK: - Examples

  /// A request that makes its register, and what comes of that.
  static func example(of route: OperationRoute) -> (request: JSONTree, answer: JSONTree) {
    let operation = route.operation
    let type = exampleType(of: operation)
    var members = route.operands.map { member -> (String, JSONTree) in
      (member.name, member == .index ? 3 : .string(type.format(exampleBits(member))))
    }
    members.append((RequestMember.create.name, .string(type.name)))
    return (.object(members), exampleAnswer(of: route, on: type))
  }

  private static func exampleType(of operation: AtomicOperation) -> RegisterType {
    let names = ["i64", "bytes4"]
    let types = names.compactMap { RegisterType(name: $0) }
    return types.first { operation.exists(on: $0.kind) } ?? RegisterType.all[0]
  }

  private static func exampleBits(_ member: RequestMember) -> UInt128 {
    switch member {
    case .expected: 0
    case .unless: 7
    default: 5
    }
  }

  private static func exampleAnswer(of route: OperationRoute, on type: RegisterType) -> JSONTree {
    let operation = route.operation
    let usesIndex = operation.operands == .index
    let takesOperand = !route.operands.isEmpty && !usesIndex
    let request = try? AtomicRequest(
      operation, on: type, operand: takesOperand ? exampleBits(.operand) : 0,
      expected: operation == .addUnless ? exampleBits(.unless) : 0, index: usesIndex ? 3 : 0)
    guard let request else { return [] }
    let outcome: AtomicOutcome
    if usesIndex {
      let isSet = operation == .bitTestSet || operation == .bitTestComplement
      outcome = AtomicOutcome(old: 0, new: isSet ? 1 : 0)
    } else {
      let new = request.result(of: 0, on: type)
      outcome = AtomicOutcome(old: 0, new: new ?? 0, succeeded: new != nil)
    }
    var text: [UInt8] = []
    JSONAPI.write(route, request, outcome, type, to: &text, "{")
    return .raw(text)
  }
}
