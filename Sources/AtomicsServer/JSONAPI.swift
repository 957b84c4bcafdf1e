// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService
import WireProtocol

/// The JSON face of the registers: one request in, one response out, for every HTTP version.
struct JSONAPI: Sendable {
  let context: ServerContext
  var service: RegisterService { context.service }

  let peer: Peer
  /// What the request that is being answered may do.
  var access: Access?
  /// On whose behalf registers are made here.
  var user: UInt32 { peer.user }

  init(_ context: ServerContext, _ peer: Peer) {
    self.context = context
    self.peer = peer
  }

  /// What a path names.
  enum Resource {
    case livez, readyz, capabilities, registers
    case register([UInt8])
    case value([UInt8])
    case operation(OperationName, [UInt8])

    /// The register that the path names.
    var name: [UInt8]? {
      switch self {
      case .livez, .readyz, .capabilities, .registers: nil
      case .register(let name), .value(let name), .operation(_, let name): name
      }
    }

    /// The methods that the resource has, besides OPTIONS; HEAD goes wherever GET does.
    var methods: [HTTPMethod] {
      switch self {
      case .livez, .readyz, .capabilities, .registers: [.get, .head]
      case .register: [.get, .head, .put, .delete]
      case .value: [.get, .head, .put]
      case .operation: [.post]
      }
    }
  }

  /// Answers `request`, spending from `budget` what it cost.
  func respond(to request: borrowing HTTPRequest, _ budget: inout ExecutionBudget) -> HTTPResponse {
    budget.spend(ExecutionBudget.message)
    do throws(Problem) {
      try context.rules.check(request)
      var api = self
      api.access = try identify(request)
      return try api.answer(request, &budget)
    } catch {
      return error.response
    }
  }

  private func answer(_ request: borrowing HTTPRequest, _ budget: inout ExecutionBudget)
    throws(Problem) -> HTTPResponse
  {
    let target = HTTPTarget(request.target)
    if request.method == .options && request.target == [UInt8(ascii: "*")] {
      return Self.options([.get, .head, .put, .post, .delete])
    }
    let resource = try resource(target)
    guard request.method != .options else { return Self.options(resource.methods) }
    do throws(Problem) {
      return try answer(request, target, resource, &budget)
    } catch {
      var problem = error
      problem.register = resource.name.map { String(decoding: $0, as: UTF8.self) }
      if case .operation(let operation, _) = resource { problem.operation = operation.name }
      throw problem
    }
  }

  private func answer(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ resource: Resource,
    _ budget: inout ExecutionBudget
  ) throws(Problem) -> HTTPResponse {
    guard resource.methods.contains(request.method) else {
      let allow = Self.allow(resource.methods)
      var problem = Problem(.methodNotAllowed, "this resource has \(allow)")
      problem.allow = allow
      throw problem
    }
    switch resource {
    case .livez, .readyz, .capabilities:
      try Self.refusePreconditions(request)
      return try serviceDocument(resource)
    case .registers:
      try Self.refusePreconditions(request)
      budget.spend(ExecutionBudget.scanLimit)
      return try list(request, target)
    case .register(let name):
      switch request.method {
      case .put:
        budget.spend(ExecutionBudget.create)
        return try create(request, target, name)
      case .delete:
        budget.spend(ExecutionBudget.create)
        return try delete(request, target, name)
      default:
        budget.spend(ExecutionBudget.byName)
        return try get(request, target, name)
      }
    case .value(let name):
      budget.spend(ExecutionBudget.byName)
      return request.method == .put
        ? try putValue(request, target, name) : try getValue(request, target, name)
    case .operation(let operation, let name):
      budget.spend(ExecutionBudget.byName)
      return try perform(operation, request, target, name)
    }
  }

  // MARK: - Paths

  private func resource(_ target: HTTPTarget) throws(Problem) -> Resource {
    let segments = target.segments
    func at(_ index: Int, is text: String) -> Bool {
      index < segments.count && target.bytes(in: segments[index], equal: text)
    }
    if segments.count == 1 {
      if at(0, is: "livez") { return .livez }
      if at(0, is: "readyz") { return .readyz }
    }
    guard at(0, is: "v1"), segments.count > 1 else { throw Self.noResource }
    if segments.count == 2 {
      if at(1, is: "capabilities") { return .capabilities }
      if at(1, is: "registers") { return .registers }
    }
    guard at(1, is: "registers"), segments.count == 3 || segments.count == 4 else {
      throw Self.noResource
    }
    let name = try name(target, segments[2])
    if segments.count == 3 { return .register(name) }
    if at(3, is: "value") { return .value(name) }
    let text = String(decoding: target.bytes[segments[3]], as: UTF8.self)
    guard let operation = OperationName(text) else {
      var problem = Problem(
        .unknownOperation, "the operations are listed at /v1/capabilities")
      problem.register = String(decoding: name, as: UTF8.self)
      throw problem
    }
    return .operation(operation, name)
  }

  private static var noResource: Problem {
    Problem(.notFound, "the resources are /v1/registers, /v1/capabilities, /livez and /readyz")
  }

  private func name(_ target: HTTPTarget, _ segment: Range<Int>) throws(Problem) -> [UInt8] {
    let name: [UInt8]
    do throws(PercentDecodingError) {
      name = try target.decoded(segment)
    } catch {
      throw Problem(.invalidName, "the name has a broken percent escape")
    }
    do throws(ServiceError) {
      try RegisterService.checkName(name.span)
    } catch {
      throw Problem(error)
    }
    return name
  }

  // MARK: - Answers

  private static func allow(_ methods: [HTTPMethod]) -> String {
    (methods + [.options]).map(\.name).joined(separator: ", ")
  }

  private static func options(_ methods: [HTTPMethod]) -> HTTPResponse {
    var fields = HTTPFields()
    fields.append(name: "allow", value: allow(methods))
    return HTTPResponse(status: 204, fields: fields)
  }

  /// A 200 with a JSON body.
  static func json(_ body: [UInt8]) -> HTTPResponse {
    var fields = HTTPFields()
    fields.append(name: "content-type", value: "application/json")
    fields.append(name: "cache-control", value: "no-store")
    return HTTPResponse(status: 200, fields: fields, body: body)
  }

  private static let preconditions = [
    "if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range",
  ]

  /// A precondition that a resource does not have is refused: ignoring it would be unsafe.
  static func refusePreconditions(
    _ request: borrowing HTTPRequest, except permitted: [String] = []
  ) throws(Problem) {
    for name in preconditions where !permitted.contains(name) && request.fields.contains(name) {
      throw Problem(
        .preconditionUnsupported, "\(name) is not supported here, and ignoring it would be unsafe")
    }
  }
}
