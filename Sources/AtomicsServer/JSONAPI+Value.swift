// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import RegisterService

/// The value alone, as plain text.
extension JSONAPI {
  /// What `If-Match` demands of a value that is about to be replaced.
  private enum Precondition {
    case none
    case equals(String)
  }

  func getValue(_ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: [UInt8])
    throws(Problem) -> HTTPResponse
  {
    let order = try loadOrder(request, target)
    try Self.refusePreconditions(request, except: ["if-none-match"])
    try require(.read, on: name)
    let response = try Self.serving { () throws(ServiceError) in
      let handle = try service.find(name.span)
      let bits = try service.load(handle, order)
      let text = handle.type.format(bits)
      var fields = HTTPFields()
      fields.append(name: "content-type", value: "text/plain; charset=utf-8")
      fields.append(name: "etag", value: Self.tag(text))
      fields.append(name: "cache-control", value: "no-store")
      return HTTPResponse(status: 200, fields: fields, body: Array(text.utf8) + [0x0A])
    }
    return try Self.notModified(request, response) ?? response
  }

  func putValue(_ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: [UInt8])
    throws(Problem) -> HTTPResponse
  {
    let members = try RequestMembers(request, target, permitted: ["order"], readsBody: false)
    try RequestMembers.checkContentType(request)
    try Self.refusePreconditions(request, except: ["if-match"])
    let order = try members.order("order") ?? .sequentiallyConsistent
    let precondition = try Self.precondition(request)
    let operation: AtomicOperation =
      if case .equals = precondition { .compareExchangeStrong } else { .store }
    try Self.checking { () throws(OperationError) in
      try AtomicRequest.check(order, nil, of: operation)
    }
    try require(.operate, on: name)
    let handle = try Self.serving { () throws(ServiceError) in try service.find(name.span) }
    let type = handle.type
    let operand: UInt128
    do throws(ValueError) {
      operand = try type.parse(Self.trimmed(request.body).span)
    } catch {
      throw Problem(error, member: nil)
    }
    var expected: UInt128 = 0
    if case .equals(let text) = precondition {
      // A tag that is no value of this type matches no value of it.
      guard let bits = try? type.parse(text) else { throw try failed(handle) }
      expected = bits
    }
    let atomic = try Self.checking { () throws(OperationError) in
      try AtomicRequest(operation, on: type, order: order, operand: operand, expected: expected)
    }
    let outcome = try Self.serving { () throws(ServiceError) in
      try service.perform(atomic, on: handle)
    }
    guard outcome.succeeded else { throw Self.failed(type.format(outcome.old)) }
    var fields = HTTPFields()
    fields.append(name: "etag", value: Self.tag(type.format(operand)))
    fields.append(name: "cache-control", value: "no-store")
    return HTTPResponse(status: 204, fields: fields)
  }

  /// `If-Match` (RFC 9110 §13.1.1): `*` only demands that the register exists, which the look-up
  /// does; one tag is the expected value, its quotes optional for the shell's sake. What cannot be
  /// read is refused: taken for none, it would make the store unconditional.
  private static func precondition(_ request: borrowing HTTPRequest) throws(Problem)
    -> Precondition
  {
    let count = request.fields.count(of: "if-match")
    guard count > 0 else { return .none }
    guard count == 1, let text = request.fields.text("if-match"), !text.contains(",") else {
      throw Problem(.preconditionUnsupported, "If-Match takes one tag here")
    }
    if text == "*" { return .none }
    if text.count >= 2, text.first == "\"", text.last == "\"" {
      return .equals(String(text.dropFirst().dropLast()))
    }
    return .equals(text)
  }

  private func failed(_ handle: RegisterReference) throws(Problem) -> Problem {
    try Self.serving { () throws(ServiceError) in
      Self.failed(handle.type.format(try service.load(handle)))
    }
  }

  private static func failed(_ value: String) -> Problem {
    var problem = Problem(
      .preconditionFailed, "the register holds another value; try again from that one")
    problem.value = value
    return problem
  }

  /// `body` without the white space around it.
  private static func trimmed(_ body: [UInt8]) -> [UInt8] {
    func isSpace(_ byte: UInt8) -> Bool {
      byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
    guard let first = body.firstIndex(where: { !isSpace($0) }),
      let last = body.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(body[first...last])
  }
}
