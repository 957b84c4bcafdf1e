// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What a wait waits for, and the operation that follows in the same step, if there is one.
struct WaitPlan: Sendable {
  var predicate: ValuePredicate
  /// Bits of the register's type; 0 for `changed`.
  var operand: UInt128 = 0
  /// How long the server waits; nil: without limit. Zero looks once.
  var timeoutMilliseconds: UInt32?
  /// The order of the looks; of no account where an operation follows, which has its own.
  var order = MemoryOrder.sequentiallyConsistent
  /// What runs on the very value that satisfies the predicate.
  var then: AtomicRequest?
}

/// How a wait ended.
enum WaitEnd: Equatable, Sendable {
  /// The value, as bits of the register's type.
  case satisfied(UInt128)
  /// The operation ran, or declined.
  case performed(AtomicOutcome)
  /// The time is up; the value that was seen last.
  case timedOut(UInt128)
}
