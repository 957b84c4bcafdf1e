// SPDX-License-Identifier: Apache-2.0

/// What a request does to a value that was found, for those who run it on that very value or not at
/// all.
package enum AtomicStep: Equatable, Sendable {
  /// Nothing is written: the request reads, or leaves this value alone.
  case left(AtomicOutcome)
  /// The request comes down to this compare-exchange, which may find another value; where it
  /// succeeds, the outcome is this.
  case exchange(AtomicRequest, AtomicOutcome)
}

extension AtomicRequest {
  /// The order of the look that ``step(from:)`` goes on from: the operation's where that is all it
  /// does, its failure's where it may leave the value alone.
  package var lookOrder: MemoryOrder {
    operation.isReadOnly ? order : canDecline ? failureOrder : .relaxed
  }

  /// What the request does to the value `old`.
  package func step(from old: UInt128) -> AtomicStep {
    switch operation {
    case .load: return .left(AtomicOutcome(old: old, new: old))
    case .bitTest:
      let bit = old >> UInt128(index) & 1
      return .left(AtomicOutcome(old: bit, new: bit))
    default:
      guard let new = valueLeft(of: old) else {
        return .left(AtomicOutcome(old: old, new: old, succeeded: false))
      }
      let exchange = AtomicRequest(
        .compareExchangeStrong, on: type, order, .relaxed, index: 0, operand: new, companion: old,
        runsByValue: false)
      return .exchange(exchange, outcome(old, new))
    }
  }

  /// The whole value that the request makes of `old`, or nil where it leaves it alone. Not for
  /// operations that read.
  func valueLeft(of old: UInt128) -> UInt128? {
    let bit: UInt128 = 1 << UInt128(index)
    return switch operation {
    case .bitTestSet: old | bit
    case .bitTestReset: old & ~bit
    case .bitTestComplement: old ^ bit
    default: result(of: old, on: type)
    }
  }

  /// What the request tells of the whole values before and after it.
  func outcome(_ old: UInt128, _ new: UInt128) -> AtomicOutcome {
    if operation.isBitOperation {
      let shift = UInt128(index)
      return AtomicOutcome(old: old >> shift & 1, new: new >> shift & 1)
    }
    // A store finds nothing.
    return AtomicOutcome(old: operation == .store ? new : old, new: new)
  }
}
