// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTPMessage
import JSONText

/// What one server-sent event of `/v1/watch` says.
enum JSONWatchEvent: Equatable {
  case event(RegisterEvent)
  /// Something may have been missed, of whatever register. The client knows by itself: it tells the
  /// first value of each register on another connection as a gap.
  case gapOfAll
  /// The server ends the stream, and why: a problem document.
  case ended([UInt8])
  /// Of a kind that a newer server tells.
  case unknown

  /// Nil for what makes no sense.
  init?(_ event: EventStreamReader.Event) {
    let isGap = event.type == "gap"
    // Only what is known has data of a known form.
    guard ["change", "gap", "deleted", "ended"].contains(event.type) else {
      self = .unknown
      return
    }
    guard let members = Self.members(event.data) else { return nil }
    if event.type == "ended" {
      self = .ended(event.data)
      return
    }
    if isGap, members.member("name")?.value == .null {
      self = .gapOfAll
      return
    }
    guard let name = members.text("name"), (try? RegisterReference.check(name: name)) != nil,
      let type = members.text("type").flatMap({ RegisterType(name: $0) })
    else { return nil }
    let kind: RegisterEvent.Kind
    if event.type == "deleted" {
      kind = .deleted
    } else {
      guard let value = members.text("value").flatMap({ type.bits($0) }) else { return nil }
      kind = isGap ? .gap(value) : .value(value)
    }
    self = .event(RegisterEvent(name: name, type: type, kind: kind))
  }

  private static func members(_ data: [UInt8]) -> [JSONMember]? {
    do throws(JSONError) {
      return try JSONReader.members(of: data)
    } catch {
      return nil
    }
  }
}
