// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService
import WireProtocol

/// `GET` and `POST /v1/registers/{name}/wait`: what is asked; who answers it is ``LastingAnswers``.
extension JSONAPI {
  /// - Throws: ``Problem`` for whatever keeps the wait from beginning, in the order of all checks:
  ///   syntax, members and order; rights; the register; what its type permits.
  func wait(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: Span<UInt8>
  ) throws(Problem) -> WaitQuestion {
    // A query cannot say an operation.
    let mayRun = request.method == .post
    let members = try RequestMembers(
      request, target,
      permitted: mayRun ? [.until, .timeout, .order, .then] : [.until, .timeout, .order],
      readsBody: mayRun)
    try Self.refusePreconditions(request)
    let (predicate, text) = try Self.until(members)
    let timeout = try timeout(members)
    let order = try members.order(.order)
    try Self.checking { () throws(OperationError) in
      try AtomicRequest.check(order ?? .sequentiallyConsistent, nil, of: .load)
    }
    let then = try ThenMembers(members)
    guard then == nil || order == nil else {
      throw Problem(
        .invalidOrder, "a wait with then has the order of its operation: say it there",
        member: RequestMember.order.name)
    }
    try require(.read, on: name)
    if let then { try require(Rights(for: then.route.operation), on: name) }
    guard !context.isDraining else {
      throw Problem(.shuttingDown, "the server ends: connect again, and wait anew")
    }
    let register = try find(name)
    let type = register.type
    let condition = WaitCondition(
      predicate, try Self.operand(predicate, text, type),
      order: order ?? .sequentiallyConsistent, then: try then?.request(on: type))
    return WaitQuestion(
      register: register, name: name.text(from: 0, count: name.count), condition: condition,
      route: then?.route, timeoutNanoseconds: timeout, caller: try caller(request))
  }

  /// The predicate and the text of its operand: `ge:10`; `changed` has none.
  private static func until(_ members: RequestMembers) throws(Problem)
    -> (ValuePredicate, [UInt8])
  {
    let member = RequestMember.until.name
    guard let until = try members.text(.until) else {
      throw Problem(
        .missingMember, "a wait needs until, as ge:10, or changed", member: member)
    }
    let parts = until.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let predicate = parts.first.flatMap({ ValuePredicate(name: String($0)) }),
      (predicate == .changed) == (parts.count == 1)
    else {
      let names = ValuePredicate.allCases.dropLast().map(\.name).joined(separator: ", ")
      throw Problem(
        .invalidValue, "until is changed, or a predicate and a value as ge:10, of \(names)",
        member: member)
    }
    return (predicate, parts.count == 1 ? [] : Array(parts[1].utf8))
  }

  private static func operand(
    _ predicate: ValuePredicate, _ text: [UInt8], _ type: RegisterType
  ) throws(Problem) -> UInt128 {
    let member = RequestMember.until.name
    guard predicate.exists(on: type.kind) else {
      throw Problem(
        .unsupportedOperation,
        "the predicate \(predicate.name) does not exist on \(type.name) registers", member: member)
    }
    if predicate == .changed { return 0 }
    do throws(ValueError) {
      return try type.parse(text.span)
    } catch {
      throw Problem(error, member: member)
    }
  }

  /// In nanoseconds.
  private func timeout(_ members: RequestMembers) throws(Problem) -> UInt64 {
    let limit = context.limits.waitLimitNanoseconds
    guard let milliseconds = try members.number(.timeout) else {
      return min(context.limits.waitNanoseconds, limit)
    }
    let time = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    guard !time.overflow, time.partialValue <= limit else {
      let name = RequestMember.timeout.name
      throw Problem(
        .valueOutOfRange,
        "\(name) is at most \(limit / 1_000_000); ask again when that time is up", member: name)
    }
    return time.partialValue
  }
}

/// What a wait runs when its value is there, as far as it can be read without the register.
private struct ThenMembers {
  let route: OperationRoute
  private let members: RequestMembers
  private let words: JSONAPI.OperationWords

  /// Nil where the request has none.
  init?(_ outer: RequestMembers) throws(Problem) {
    guard let range = try outer.object(.then) else { return nil }
    do throws(Problem) {
      // Which members it may have is told by one of them.
      guard let name = outer.text(.op, in: range) else {
        throw Problem(
          .missingMember,
          #"then needs the name of an operation, as {"op":"sub","operand":"1"}"#,
          member: RequestMember.op.name)
      }
      guard let route = OperationRoute.find(name.utf8.span) else {
        throw Problem(
          .unknownOperation, "the operations are listed at /v1/capabilities",
          member: RequestMember.op.name)
      }
      self.route = route
      members = try RequestMembers(
        in: outer, range: range, permitted: [.op] + route.permitted.filter { $0 != .create })
      words = try JSONAPI.words(of: members, route)
    } catch {
      throw Self.within(error)
    }
  }

  func request(on type: RegisterType) throws(Problem) -> AtomicRequest {
    do throws(Problem) {
      return try JSONAPI.request(members, words, route, on: type)
    } catch {
      throw Self.within(error)
    }
  }

  /// Names the member as one of `then`.
  private static func within(_ problem: Problem) -> Problem {
    var problem = problem
    problem.member = problem.member.map { "then.\($0)" } ?? "then"
    return problem
  }
}
