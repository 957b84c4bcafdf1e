// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService

/// `POST /v1/registers/{name}/{op}`: every operation of the table.
extension JSONAPI {
  func perform(
    _ operation: OperationName, _ request: borrowing HTTPRequest, _ target: HTTPTarget,
    _ name: [UInt8]
  ) throws(Problem) -> HTTPResponse {
    // The order of checks is part of the interface: syntax, members and order first, then whether
    // that is permitted, then whether the register exists, then what its type permits.
    let members = try RequestMembers(
      request, target, permitted: Self.memberNames(of: operation.operation))
    try Self.refusePreconditions(request)
    let order = try members.order("order") ?? .sequentiallyConsistent
    let failureOrder = try members.order("failure_order")
    try Self.checking { () throws(OperationError) in
      try AtomicRequest.check(order, failureOrder, of: operation.operation)
    }
    let relation = try members.relation("relation")
    let overflow = try members.overflow("overflow")
    try Self.requireMembers(members, of: operation.operation)
    let index = try members.number("index") ?? 0
    try require(Rights(for: operation.operation), on: name)
    let handle = try Self.serving { () throws(ServiceError) in try service.find(name.span) }
    let type = handle.type
    guard operation.operation.exists(on: type.kind) else {
      throw Problem(OperationError.unsupportedOperation(operation.operation, type))
    }
    let modifier = try Self.modifier(members, relation, overflow, operation.operation, type)
    let operandName = operation.operation.isCompareExchange ? "desired" : "operand"
    let expectedName = operation.operation.isCompareExchange ? "expected" : "unless"
    let operand = try members.bits(operandName, as: type) ?? 0
    let expected = try members.bits(expectedName, as: type) ?? 0
    guard let bit = UInt8(exactly: index) else {
      throw Problem(OperationError.invalidIndex(Int128(index), bitCount: type.width.bitCount))
    }
    let atomic = try Self.checking { () throws(OperationError) in
      if let modifier {
        return try AtomicRequest(
          operation.operation, on: type, modifier: modifier, order: order,
          failureOrder: failureOrder, operand: operand, expected: expected)
      }
      return try AtomicRequest(
        operation.operation, on: type, order: order, failureOrder: failureOrder,
        operand: operand, expected: expected, index: bit)
    }
    let outcome = try Self.serving { () throws(ServiceError) in
      try service.perform(atomic, on: handle)
    }
    guard outcome.succeeded || atomic.overflow != .fail else {
      throw Self.outOfBounds(type.format(outcome.old))
    }
    return Self.reply(operation, atomic, outcome, type)
  }

  /// What changes how the operation works, as far as the members tell; nil where they do not.
  private static func modifier(
    _ members: RequestMembers, _ relation: ValueRelation?, _ overflow: OverflowPolicy?,
    _ operation: AtomicOperation, _ type: RegisterType
  ) throws(Problem) -> OperationModifier? {
    guard members.contains(anyOf: modifierNames(of: operation)) else { return nil }
    // Said or not, on every type.
    if overflow == .wrap, !members.contains(anyOf: ["min", "max"]) { return nil }
    // Before its values are judged: they have no meaning where the modifier has none.
    guard operation.modifier.exists(on: type.kind) else {
      throw Problem(OperationError.unsupportedModifier(operation, operation.modifier, type))
    }
    switch operation.modifier {
    case .none: return nil
    case .mask: return try members.bits("mask", as: type.maskType).map { .mask($0) }
    case .relation: return relation.map { .relation($0) }
    case .overflow:
      return .overflow(
        overflow ?? .wrap, least: try members.bits("min", as: type),
        greatest: try members.bits("max", as: type))
    }
  }

  private static func outOfBounds(_ value: String) -> Problem {
    var problem = Problem(
      .outOfBounds, "the exact result is out of bounds, so the register keeps its value")
    problem.value = value
    return problem
  }

  /// The members that an operation takes.
  static func memberNames(of operation: AtomicOperation) -> [String] {
    operandNames(of: operation) + optionalNames(of: operation)
  }

  /// The members that an operation takes and does not need.
  static func optionalNames(of operation: AtomicOperation) -> [String] {
    modifierNames(of: operation)
      + (operation.takesFailureOrder ? ["order", "failure_order"] : ["order"])
  }

  private static func modifierNames(of operation: AtomicOperation) -> [String] {
    switch operation.modifier {
    case .none: []
    case .mask: ["mask"]
    case .relation: ["relation"]
    case .overflow: ["overflow", "min", "max"]
    }
  }

  /// The members that an operation needs.
  static func operandNames(of operation: AtomicOperation) -> [String] {
    switch operation.operands {
    case .none: []
    case .operand: ["operand"]
    case .expectedAndDesired: ["expected", "desired"]
    case .operandAndUnless: ["operand", "unless"]
    case .index: ["index"]
    }
  }

  private static func requireMembers(_ members: RequestMembers, of operation: AtomicOperation)
    throws(Problem)
  {
    for name in operandNames(of: operation) where try members.valueText(name) == nil {
      throw Problem(.missingMember, "\(operation.row.name) needs the member \(name)", member: name)
    }
  }

  private static func reply(
    _ operation: OperationName, _ request: AtomicRequest, _ outcome: AtomicOutcome,
    _ type: RegisterType
  ) -> HTTPResponse {
    var json = JSONWriter(reserving: 96)
    json.beginObject()
    json.member("op", operation.name)
    switch operation.operation {
    case .load, .store:
      json.member("value", type.format(outcome.new))
    case .bitTest, .bitTestSet, .bitTestReset, .bitTestComplement:
      json.member("index", request.index)
      json.member("old_bit", outcome.old == 1)
      if operation.operation != .bitTest { json.member("new_bit", outcome.new == 1) }
    default:
      if request.operation.takesFailureOrder { json.member("success", outcome.succeeded) }
      json.member("old", type.format(outcome.old))
      json.member("new", type.format(outcome.new))
    }
    json.endObject()
    return Self.json(json.bytes)
  }
}
