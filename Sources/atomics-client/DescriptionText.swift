// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Foundation

/// A register's description, as text.
struct DescriptionText {
  let register: RegisterDescription

  init(_ register: RegisterDescription) {
    self.register = register
  }

  private var value: String { register.type.format(register.value) }

  /// What HTTP answers to GET.
  var json: String { object().text }

  /// The same with what HTTP does not tell.
  var completeJSON: String {
    var object = object()
    if let details = register.details {
      object.string("created", created(details))
      object.string("generation", String(details.generation))
      object.string("owner", String(details.ownerTag))
      object.number("owner_uid", Int(details.ownerUser))
      object.number("slot", Int(details.slot))
    }
    return object.text
  }

  private func object() -> JSONLine {
    var object = JSONLine()
    object.string("name", register.name)
    object.string("type", register.type.name)
    object.string("value", value)
    if !register.label.isEmpty { object.string("label", register.label) }
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
        "owner       uid \(details.ownerUser), tag \(details.ownerTag)",
        "slot        \(details.slot)",
      ]
    }
    return lines
  }

  private func created(_ details: RegisterDescription.Details) -> String {
    let date = Date(timeIntervalSince1970: Double(details.createdUnixNanoseconds) / 1e9)
    return date.formatted(.iso8601)
  }
}
