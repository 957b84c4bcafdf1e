// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService
import WireProtocol

/// `POST /v1/registers/{name}/{op}`: every operation of the table.
extension JSONAPI {
  /// - Returns: What was done, on which register.
  func perform(
    _ route: OperationRoute, _ request: borrowing HTTPRequest, _ target: HTTPTarget,
    _ name: Span<UInt8>, _ response: inout HTTPResponse, _ budget: inout ExecutionBudget
  ) throws(Problem) -> Performed {
    let members = try RequestMembers(request, target, permitted: route.permitted)
    try Self.refusePreconditions(request)
    let performed = try perform(
      route, members, name, into: &response.body, beginning: "{", &budget)
    response.setJSON()
    return performed
  }

  /// Runs an operation, and appends what came of it as a JSON object.
  ///
  /// - Parameter beginning: What the object begins with.
  /// - Returns: What was done, on which register.
  @discardableResult
  func perform(
    _ route: OperationRoute, _ members: borrowing RequestMembers, _ name: Span<UInt8>,
    into body: inout [UInt8], beginning: StaticString, _ budget: inout ExecutionBudget
  ) throws(Problem) -> Performed {
    let operation = route.operation
    // The order of checks is part of the interface: syntax, members and order first, then whether
    // that is permitted, then whether the register exists, then what its type permits.
    let words = try Self.words(of: members, route)
    let wanted = try members.type(.create)
    try require(Rights(for: operation), on: name)
    let (type, found) = try find(name, orMaking: wanted)
    if found == nil { try require(.create, on: name) }
    let atomic = try Self.request(members, words, route, on: type)
    if let found {
      let performed = Performed(request: atomic, register: found)
      do throws(Problem) {
        try perform(performed, route, into: &body, beginning: beginning)
        return performed
      } catch {
        // Deleted just now.
        guard wanted != nil, error.kind == .notFound else { throw error }
      }
    }
    return try make(name, type, atomic, route, into: &body, beginning: beginning, &budget)
  }

  /// Makes a register at zero, when nothing else about the request is wrong, and runs an operation
  /// on it. Where another was faster, that one is as good if it has the type; where another deletes
  /// it meanwhile, it is made again.
  private func make(
    _ name: Span<UInt8>, _ type: RegisterType, _ atomic: AtomicRequest, _ route: OperationRoute,
    into body: inout [UInt8], beginning: StaticString, _ budget: inout ExecutionBudget
  ) throws(Problem) -> Performed {
    try require(.create, on: name)
    let definition = RegisterDefinition(
      name: name.text(from: 0, count: name.count), type: type, ownerUser: user)
    var attemptsLeft = 16
    while true {
      attemptsLeft &-= 1
      budget.spend(ExecutionBudget.create)
      let register = try Self.serving { () throws(ServiceError) in
        try service.create(definition).register
      }
      let performed = Performed(request: atomic, register: register)
      do throws(Problem) {
        try perform(performed, route, into: &body, beginning: beginning)
        return performed
      } catch {
        guard error.kind == .notFound, attemptsLeft > 0 else { throw error }
      }
    }
  }

  /// Does what is known to fit its register, and appends what came of it.
  func perform(
    _ performed: Performed, _ route: OperationRoute, into body: inout [UInt8],
    beginning: StaticString
  ) throws(Problem) {
    let type = performed.register.type
    let outcome = try Self.serving { () throws(ServiceError) in
      try service.perform(performed.request, on: performed.register)
    }
    guard outcome.succeeded || performed.request.overflow != .fail else {
      throw Self.outOfBounds(type.format(outcome.old))
    }
    Self.write(route, performed.request, outcome, type, to: &body, beginning)
  }

  /// The register that an operation names, and its type; no register where it is missing and is to
  /// be made of type `wanted`.
  private func find(
    _ name: Span<UInt8>, orMaking wanted: RegisterType?
  ) throws(Problem) -> (type: RegisterType, register: RegisterReference?) {
    // Not by `find(_:)`, which knows the register of the request: an operation of a batch names
    // another one.
    do throws(ServiceError) {
      let found = try service.find(name)
      guard wanted == nil || wanted == found.type else {
        throw ServiceError.typeMismatch(existing: found.type)
      }
      return (found.type, found)
    } catch {
      if let wanted, case .notFound = error { return (wanted, nil) }
      throw Problem(error)
    }
  }

  /// What the members of an operation say whatever the register's type is.
  struct OperationWords {
    var order: MemoryOrder
    var failureOrder: MemoryOrder?
    var relation: ValueRelation?
    var overflow: OverflowPolicy?
    var index: UInt64
  }

  /// Reads the members as far as no register is needed for that.
  static func words(
    of members: borrowing RequestMembers, _ route: OperationRoute
  ) throws(Problem) -> OperationWords {
    let order = try members.order(.order) ?? .sequentiallyConsistent
    let failureOrder = try members.order(.failureOrder)
    try checking { () throws(OperationError) in
      try AtomicRequest.check(order, failureOrder, of: route.operation)
    }
    let relation = try members.relation(.relation)
    let overflow = try members.overflow(.overflow)
    try requireMembers(members, of: route)
    return OperationWords(
      order: order, failureOrder: failureOrder, relation: relation, overflow: overflow,
      index: try members.number(.index) ?? 0)
  }

  /// The operation that the members describe, on a register of `type`.
  static func request(
    _ members: borrowing RequestMembers, _ words: OperationWords, _ route: OperationRoute,
    on type: RegisterType
  ) throws(Problem) -> AtomicRequest {
    let operation = route.operation
    guard operation.exists(on: type.kind) else {
      throw Problem(OperationError.unsupportedOperation(operation, type))
    }
    let modifier = try modifier(members, words.relation, words.overflow, route, type)
    let isCompareExchange = operation.isCompareExchange
    let operand = try members.bits(isCompareExchange ? .desired : .operand, as: type) ?? 0
    let expected = try members.bits(isCompareExchange ? .expected : .unless, as: type) ?? 0
    guard let bit = UInt8(exactly: words.index) else {
      throw Problem(
        OperationError.invalidIndex(Int128(words.index), bitCount: type.width.bitCount))
    }
    return try checking { () throws(OperationError) in
      if let modifier {
        return try AtomicRequest(
          operation, on: type, modifier: modifier, order: words.order,
          failureOrder: words.failureOrder, operand: operand, expected: expected)
      }
      return try AtomicRequest(
        operation, on: type, order: words.order, failureOrder: words.failureOrder,
        operand: operand, expected: expected, index: bit)
    }
  }

  /// What changes how the operation works, as far as the members tell; nil where they do not.
  private static func modifier(
    _ members: borrowing RequestMembers, _ relation: ValueRelation?, _ overflow: OverflowPolicy?,
    _ route: OperationRoute, _ type: RegisterType
  ) throws(Problem) -> OperationModifier? {
    guard members.contains(anyOf: route.modifiers) else { return nil }
    let operation = route.operation
    // Said or not, on every type.
    if overflow == .wrap, !members.contains(anyOf: [.min, .max]) { return nil }
    // Before its values are judged: they have no meaning where the modifier has none.
    guard operation.modifier.exists(on: type.kind) else {
      throw Problem(OperationError.unsupportedModifier(operation, operation.modifier, type))
    }
    switch operation.modifier {
    case .none: return nil
    case .mask: return try members.bits(.mask, as: type.maskType).map { .mask($0) }
    case .relation: return relation.map { .relation($0) }
    case .overflow:
      return .overflow(
        overflow ?? .wrap, least: try members.bits(.min, as: type),
        greatest: try members.bits(.max, as: type))
    }
  }

  static func outOfBounds(_ value: String) -> Problem {
    var problem = Problem(
      .outOfBounds, "the exact result is out of bounds, so the register keeps its value")
    problem.value = value
    return problem
  }

  private static func requireMembers(
    _ members: borrowing RequestMembers, of route: OperationRoute
  ) throws(Problem) {
    for member in route.operands where try members.valueText(member) == nil {
      throw Problem(
        .missingMember, "\(route.operation.row.name) needs the member \(member.name)",
        member: member.name)
    }
  }

  /// Appends what came of an operation.
  static func write(
    _ route: OperationRoute, _ request: AtomicRequest, _ outcome: AtomicOutcome,
    _ type: RegisterType, to body: inout [UInt8], _ beginning: StaticString
  ) {
    let spelling = route.spelling
    // Neither names nor values have anything to be escaped.
    body.append(addingCapacity: 96 + spelling.count + 2 * RegisterType.longestText) {
      (output: inout OutputSpan<UInt8>) in
      output.append(beginning)
      output.append(#""op":""#)
      output.append(spelling.span)
      switch route.operation {
      case .load, .store:
        output.append(#"","value":""#)
        type.append(outcome.new, to: &output)
        output.append(#""}"#)
      case .bitTest, .bitTestSet, .bitTestReset, .bitTestComplement:
        output.append(#"","index":"#)
        RegisterType.index.append(UInt128(request.index), to: &output)
        output.append(#","old_bit":"#)
        output.append(outcome.old == 1 ? "true" : "false")
        if route.operation != .bitTest {
          output.append(#","new_bit":"#)
          output.append(outcome.new == 1 ? "true" : "false")
        }
        output.append(UInt8(ascii: "}"))
      default:
        if request.operation.takesFailureOrder {
          output.append(#"","success":"#)
          output.append(outcome.succeeded ? "true" : "false")
          output.append(#","old":""#)
        } else {
          output.append(#"","old":""#)
        }
        type.append(outcome.old, to: &output)
        output.append(#"","new":""#)
        type.append(outcome.new, to: &output)
        output.append(#""}"#)
      }
    }
  }
}

extension RegisterType {
  /// As a bit's index is written.
  fileprivate static let index = RegisterType(kind: .unsigned, width: .one)!
}
