// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import JSONText

/// What the server says of itself.
extension JSONAPI {
  func serviceDocument(_ resource: Resource) throws(Problem) -> HTTPResponse {
    switch resource {
    case .capabilities: return Self.json(context.capabilities)
    case .readyz where context.isDraining:
      throw Problem(.shuttingDown, "the server finishes what it has and takes nothing new")
    default:
      var json = JSONWriter()
      json.beginObject()
      json.member("status", "ok")
      json.endObject()
      return Self.json(json.bytes)
    }
  }
}
