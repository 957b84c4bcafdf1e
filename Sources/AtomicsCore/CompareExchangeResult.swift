// SPDX-License-Identifier: Apache-2.0

/// What an operation did that may leave the value alone: a compare-exchange, a conditional
/// operation, arithmetic with an overflow policy, an update.
///
///     if a.compareExchange(expected: 1, desired: 2).exchanged { … }
///     let (exchanged, original) = a.compareExchange(expected: 1, desired: 2).pair
public struct CompareExchangeResult<Value: AtomicValue>: Sendable {
  /// Whether the operation was applied. A weak compare-exchange may also say false though its
  /// condition held; it has then left the value alone.
  public let exchanged: Bool
  /// The value that was found.
  public let original: Value
  /// The value after: the one that was stored, or the one that was found.
  public let new: Value

  @inlinable @inline(__always)
  package init(exchanged: Bool, original: Value, new: Value) {
    self.exchanged = exchanged
    self.original = original
    self.new = new
  }

  /// What a request for this type has done.
  package init(_ outcome: AtomicOutcome) {
    self.init(
      exchanged: outcome.succeeded, original: Value(atomicBits: outcome.old),
      new: Value(atomicBits: outcome.new))
  }

  /// The first two members, to be taken apart.
  @inlinable @inline(__always)
  public var pair: (exchanged: Bool, original: Value) { (exchanged, original) }
}

extension Bool {
  /// Whether the operation was applied.
  @inlinable @inline(__always)
  public init<Value>(_ result: CompareExchangeResult<Value>) { self = result.exchanged }
}

extension CompareExchangeResult: CustomStringConvertible {
  public var description: String {
    let type = Value.registerType
    return "CompareExchangeResult(exchanged: \(exchanged), "
      + "original: \(type.format(original.atomicBits)), new: \(type.format(new.atomicBits)))"
  }
}

extension CompareExchangeResult: Equatable where Value: Equatable {}
