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

  func getValue(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: Span<UInt8>,
    _ response: inout HTTPResponse
  ) throws(Problem) {
    let order = try loadOrder(request, target)
    try Self.refusePreconditions(request, except: HTTPFieldName.Set(.ifNoneMatch))
    try require(.read, on: name)
    let register = try find(name)
    let type = register.type
    let bits = try Self.serving { () throws(ServiceError) in try service.load(register, order) }
    type.append(bits, to: &response.body)
    response.body.append(0x0A)
    response.status = 200
    response.content = .plainText
    Self.tag(&response, type, bits)
    try Self.shortenIfNotModified(request, &response)
  }

  /// Says the value as the tag of the response: a value is its own version (RFC 9110 §8.8.3).
  private static func tag(_ response: inout HTTPResponse, _ type: RegisterType, _ bits: UInt128) {
    var tag = [UInt8(ascii: "\"")]
    type.append(bits, to: &tag)
    tag.append(UInt8(ascii: "\""))
    response.fields.append(.etag, tag.span)
    response.isNeverStored = true
  }

  func putValue(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: Span<UInt8>,
    _ response: inout HTTPResponse
  ) throws(Problem) {
    let members = try RequestMembers(request, target, permitted: [.order], readsBody: false)
    try RequestMembers.checkContentType(request)
    try Self.refusePreconditions(request, except: HTTPFieldName.Set(.ifMatch))
    let order = try members.order(.order) ?? .sequentiallyConsistent
    let precondition = try Self.precondition(request)
    let operation: AtomicOperation =
      if case .equals = precondition { .compareExchangeStrong } else { .store }
    try Self.checking { () throws(OperationError) in
      try AtomicRequest.check(order, nil, of: operation)
    }
    try require(.operate, on: name)
    let handle = try find(name)
    let type = handle.type
    let operand: UInt128
    do throws(ValueError) {
      let text = request.body[...].withoutWhiteSpace
      operand = try type.parse(text.span)
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
    response.status = 204
    Self.tag(&response, type, operand)
  }

  /// `If-Match` (RFC 9110 §13.1.1): `*` only demands that the register exists, which the look-up
  /// does; one tag is the expected value, its quotes optional for the shell's sake. What cannot be
  /// read is refused: taken for none, it would make the store unconditional.
  private static func precondition(_ request: borrowing HTTPRequest) throws(Problem)
    -> Precondition
  {
    let count = request.fields.count(of: .ifMatch)
    guard count > 0 else { return .none }
    guard count == 1, let text = request.fields.text(.ifMatch), !text.contains(",") else {
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
}
