// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

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
    var object = JSONLine()
    object.string("op", name.name)
    if name.isBit {
      object.number("index", Int(request.index))
      object.boolean("old_bit", outcome.old != 0)
      if name.operation != .bitTest { object.boolean("new_bit", outcome.new != 0) }
    } else if name.operation == .load || name.operation == .store {
      object.string("value", type.format(outcome.new))
    } else {
      if name.operation.isCompareExchange { object.boolean("success", outcome.succeeded) }
      object.string("old", type.format(outcome.old))
      object.string("new", type.format(outcome.new))
    }
    return object.text
  }
}
