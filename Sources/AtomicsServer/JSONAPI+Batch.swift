// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService

/// A batch that is being run, a turn's worth at a time: nobody else waits for all of it.
struct JSONBatch: Sendable {
  /// Whom its answer goes to.
  let stream: UInt32
  fileprivate let access: Access?
  fileprivate let body: [UInt8]
  /// Of the operations that are left, all of which are known to be JSON.
  fileprivate var reader: JSONReader
  fileprivate let count: Int
  fileprivate var left: Int
  fileprivate let areFlat: Bool
  fileprivate let stopsAtError: Bool
  /// The operation of the last element: the next one's is mostly the same.
  fileprivate var route: OperationRoute?
  /// What the last element had done, and where it stands, if another one may say the same.
  fileprivate var last: Element?

  /// An element whose operation was performed.
  fileprivate struct Element: Sendable {
    let range: Range<Int>
    /// Where the register's name stands.
    let name: Range<Int>
    let performed: JSONAPI.Performed
  }
  fileprivate var results: [UInt8] = []
}

/// `POST /v1/batch`: operations one after another, each with a status of its own.
extension JSONAPI {
  /// Begins a batch: whatever is wrong with it as a whole is found before anything is run.
  mutating func beginBatch(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ response: inout HTTPResponse,
    _ budget: inout ExecutionBudget
  ) throws(Problem) {
    _ = try RequestMembers(request, target, permitted: [], readsBody: false)
    try RequestMembers.checkContentType(request)
    try Self.refusePreconditions(request)
    // A copy: the request's buffer is used again.
    var body: [UInt8] = []
    body.append(bytes: request.body.span)
    var batch = try makeBatch(body, for: request.stream)
    if run(&batch, &budget) {
      Self.finish(batch, &response)
    } else {
      response.delivery = .later
      batches.append(batch)
    }
  }

  /// Goes on with the first of the batches that are being run.
  ///
  /// - Returns: Its answer and whom that goes to, once it is done.
  mutating func continueBatch(
    _ budget: inout ExecutionBudget
  ) -> (response: HTTPResponse, stream: UInt32)? {
    guard !batches.isEmpty else { return nil }
    access = batches[0].access
    guard run(&batches[0], &budget) else { return nil }
    var response = HTTPResponse(status: 200)
    let batch = batches.removeFirst()
    Self.finish(batch, &response)
    return (response, batch.stream)
  }

  private func makeBatch(_ body: [UInt8], for stream: UInt32) throws(Problem) -> JSONBatch {
    var operations: (range: Range<Int>, count: Int, areFlat: Bool)?
    var stops: Bool?
    for member in try Self.outline(of: body) {
      let name = member.name.text(in: body)
      switch (name, member.value) {
      case ("operations", _) where operations != nil, ("stop_on_error", _) where stops != nil:
        throw Problem(.duplicateMember, "a member stands once", member: name)
      case ("operations", .array(let count, let areFlat)):
        operations = (member.range, count, areFlat)
      case ("operations", _):
        throw Problem(.invalidValue, "operations is an array of objects", member: name)
      case ("stop_on_error", .bool(let value)): stops = value
      case ("stop_on_error", _):
        throw Problem(.invalidValue, "stop_on_error is true or false", member: name)
      default:
        throw Problem(
          .unknownMember, "a batch takes operations, stop_on_error",
          member: String(name.prefix(64)))
      }
    }
    guard let operations else {
      throw Problem(.missingMember, "a batch has operations", member: "operations")
    }
    let limit = context.limits.batchOperations
    guard operations.count <= limit else {
      throw Problem(
        .payloadTooLarge, "a batch has at most \(limit) operations, not \(operations.count)",
        member: "operations")
    }
    do throws(JSONError) {
      return JSONBatch(
        stream: stream, access: access, body: body,
        reader: try JSONReader(elementsOf: body, in: operations.range),
        count: operations.count, left: operations.count, areFlat: operations.areFlat,
        stopsAtError: stops ?? false, results: Array(#"{"results":["#.utf8))
    } catch {
      throw Problem(.invalidJSON, "\(error)")
    }
  }

  private static func outline(of body: [UInt8]) throws(Problem) -> [JSONOutline] {
    // No bytes are no members, here as everywhere.
    if body.isEmpty { return [] }
    let members: [JSONOutline]?
    do throws(JSONError) {
      members = try JSONReader.outline(of: body)
    } catch {
      throw Problem(.invalidJSON, "\(error)")
    }
    guard let members else { throw Problem(.invalidValue, "the body is a JSON object") }
    return members
  }

  /// - Returns: Whether nothing is left of the batch.
  private func run(_ batch: inout JSONBatch, _ budget: inout ExecutionBudget) -> Bool {
    while batch.left > 0 {
      if budget.isSpent { return false }
      batch.left &-= 1
      do throws(Problem) {
        try runNext(&batch, &budget)
        if batch.left > 0 { batch.results.append(UInt8(ascii: ",")) }
      } catch {
        var problem = error
        problem.member = Self.path(of: problem, batch.count &- batch.left &- 1)
        if batch.stopsAtError { batch.left = 0 }
        var json = JSONWriter(reserving: 256)
        problem.write(to: &json)
        batch.results.append(contentsOf: json.bytes)
        if batch.left > 0 { batch.results.append(UInt8(ascii: ",")) }
      }
    }
    return true
  }

  /// The member of the batch that is to blame; nil: none is, but the state of a register.
  private static func path(of problem: Problem, _ index: Int) -> String? {
    if let member = problem.member { return "operations[\(index)].\(member)" }
    // Only of what is no object not even the register is known.
    return problem.register == nil ? "operations[\(index)]" : nil
  }

  private func runNext(
    _ batch: inout JSONBatch, _ budget: inout ExecutionBudget
  ) throws(Problem) {
    budget.spend(ExecutionBudget.byName)
    if try runAlike(&batch) { return }
    batch.last = nil
    let permitted = OperationRoute.takenInBatch
    let members =
      batch.areFlat
      ? try RequestMembers(flatElementOf: batch.body, &batch.reader, permitted: permitted)
      : try RequestMembers(elementOf: batch.body, &batch.reader, permitted: permitted)
    guard let members else { return }
    guard let name = try members.string(.name) else {
      throw Problem(.missingMember, "an operation has the name of a register", member: "name")
    }
    do throws(ServiceError) {
      try RegisterService.checkName(name.span)
    } catch {
      var problem = Problem(error)
      problem.member = RequestMember.name.name
      throw problem
    }
    guard let spelling = try members.string(.op) else {
      throw Problem(.missingMember, "an operation says which it is", member: "op")
    }
    do throws(Problem) {
      if batch.route?.isSpelled(spelling.span) != true {
        batch.route = OperationRoute.find(spelling.span)
      }
      guard let route = batch.route else {
        throw Problem(
          .unknownOperation, "the operations are listed at /v1/capabilities", member: "op")
      }
      do throws(Problem) {
        try members.require(onlyFrom: route.permittedInBatch, route.setInBatch)
        let performed = try perform(
          route, members, name.span, into: &batch.results, beginning: #"{"status":200,"#, &budget)
        if batch.areFlat {
          batch.last = JSONBatch.Element(
            range: batch.reader.elementRange, name: name.indices, performed: performed)
        }
      } catch {
        var problem = error
        problem.operation = route.name.name
        throw problem
      }
    } catch {
      var problem = error
      problem.register = String(decoding: name, as: UTF8.self)
      throw problem
    }
  }

  /// Runs the next element, if it says what the last one said, of the same register or of another
  /// one of its type.
  ///
  /// - Returns: Whether it does; if not, nothing was done.
  private func runAlike(_ batch: inout JSONBatch) throws(Problem) -> Bool {
    guard let last = batch.last, let route = batch.route,
      let next = batch.reader.nextElement(like: last.range, but: last.name)
    else { return false }
    let body = batch.body
    let text = body.span
    let name = text.extracting(next.hole)
    var performed = last.performed
    if !name.equals(text.extracting(last.name)) {
      // What is in the way will be said.
      guard access?.allows(Rights(for: route.operation), on: name) ?? false,
        let register = try? service.find(name), register.type == performed.register.type
      else { return false }
      performed = Performed(request: performed.request, register: register)
    } else if !service.isPresent(performed.register) {
      return false
    }
    batch.reader.skipElement(next.range)
    batch.last = JSONBatch.Element(range: next.range, name: next.hole, performed: performed)
    do throws(Problem) {
      try perform(performed, route, into: &batch.results, beginning: #"{"status":200,"#)
      return true
    } catch {
      if error.kind == .notFound {
        // Deleted just now: whoever asked to create it gets a new one.
        batch.reader.goBack()
        return false
      }
      var problem = error
      problem.operation = route.name.name
      problem.register = String(decoding: batch.body[next.hole], as: UTF8.self)
      throw problem
    }
  }

  private static func finish(_ batch: JSONBatch, _ response: inout HTTPResponse) {
    response.body = batch.results
    response.body.append(contentsOf: "]}".utf8)
    response.setJSON()
  }
}
