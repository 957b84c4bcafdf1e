// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import JSONText
import RegisterService

/// What the server says of itself.
extension JSONAPI {
  func serviceDocument(_ resource: Resource.Kind, _ response: inout HTTPResponse)
    throws(Problem)
  {
    switch resource {
    case .capabilities:
      response.setJSON()
      response.body = context.capabilities
    case .readyz where context.isDraining:
      throw Problem(.shuttingDown, "the server finishes what it has and takes nothing new")
    case .readyz: Self.writeReadiness(service.damage, mayAdministerArena, &response)
    default: response.setJSON { Self.write("ok", nil, namesRegisters: false, to: &$0) }
    }
  }

  /// The same for as long as the server lives, and so are its bytes: whoever has them is told so.
  func describeInterface(
    _ request: borrowing HTTPRequest, _ target: HTTPTarget, _ response: inout HTTPResponse
  ) throws(Problem) {
    if target.query != nil {
      _ = try RequestMembers(request, target, permitted: [], readsBody: false)
    }
    try Self.refusePreconditions(request, except: HTTPFieldName.Set(.ifNoneMatch))
    let document = context.openAPI
    response.status = 200
    response.content = .json
    response.body = document.text
    response.fields.append(.etag, document.tag.span)
    try Self.shortenIfNotModified(request, &response)
  }

  /// 200 whenever requests are answered for good, also on an arena that was damaged and repaired:
  /// the rest of it is served. 503 while every answer would be "unknown".
  ///
  /// - Parameter namesRegisters: Whether the caller may hear what was damaged: the text has names.
  private static func writeReadiness(
    _ damage: DamageSummary, _ namesRegisters: Bool, _ response: inout HTTPResponse
  ) {
    let status = damage.isUnrepaired ? "damaged" : "ok"
    response.setJSON { write(status, damage, namesRegisters: namesRegisters, to: &$0) }
    if damage.isUnrepaired { response.status = 503 }
  }

  private static func write(
    _ status: String, _ damage: DamageSummary?, namesRegisters: Bool, to json: inout JSONWriter
  ) {
    json.beginObject()
    json.member("status", status)
    if let damage, damage.count > 0 {
      json.name("damage")
      json.beginObject()
      json.member("count", damage.count)
      if namesRegisters, let last = damage.last { json.member("last", last) }
      json.member("last_unix_ms", damage.lastUnixNanoseconds / 1_000_000)
      json.endObject()
    }
    json.endObject()
  }
}
