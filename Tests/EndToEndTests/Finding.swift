// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport

/// What a method of a typed register told, as far as it tells.
struct Finding: Sendable {
  var old: UInt128?
  var new: UInt128?
  var succeeded = true

  static func old(_ value: some AtomicValue) -> Finding { Finding(old: value.atomicBits) }
  static func new(_ value: some AtomicValue) -> Finding { Finding(new: value.atomicBits) }
  static func bit(_ was: Bool) -> Finding { Finding(old: was ? 1 : 0) }

  static func result<Value>(_ result: CompareExchangeResult<Value>) -> Finding {
    Finding(
      old: result.original.atomicBits, new: result.new.atomicBits, succeeded: result.exchanged)
  }

  func agrees(with outcome: AtomicOutcome) -> Bool {
    (old ?? outcome.old) == outcome.old && (new ?? outcome.new) == outcome.new
      && succeeded == outcome.succeeded
  }
}

extension Vector {
  /// The operation's name, or its row's and the class of the modifier.
  var method: String {
    guard let modifier else { return operationName.name }
    return "\(operationName.operation.row.name)+\(modifier.class)"
  }

  var givenOrder: MemoryOrder {
    guard let memoryOrder else { preconditionFailure("\(self) has no order") }
    return memoryOrder
  }

  var bit: Int { Int(index ?? 0) }

  var givenRelation: ValueRelation {
    guard case .relation(let relation)? = modifier else { preconditionFailure("\(self)") }
    return relation
  }

  var givenPolicy: OverflowPolicy {
    guard case .overflow(let policy, _, _)? = modifier else { preconditionFailure("\(self)") }
    return policy
  }

  func value<Value: AtomicValue>(_ text: String?) -> Value { Value(atomicBits: bits(text)) }

  func givenMask<Value: AtomicValue>() -> Value {
    guard case .mask(let mask)? = modifier else { preconditionFailure("\(self)") }
    return Value(atomicBits: mask)
  }

  func range<Value: AtomicInteger>() -> ClosedRange<Value>? {
    guard min != nil || max != nil else { return nil }
    return (min.map { value($0) } ?? .min)...(max.map { value($0) } ?? .max)
  }
}
