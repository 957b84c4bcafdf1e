// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText
import RegisterService

/// The register as a resource: PUT, GET, DELETE, and the list of all.
extension JSONAPI {
  func create(_ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: [UInt8])
    throws(Problem) -> HTTPResponse
  {
    let members = try RequestMembers(
      request, target, permitted: ["type", "initial", "label", "owner", "restore_gap"])
    try Self.refusePreconditions(request, except: ["if-none-match"])
    let exclusively = try Self.isExclusive(request)
    guard let type = try members.type("type") else {
      throw Problem(.missingMember, "a register is created with a type", member: "type")
    }
    let definition = RegisterDefinition(
      name: String(decoding: name, as: UTF8.self), type: type,
      initial: try members.bits("initial", as: type) ?? 0,
      label: try members.text("label") ?? "", ownerUser: user,
      ownerTag: try members.number("owner") ?? 0,
      restoreGap: try members.bits("restore_gap", as: type) ?? 0)
    try require(.create, on: name)
    // Who may make it and not read it hears no value: the register may have been there.
    let mayRead = mayRead(name.span)
    return try Self.serving { () throws(ServiceError) in
      let made = try service.create(definition, exclusively: exclusively)
      var response = try describe(made.register, showsValue: mayRead)
      if made.created {
        response.status = 201
        response.fields.append(
          name: "location", value: "/v1/registers/\(Self.percentEncoded(name))")
      }
      return response
    }
  }

  /// `If-None-Match: *` alone makes sense on a creation (RFC 9110 §13.1.2).
  private static func isExclusive(_ request: borrowing HTTPRequest) throws(Problem) -> Bool {
    let count = request.fields.count(of: "if-none-match")
    guard count > 0 else { return false }
    guard count == 1, request.fields.first("if-none-match", equals: "*") else {
      throw Problem(.preconditionUnsupported, "a creation takes If-None-Match: * only")
    }
    return true
  }

  func get(_ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: [UInt8])
    throws(Problem) -> HTTPResponse
  {
    let order = try loadOrder(request, target)
    try Self.refusePreconditions(request, except: ["if-none-match"])
    try require(.read, on: name)
    let response = try Self.serving { () throws(ServiceError) in
      try describe(try service.find(name.span), order)
    }
    return try Self.notModified(request, response) ?? response
  }

  /// 304 where `If-None-Match` names the value (RFC 9110 §13.1.2); weak tags never match.
  static func notModified(_ request: borrowing HTTPRequest, _ response: HTTPResponse)
    throws(Problem) -> HTTPResponse?
  {
    guard let tag = request.fields.first("if-none-match") else { return nil }
    guard request.fields.count(of: "if-none-match") == 1, !tag.contains(UInt8(ascii: ",")) else {
      throw Problem(.preconditionUnsupported, "If-None-Match takes one tag here")
    }
    guard tag == [UInt8(ascii: "*")] || tag == response.fields.first("etag") else { return nil }
    var fields = HTTPFields()
    fields.append(name: "etag", value: response.fields.first("etag") ?? [])
    fields.append(name: "cache-control", value: "no-store")
    return HTTPResponse(status: 304, fields: fields)
  }

  func delete(_ request: borrowing HTTPRequest, _ target: HTTPTarget, _ name: [UInt8])
    throws(Problem) -> HTTPResponse
  {
    _ = try RequestMembers(request, target, permitted: [], readsBody: false)
    try Self.refusePreconditions(request)
    try require(.delete, on: name)
    try Self.serving { () throws(ServiceError) in try service.delete(name.span) }
    return HTTPResponse(status: 204)
  }

  // MARK: - The list

  func list(_ request: borrowing HTTPRequest, _ target: HTTPTarget) throws(Problem) -> HTTPResponse
  {
    let members = try RequestMembers(
      request, target, permitted: ["prefix", "limit", "cursor"], readsBody: false)
    let limit = try members.number("limit") ?? 100
    guard (1...1000).contains(limit) else {
      throw Problem(.valueOutOfRange, "limit is 1 to 1000", member: "limit")
    }
    let prefix = Array((try members.text("prefix") ?? "").utf8)
    let cursor = try members.number("cursor") ?? 0
    let page = try Self.serving { () throws(ServiceError) in
      try service.list(from: cursor, prefix: prefix.span, limit: Int(limit))
    }
    var json = JSONWriter(reserving: 64 * page.registers.count + 64)
    json.beginObject()
    json.name("registers")
    json.beginArray()
    // What may not be read is left out: a page may be short.
    for register in page.registers where mayRead(register.name.utf8.span) {
      Self.write(register, isWhole: false, to: &json)
    }
    json.endArray()
    if let next = page.next { json.member("cursor", String(next)) }
    json.endObject()
    return Self.json(json.bytes)
  }

  // MARK: - Common

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

  /// The register as a JSON object, with the value as its tag.
  func describe(
    _ register: RegisterReference, _ order: MemoryOrder = .sequentiallyConsistent,
    showsValue: Bool = true
  ) throws(ServiceError) -> HTTPResponse {
    var description = try service.describe(register)
    guard showsValue else {
      var json = JSONWriter()
      json.beginObject()
      json.member("name", description.name)
      json.member("type", register.type.name)
      json.endObject()
      return Self.json(json.bytes)
    }
    let bits = try service.load(register, order)
    description.value = bits
    var json = JSONWriter(reserving: 96)
    Self.write(description, isWhole: true, to: &json)
    var response = Self.json(json.bytes)
    response.fields.append(name: "etag", value: Self.tag(register.type.format(bits)))
    return response
  }

  /// - Parameter isWhole: Whether what a list leaves out is told too, where it is set.
  private static func write(
    _ register: RegisterDescription, isWhole: Bool, to json: inout JSONWriter
  ) {
    json.beginObject()
    json.member("name", register.name)
    json.member("type", register.type.name)
    json.member("value", register.type.format(register.value))
    if !register.label.isEmpty { json.member("label", register.label) }
    if isWhole, register.ownerTag != 0 { json.member("owner", String(register.ownerTag)) }
    if isWhole, register.restoreGap != 0 {
      json.member("restore_gap", register.type.format(register.restoreGap))
    }
    json.endObject()
  }

  /// The order of a read: `?order=`, a load order.
  func loadOrder(_ request: borrowing HTTPRequest, _ target: HTTPTarget) throws(Problem)
    -> MemoryOrder
  {
    guard target.query != nil else { return .sequentiallyConsistent }
    let members = try RequestMembers(request, target, permitted: ["order"], readsBody: false)
    let order = try members.order("order") ?? .sequentiallyConsistent
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

  /// A strong tag (RFC 9110 §8.8.3): a value is its own version.
  static func tag(_ text: String) -> String { "\"\(text)\"" }

  /// `name` as one path segment: of what a name may have, only `/` would not stand in one.
  private static func percentEncoded(_ name: [UInt8]) -> String {
    String(decoding: name, as: UTF8.self).split(separator: "/").joined(separator: "%2F")
  }
}
