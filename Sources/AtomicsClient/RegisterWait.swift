// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// How a wait for a value ended. That the register was deleted is an error:
/// ``ClientError/notFound(name:)``.
public enum RegisterWait<Value: AtomicValue>: Sendable {
  /// The value was seen to be what was waited for.
  case satisfied(Value)
  /// The time is up; this is the value that was seen last.
  case timedOut(Value)

  /// The value that was seen last.
  public var value: Value {
    switch self {
    case .satisfied(let value), .timedOut(let value): value
    }
  }

  public var isSatisfied: Bool { if case .satisfied = self { true } else { false } }

  init(_ end: WaitEnd) throws(ClientError) {
    switch end {
    case .satisfied(let bits): self = .satisfied(Value(atomicBits: bits))
    case .timedOut(let bits): self = .timedOut(Value(atomicBits: bits))
    case .performed: throw .protocolViolation("an operation that nobody asked for")
    }
  }
}

/// How a wait with an operation ended.
public enum RegisterWaitThen<Value: AtomicValue>: Sendable {
  /// The operation ran on `old`, which was what was waited for, and left `new`.
  case performed(old: Value, new: Value)
  /// The value was what was waited for, and the operation left it alone, such as an addition out of
  /// its range.
  case declined(Value)
  /// The time is up and nothing ran; this is the value that was seen last.
  case timedOut(Value)

  public var isPerformed: Bool { if case .performed = self { true } else { false } }

  init(_ end: WaitEnd) throws(ClientError) {
    switch end {
    case .performed(let outcome) where outcome.succeeded:
      self = .performed(
        old: Value(atomicBits: outcome.old), new: Value(atomicBits: outcome.new))
    case .performed(let outcome): self = .declined(Value(atomicBits: outcome.old))
    case .timedOut(let bits): self = .timedOut(Value(atomicBits: bits))
    case .satisfied: throw .protocolViolation("a wait that ended without its operation")
    }
  }
}

extension RegisterWait: Equatable where Value: Equatable {}
extension RegisterWaitThen: Equatable where Value: Equatable {}
