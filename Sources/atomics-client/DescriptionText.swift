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
  var json: String { object().line }

  /// The same with what HTTP does not tell.
  var completeJSON: String {
    var object = object()
    if let details = register.details {
      object.member("created", created(details))
      object.member("generation", String(details.generation))
      object.member("owner", String(register.ownerTag))
      object.member("owner_uid", details.ownerUser)
      object.member("restore_gap", String(register.restoreGap))
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
    if let details = register.details {
      lines += [
        "created     \(created(details))", "generation  \(details.generation)",
        "owner       uid \(details.ownerUser), tag \(register.ownerTag)",
        "restore gap \(register.restoreGap)",
        "slot        \(details.slot)\(details.isPinned ? ", pinned" : "")",
      ]
    }
    return lines
  }

  private func created(_ details: RegisterDescription.Details) -> String {
    let date = Date(timeIntervalSince1970: Double(details.createdUnixNanoseconds) / 1e9)
    return date.formatted(.iso8601)
  }
}
