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

  /// The origin of the page that the request came from last, where it is not the server's own and
  /// may use it.
  private(set) var foreignOrigin: [UInt8]?
  /// The authority that was let in last: a connection seldom has another.
  private var knownAuthority: [UInt8] = []
  /// What was asked for last: who polls asks for it again and again.
  private var known: Resource?
  /// The register that `known` names, while that is answered once more; it may have been deleted.
  private(set) var knownRegister: RegisterReference?
  /// The operation of `known` that was done last.
  private var repetition = Repetition()
  /// How a GET of `known` is answered, once it was asked for twice.
  private var described = Description()
  /// Batches that take several turns, in the order in which they came.
  var batches: [JSONBatch] = []
  /// What the request asked that was answered last, where the answer takes its time.
  private var asked: Asked?
  /// The longest target that is remembered.
  private static let knownBytes = 256

  init(_ context: ServerContext, _ peer: Peer) {
    self.context = context
    self.peer = peer
    access = context.authenticator.control.isOn ? nil : .unlimited(0)
  }

  /// Answers `request` by filling in `response`, spending from `budget` what it cost.
  mutating func respond(
    to request: borrowing HTTPRequest, into response: inout HTTPResponse,
    _ budget: inout ExecutionBudget
  ) {
    budget.spend(ExecutionBudget.message)
    begin()
    do throws(Problem) {
      if !BrowserRules.isAlike(request, knownAuthority.span) {
        try checkOrigin(of: request)
        // The browser sends it without what would tell who asks.
        if foreignOrigin != nil, BrowserRules.isPreflight(request) {
          return try answerPreflight(request, &response)
        }
      }
      if context.authenticator.control.isOn { access = try identify(request) }
      try answer(request, &response, &budget)
    } catch {
      error.write(to: &response)
    }
  }

  /// Fills in the answer to what the session refused.
  mutating func refuse(
    _ request: borrowing HTTPRequest, for rejection: HTTPRejection,
    into response: inout HTTPResponse
  ) {
    begin()
    try? checkOrigin(of: request)
    Problem(rejection, context.limits.http).write(to: &response)
  }

  /// Forgets the last request.
  private mutating func begin() {
    if context.rules.grantsAnything { foreignOrigin = nil }
    if context.authenticator.control.isOn { access = nil }
  }

  private mutating func checkOrigin(of request: borrowing HTTPRequest) throws(Problem) {
    let isForeign = try context.rules.check(
      request, scheme: peer.isEncrypted ? .https : request.scheme, known: &knownAuthority)
    if isForeign { foreignOrigin = request.fields.first(.origin) }
  }

  private func answerPreflight(_ request: borrowing HTTPRequest, _ response: inout HTTPResponse)
    throws(Problem)
  {
    let resource = try resource(HTTPTarget(Self.copy(request.target.span)))
    context.rules.answerPreflight(resource.methods, &response)
  }

  private mutating func answer(
    _ request: borrowing HTTPRequest, _ response: inout HTTPResponse,
    _ budget: inout ExecutionBudget
  ) throws(Problem) {
    if request.method == .get, described.isAt(request.target.span),
      Description.isAllAsked(by: request), access?.isUnlimited ?? false
    {
      if described.write(service, to: &response) { return budget.spend(ExecutionBudget.byName) }
      // What is in the way will be said.
      described = Description()
    }
    if let known, known.isAt(request.target.span), request.method != .options {
      if !(knownRegister.map(service.isPresent) ?? false) { knownRegister = find(known) }
      return try answer(request, known, &response, &budget)
    }
    forget()
    // A copy: the request's buffer is used again.
    let target = HTTPTarget(Self.copy(request.target.span))
    if request.method == .options && target.bytes == [UInt8(ascii: "*")] {
      return Self.options([.get, .head, .put, .post, .delete], &response)
    }
    let resource = try resource(target)
    guard request.method != .options else { return Self.options(resource.methods, &response) }
    // Only what is asked for twice is worth more than that.
    defer { if target.query == nil, target.bytes.count <= Self.knownBytes { known = resource } }
    try answer(request, resource, &response, &budget)
  }

  private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.append(bytes: bytes)
    return copy
  }

  /// Forgets what was asked for last.
  private mutating func forget() {
    known = nil
    knownRegister = nil
    repetition.isKnown = false
    described = Description()
  }

  /// The register that a resource names, if there is one.
  private func find(_ resource: Resource) -> RegisterReference? {
    guard !resource.nameRange.isEmpty else { return nil }
    let bytes = resource.bytes
    return try? service.find(bytes.span.extracting(resource.nameRange))
  }

  private mutating func answer(
    _ request: borrowing HTTPRequest, _ resource: Resource, _ response: inout HTTPResponse,
    _ budget: inout ExecutionBudget
  ) throws(Problem) {
    do throws(Problem) {
      try dispatch(request, resource, &response, &budget)
    } catch {
      var problem = error
      problem.register = resource.registerName
      if let operation = resource.operation { problem.operation = operation.name.name }
      throw problem
    }
  }

  private mutating func dispatch(
    _ request: borrowing HTTPRequest, _ resource: Resource, _ response: inout HTTPResponse,
    _ budget: inout ExecutionBudget
  ) throws(Problem) {
    guard resource.has(request.method) else {
      let allow = Self.allow(resource.methods)
      var problem = Problem(.methodNotAllowed, "this resource has \(allow)")
      problem.allow = allow
      throw problem
    }
    guard !request.fields.contains(.contentEncoding) else {
      throw Problem(.unsupportedMediaType, "requests are sent without a content encoding")
    }
    try Self.checkAcceptance(of: resource.content(request.method), request)
    let target = resource.target
    let bytes = resource.bytes
    let name = bytes.span.extracting(resource.nameRange)
    switch resource.kind {
    case .livez, .readyz, .capabilities:
      if target.query != nil {
        _ = try RequestMembers(request, target, permitted: [], readsBody: false)
      }
      try Self.refusePreconditions(request)
      try serviceDocument(resource.kind, &response)
    case .openAPI: try describeInterface(request, target, &response)
    case .batch: try beginBatch(request, target, &response, &budget)
    case .registers:
      try Self.refusePreconditions(request)
      budget.spend(ExecutionBudget.scanLimit)
      try list(request, target, &response)
    case .register:
      switch request.method {
      case .put:
        budget.spend(ExecutionBudget.create)
        try create(request, target, name, &response)
      case .delete:
        budget.spend(ExecutionBudget.create)
        try delete(request, target, name, &response)
      default:
        budget.spend(ExecutionBudget.byName)
        let register = try get(request, target, name, &response)
        if let register, resource === known, !described.isAt(target.bytes.span) {
          described = Description(register, bytes: target.bytes, response)
        }
      }
    case .value:
      budget.spend(ExecutionBudget.byName)
      if request.method == .put {
        try putValue(request, target, name, &response)
      } else {
        try getValue(request, target, name, &response)
      }
    case .operation:
      budget.spend(ExecutionBudget.byName)
      guard let operation = resource.operation else { return }
      if repetition.isAsked(by: request), try performAgain(operation, name, &response) { return }
      let performed = try perform(operation, request, target, name, &response, &budget)
      if resource === known { repetition.note(performed, request) }
    case .wait:
      budget.spend(ExecutionBudget.wait)
      asked = .wait(try wait(request, target, name))
      response.delivery = .later
    case .watch:
      budget.spend(ExecutionBudget.wait)
      asked = .watch(try watch(request, target))
      response.delivery = .piecewise
    }
  }

  /// What a request asks that is not answered by a look at the registers.
  indirect enum Asked: Sendable {
    case wait(WaitQuestion)
    case watch(WatchQuestion)
  }

  /// What was asked where the response was not filled in.
  mutating func takeAsked() -> Asked? { asked.take() }

  /// Does an operation that was asked for in the same words before.
  ///
  /// - Returns: False where its register is not there any more: nothing was done.
  private func performAgain(
    _ route: OperationRoute, _ name: Span<UInt8>, _ response: inout HTTPResponse
  ) throws(Problem) -> Bool {
    try require(Rights(for: route.operation), on: name)
    guard let known = repetition.performed, service.isPresent(known.register) else { return false }
    do throws(Problem) {
      try perform(known, route, into: &response.body, beginning: "{")
    } catch {
      // Deleted just now: whoever asked to create it gets a new one.
      if error.kind == .notFound { return false }
      throw error
    }
    response.setJSON()
    return true
  }

  // MARK: - Answers

  private static func allow(_ methods: [HTTPMethod]) -> String {
    (methods + [.options]).map(\.name).joined(separator: ", ")
  }

  private static func options(_ methods: [HTTPMethod], _ response: inout HTTPResponse) {
    response.status = 204
    response.fields.append(.allow, allow(methods))
  }

  /// A precondition that a resource does not have is refused: ignoring it would be unsafe.
  static func refusePreconditions(
    _ request: borrowing HTTPRequest, except permitted: HTTPFieldName.Set = []
  ) throws(Problem) {
    let refused = HTTPFieldName.Set.preconditions.subtracting(permitted)
      .intersection(request.fields.names)
    guard !refused.isEmpty else { return }
    for name in HTTPFieldName.allCases where refused.contains(HTTPFieldName.Set(name)) {
      throw Problem(
        .preconditionUnsupported,
        "\(name.text) is not supported here, and ignoring it would be unsafe")
    }
  }
}

extension HTTPResponse {
  /// Makes it a 200 whose body is JSON.
  mutating func setJSON() {
    status = 200
    content = .json
    isNeverStored = true
  }

  /// Makes it a 200 with a JSON body, which `write` writes.
  mutating func setJSON(_ write: (inout JSONWriter) -> Void) {
    var bytes: [UInt8] = []
    swap(&bytes, &body)
    var json = JSONWriter(appendingTo: consume bytes, reserving: 0)
    write(&json)
    body = json.bytes
    setJSON()
  }
}
