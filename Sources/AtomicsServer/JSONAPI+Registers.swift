// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService
import WireProtocol

/// The register as a resource: PUT, GET, DELETE, and the list of all.
extension JSONAPI {
  func create(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: Span<UInt8>,
    _ response: inout HTTPResponse
  ) throws(Problem) {
    let members = try RequestMembers(
      request, target, permitted: [.type, .initial, .label, .owner, .restoreGap])
    try Self.refusePreconditions(request, except: HTTPFieldName.Set(.ifNoneMatch))
    let exclusively = try Self.isExclusive(request)
    guard let type = try members.type(.type) else {
      throw Problem(.missingMember, "a register is created with a type", member: "type")
    }
    let label = try members.text(.label) ?? ""
    let owner = try members.number(.owner) ?? 0
    try require(.create, on: name)
    let text = name.text(from: 0, count: name.count)
    let definition = RegisterDefinition(
      name: text, type: type, initial: try members.bits(.initial, as: type) ?? 0, label: label,
      ownerUser: user, ownerTag: owner,
      restoreGap: try members.bits(.restoreGap, as: type) ?? 0)
    do throws(ServiceError) {
      let made = try service.create(definition, exclusively: exclusively)
      // Who may make it and not read it hears no value: the register may have been there.
      if mayRead(name) {
        try describe(made.register, name, .sequentiallyConsistent, &response)
      } else {
        _ = try service.describe(made.register)
        response.setJSON { json in
          json.beginObject()
          json.name("name")
          json.string(utf8: name)
          json.member("type", type.name)
          json.endObject()
        }
      }
      if made.created {
        response.status = 201
        response.fields.append(.location, "/v1/registers/\(Self.percentEncoded(text))")
      }
    } catch {
      throw Problem(error)
    }
  }

  /// `If-None-Match: *` alone makes sense on a creation (RFC 9110 §13.1.2).
  private static func isExclusive(_ request: borrowing HTTPRequest) throws(Problem) -> Bool {
    let count = request.fields.count(of: .ifNoneMatch)
    guard count > 0 else { return false }
    guard count == 1, request.fields.first(.ifNoneMatch, equals: "*") else {
      throw Problem(.preconditionUnsupported, "a creation takes If-None-Match: * only")
    }
    return true
  }

  /// - Returns: The register, where the answer is all of its description.
  func get(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: Span<UInt8>,
    _ response: inout HTTPResponse
  ) throws(Problem) -> RegisterReference? {
    let order = try loadOrder(request, target)
    try Self.refusePreconditions(request, except: HTTPFieldName.Set(.ifNoneMatch))
    try require(.read, on: name)
    var plain: RegisterReference?
    do throws(ServiceError) {
      let register = try service.find(name)
      if try describe(register, name, order, &response) { plain = register }
    } catch {
      throw Problem(error)
    }
    try Self.shortenIfNotModified(request, &response)
    return response.status == 200 ? plain : nil
  }

  /// Makes it a 304 where `If-None-Match` names the value (RFC 9110 §13.1.2); weak tags never
  /// match.
  static func shortenIfNotModified(
    _ request: borrowing HTTPRequest, _ response: inout HTTPResponse
  ) throws(Problem) {
    guard let tag = request.fields.first(.ifNoneMatch) else { return }
    guard request.fields.count(of: .ifNoneMatch) == 1, !tag.contains(UInt8(ascii: ",")) else {
      throw Problem(.preconditionUnsupported, "If-None-Match takes one tag here")
    }
    guard tag == [UInt8(ascii: "*")] || response.isTagged(tag.span) else { return }
    response.status = 304
    response.removeBody()
  }

  func delete(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: Span<UInt8>,
    _ response: inout HTTPResponse
  ) throws(Problem) {
    _ = try RequestMembers(request, target, permitted: [], readsBody: false)
    try Self.refusePreconditions(request)
    try require(.delete, on: name)
    do throws(ServiceError) {
      try service.delete(name)
    } catch {
      throw Problem(error)
    }
    response.status = 204
  }

  // MARK: - The list

  /// Registers in one page.
  static let pageLimit: UInt64 = 1000
  /// The same, unless told.
  static let defaultPageLimit: UInt64 = 100

  func list(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ response: inout HTTPResponse
  ) throws(Problem) {
    let members = try RequestMembers(
      request, target, permitted: [.prefix, .limit, .cursor], readsBody: false)
    let limit = try members.number(.limit) ?? Self.defaultPageLimit
    guard (1...Self.pageLimit).contains(limit) else {
      throw Problem(.valueOutOfRange, "limit is 1 to \(Self.pageLimit)", member: "limit")
    }
    let prefix = Array((try members.text(.prefix) ?? "").utf8)
    let cursor = try members.number(.cursor) ?? 0
    let page = try Self.serving { () throws(ServiceError) in
      try service.list(from: cursor, prefix: prefix.span, limit: Int(limit))
    }
    response.setJSON { json in
      json.beginObject()
      json.name("registers")
      json.beginArray()
      // What may not be read is left out: a page may be short.
      for register in page.registers where mayRead(register.name.utf8.span) {
        json.beginObject()
        json.member("name", register.name)
        json.member("type", register.type.name)
        json.member("value", register.type.format(register.value))
        if !register.label.isEmpty { json.member("label", register.label) }
        json.endObject()
      }
      json.endArray()
      if let next = page.next { json.member("cursor", String(next)) }
      json.endObject()
    }
  }

  // MARK: - Common

  /// The register called `name`, which the request names; that there is none is a problem here.
  func find(_ name: Span<UInt8>) throws(Problem) -> RegisterReference {
    if let known = knownRegister, service.isPresent(known) { return known }
    do throws(ServiceError) {
      return try service.find(name)
    } catch {
      throw Problem(error)
    }
  }

  /// Runs `body`; what the service refuses is a problem here.
  static func serving<Result>(_ body: () throws(ServiceError) -> Result) throws(Problem)
    -> Result
  {
    do throws(ServiceError) {
      return try body()
    } catch {
      throw Problem(error)
    }
  }

  /// The register called `name` as a JSON object, with the value as its tag.
  ///
  /// - Returns: Whether that is its name, its type and its value, and nothing else.
  @discardableResult
  private func describe(
    _ register: RegisterReference, _ name: Span<UInt8>, _ order: MemoryOrder,
    _ response: inout HTTPResponse
  ) throws(ServiceError) -> Bool {
    let isPlain = try service.isPlain(register)
    let bits = try service.load(register, order)
    let type = register.type
    var tag = 0..<0
    // No name has anything to be escaped.
    response.body.append(addingCapacity: 64 + name.count + RegisterType.longestText) {
      (output: inout OutputSpan<UInt8>) in
      output.append(#"{"name":""#)
      output.append(name)
      output.append(#"","type":""#)
      output.append(type.spelling)
      output.append(#"","value":"#)
      let start = output.count
      output.append(UInt8(ascii: "\""))
      type.append(bits, to: &output)
      output.append(UInt8(ascii: "\""))
      tag = start..<output.count
      if isPlain { output.append(UInt8(ascii: "}")) }
    }
    if !isPlain { Self.append(try service.describe(register), to: &response) }
    response.setJSON()
    // The value with its quotes: it is its own version (RFC 9110 §8.8.3).
    response.tag = tag
    return isPlain
  }

  /// Completes a description by what else is set.
  private static func append(_ register: RegisterDescription, to response: inout HTTPResponse) {
    var others = JSONWriter()
    others.beginObject()
    if !register.label.isEmpty { others.member("label", register.label) }
    if register.ownerTag != 0 { others.member("owner", String(register.ownerTag)) }
    if register.restoreGap != 0 {
      others.member("restore_gap", register.type.format(register.restoreGap))
    }
    others.endObject()
    response.body.append(UInt8(ascii: ","))
    response.body.append(contentsOf: others.bytes.dropFirst())
  }

  /// The order of a read: `?order=`, a load order.
  func loadOrder(_ request: borrowing HTTPRequest, _ target: HTTPTarget) throws(Problem)
    -> MemoryOrder
  {
    guard target.query != nil else { return .sequentiallyConsistent }
    let members = try RequestMembers(request, target, permitted: [.order], readsBody: false)
    let order = try members.order(.order) ?? .sequentiallyConsistent
    try Self.checking { () throws(OperationError) in
      try AtomicRequest.check(order, nil, of: .load)
    }
    return order
  }

  static func checking<Result>(_ body: () throws(OperationError) -> Result) throws(Problem)
    -> Result
  {
    do throws(OperationError) {
      return try body()
    } catch {
      throw Problem(error)
    }
  }

  /// `name` as one path segment: of what a name may have, only `/` would not stand in one.
  private static func percentEncoded(_ name: String) -> String {
    name.split(separator: "/").joined(separator: "%2F")
  }
}
