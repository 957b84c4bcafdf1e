// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What somebody waits for, and what is done when it is there.
public struct WaitCondition: Sendable {
  public var predicate: ValuePredicate
  /// Bits of the register's type; 0 for `changed`.
  public var operand: UInt128
  /// The order of the looks, a load order; of no use with `then`.
  public var order: MemoryOrder
  /// Run on the very value that satisfies the predicate, as one atomic step.
  public var then: AtomicRequest?

  public init(
    _ predicate: ValuePredicate, _ operand: UInt128 = 0,
    order: MemoryOrder = .sequentiallyConsistent, then: AtomicRequest? = nil
  ) {
    self.predicate = predicate
    self.operand = operand
    self.order = order
    self.then = then
  }

  /// The order of a look that may be the last.
  var lookOrder: MemoryOrder { then?.lookOrder ?? order }
}

/// How a wait ended.
public enum WaitResult: Equatable, Sendable {
  /// The predicate held for this value.
  case satisfied(UInt128)
  /// The predicate held, and the operation ran on the value that it held for, or declined it.
  case performed(AtomicOutcome, on: UInt128)
  /// The time is up; this is the last value.
  case timedOut(UInt128)
  /// The look or the operation was refused; `.gone`: the register was deleted.
  case refused(ServiceError)
  case cancelled
  /// The server ends.
  case shuttingDown
}
