// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import JSONText
import RegisterService

/// What the server says of itself.
extension JSONAPI {
  func serviceDocument(_ resource: Resource) throws(Problem) -> HTTPResponse {
    switch resource {
    case .capabilities: return Self.json(context.capabilities)
    case .readyz where context.isDraining:
      throw Problem(.shuttingDown, "the server finishes what it has and takes nothing new")
    case .readyz: return Self.readiness(service.damage, namesRegisters: mayAdministerArena)
    default: return Self.json(Self.health("ok", nil, namesRegisters: false))
    }
  }

  /// 200 whenever requests are answered for good, also on an arena that was damaged and repaired:
  /// the rest of it is served. 503 while every answer would be "unknown".
  ///
  /// - Parameter namesRegisters: Whether the caller may hear what was damaged: the text has names.
  private static func readiness(_ damage: DamageSummary, namesRegisters: Bool) -> HTTPResponse {
    let status = damage.isUnrepaired ? "damaged" : "ok"
    var response = json(health(status, damage, namesRegisters: namesRegisters))
    if damage.isUnrepaired { response.status = 503 }
    return response
  }

  private static func health(
    _ status: String, _ damage: DamageSummary?, namesRegisters: Bool
  ) -> [UInt8] {
    var json = JSONWriter()
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
    return json.bytes
  }
}
