// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Foundation
import JSONText

/// A register's description, as text.
struct DescriptionText {
  let register: RegisterDescription

  init(_ register: RegisterDescription) {
    self.register = register
  }

  private var value: String { register.type.format(register.value) }

  /// What HTTP answers to GET.
  var json: String {
    var object = object()
    addDetails(to: &object)
    return object.line
  }

  /// What HTTP answers in a list.
  var listJSON: String { object().line }

  private func addDetails(to object: inout JSONWriter) {
    if register.ownerTag != 0 { object.member("owner", String(register.ownerTag)) }
    if register.restoreGap != 0 {
      object.member("restore_gap", register.type.format(register.restoreGap))
    }
  }

  /// The same with what HTTP does not tell.
  var completeJSON: String {
    var object = object()
    addDetails(to: &object)
    if let details = register.details {
      object.member("created", created(details))
      object.member("generation", String(details.generation))
      object.member("owner_uid", details.ownerUser)
      object.member("slot", details.slot)
      object.member("pinned", details.isPinned)
    }
    return object.line
  }

  private func object() -> JSONWriter {
    var object = JSONWriter.object()
    object.member("name", register.name)
    object.member("type", register.type.name)
    object.member("value", value)
    if !register.label.isEmpty { object.member("label", register.label) }
    return object
  }

  /// One line of `ls -l`.
  var row: String {
    let type = register.type.name.padding(toLength: 7, withPad: " ", startingAt: 0)
    let padding = String(repeating: " ", count: max(0, 20 - value.count))
    return "\(type) \(padding)\(value)  \(register.name)"
      + (register.label.isEmpty ? "" : "  \(register.label)")
  }

  /// `info`, a fact a line.
  var lines: [String] {
    var lines = [
      "name        \(register.name)", "type        \(register.type.name)", "value       \(value)",
    ]
    if !register.label.isEmpty { lines.append("label       \(register.label)") }
    if register.restoreGap != 0 {
      lines.append("restore_gap \(register.type.format(register.restoreGap))")
    }
    if let details = register.details {
      lines += [
        "created     \(created(details))", "generation  \(details.generation)",
        "owner       uid \(details.ownerUser), tag \(register.ownerTag)",
        "slot        \(details.slot)\(details.isPinned ? ", pinned" : "")",
      ]
    }
    return lines
  }

  private func created(_ details: RegisterDescription.Details) -> String {
    Self.date(details.createdUnixNanoseconds)
  }

  /// A moment in nanoseconds since 1970, to the second.
  static func date(_ unixNanoseconds: UInt64) -> String {
    Date(timeIntervalSince1970: Double(unixNanoseconds) / 1e9).formatted(.iso8601)
  }
}
