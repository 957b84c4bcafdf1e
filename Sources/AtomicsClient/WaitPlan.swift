// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import EventLoop

/// What a wait waits for, and the operation that follows in the same step, if there is one.
public struct WaitPlan: Sendable {
  public var predicate: ValuePredicate
  /// What the predicate compares with: bits of the register's type, zero-extended; 0 for `changed`.
  public var operand: UInt128
  /// How long the server waits; nil: without limit. Zero looks once.
  var timeoutMilliseconds: UInt32?
  /// The order of the looks, a load order; of no account where an operation follows, which has its
  /// own.
  public var order: MemoryOrder
  /// What runs on the very value that satisfies the predicate, as one atomic step.
  public var then: AtomicRequest?

  init(
    predicate: ValuePredicate, operand: UInt128 = 0, timeoutMilliseconds: UInt32? = nil,
    order: MemoryOrder = .sequentiallyConsistent, then: AtomicRequest? = nil
  ) {
    self.predicate = predicate
    self.operand = operand
    self.timeoutMilliseconds = timeoutMilliseconds
    self.order = order
    self.then = then
  }

  /// - Parameter timeout: How long to wait, in whole milliseconds, rounded up; nil, and more than
  ///   49 days: without limit. Zero or less looks once.
  public init(
    until predicate: ValuePredicate, _ operand: UInt128 = 0, timeout: Duration? = nil,
    order: MemoryOrder = .sequentiallyConsistent, then: AtomicRequest? = nil
  ) {
    self.init(
      predicate: predicate, operand: operand,
      timeoutMilliseconds: timeout.flatMap { $0.wireMilliseconds }, order: order, then: then)
  }

  /// Throws where no register of the type could be waited for like this.
  func check(on register: RegisterReference) throws(ClientError) {
    let type = register.type
    func refuse(_ code: String, _ text: String) -> ClientError {
      .rejected(code: code, text: text, applied: .no)
    }
    guard predicate.exists(on: type.kind) else {
      throw refuse(
        "unsupported-operation",
        "The predicate \(predicate.name) does not exist on \(type.name) registers.")
    }
    guard operand <= (predicate == .changed ? 0 : type.width.mask) else {
      throw refuse(
        "value-out-of-range",
        predicate == .changed
          ? "The predicate changed compares with nothing: its operand is 0."
          : "The operand is no value of \(type.name).")
    }
    if let then { return try register.check(then) }
    guard order.isValidForLoad else {
      throw refuse("invalid-order", "A wait's order is relaxed, acquire or seq_cst.")
    }
  }
}

extension WaitPlan {
  /// When the time of a wait is up that begins at `now`; `.never` where it has no limit.
  func end(from now: Deadline) -> Deadline {
    guard let timeoutMilliseconds, timeoutMilliseconds != .max else { return .never }
    return now.advanced(by: UInt64(timeoutMilliseconds) * 1_000_000)
  }

  /// How long its caller waits whose answer must be there `margin` after the plan's own time; nil
  /// where nobody told, or the plan has no limit.
  func allowance(margin: Duration?) -> Duration? {
    guard let margin, let timeoutMilliseconds else { return nil }
    let sum = UInt64(timeoutMilliseconds) * 1_000_000 + margin.clampedNanoseconds
    return .nanoseconds(Int64(clamping: sum))
  }
}

/// How a wait ended. That its register was deleted is an error: ``ClientError/notFound(name:)``.
public enum WaitEnd: Equatable, Sendable {
  /// The value that satisfied the predicate, as bits of the register's type.
  case satisfied(UInt128)
  /// The operation ran, or declined.
  case performed(AtomicOutcome)
  /// The time is up; the value that was seen last.
  case timedOut(UInt128)
}

extension Duration {
  /// Whole milliseconds, rounded up, at least 0; nil where they have no place in 32 bits beside the
  /// number that means no limit.
  var wireMilliseconds: UInt32? {
    guard self > .zero else { return 0 }
    let (seconds, attoseconds) = components
    let (product, isTooLong) = UInt64(seconds).multipliedReportingOverflow(by: 1000)
    let (part, rest) = UInt64(attoseconds).quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
    guard !isTooLong, product < UInt64(UInt32.max) else { return nil }
    let milliseconds = product + part + (rest == 0 ? 0 : 1)
    return milliseconds < UInt64(UInt32.max) ? UInt32(milliseconds) : nil
  }
}
