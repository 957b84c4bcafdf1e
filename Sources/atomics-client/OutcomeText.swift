// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import JSONText

/// What an operation did, as text.
struct OutcomeText {
  let name: OperationName
  let request: AtomicRequest
  let outcome: AtomicOutcome
  let type: RegisterType

  init(
    _ name: OperationName, _ request: AtomicRequest, _ outcome: AtomicOutcome,
    _ type: RegisterType
  ) {
    self.name = name
    self.request = request
    self.outcome = outcome
    self.type = type
  }

  /// The value alone.
  func plain(_ printed: Verb.Printed) -> String {
    let value = printed == .old ? outcome.old : outcome.new
    return name.isBit ? (value == 0 ? "0" : "1") : type.format(value)
  }

  /// The object that the HTTP interface answers for the same operation.
  var json: String {
    var object = JSONWriter.object()
    add(to: &object)
    return object.line
  }

  /// Whether the object's member `value` is the operation's own.
  var tellsValue: Bool { name.isBit || name.operation == .load || name.operation == .store }

  /// The members of that object.
  func add(to object: inout JSONWriter) {
    object.member("op", name.name)
    if name.isBit {
      object.member("index", request.index)
      object.member("old_bit", outcome.old != 0)
      if name.operation != .bitTest { object.member("new_bit", outcome.new != 0) }
    } else if name.operation == .load || name.operation == .store {
      object.member("value", type.format(outcome.new))
    } else {
      // HTTP tells a result out of bounds by its status; here it is a member.
      if name.operation.takesFailureOrder || !outcome.succeeded {
        object.member("success", outcome.succeeded)
      }
      object.member("old", type.format(outcome.old))
      object.member("new", type.format(outcome.new))
    }
  }
}
