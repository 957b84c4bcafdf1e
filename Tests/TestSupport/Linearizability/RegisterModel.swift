// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register that does one operation after the other: what the service must look like.
public enum RegisterModel {
  /// What `request` finds and leaves where the value is `value`. A weak compare-exchange does not
  /// fail by itself here.
  public static func run(
    _ request: AtomicRequest, on value: UInt128
  ) -> (left: UInt128, outcome: AtomicOutcome) {
    let operation = request.operation
    if operation.isBitOperation {
      let bit = UInt128(1) << UInt128(request.index)
      let left =
        switch operation {
        case .bitTestSet: value | bit
        case .bitTestReset: value & ~bit
        case .bitTestComplement: value ^ bit
        default: value
        }
      let outcome = AtomicOutcome(old: value & bit == 0 ? 0 : 1, new: left & bit == 0 ? 0 : 1)
      return (left, outcome)
    }
    guard let left = request.result(of: value, on: request.type) else {
      return (value, AtomicOutcome(old: value, new: value, succeeded: false))
    }
    return (left, AtomicOutcome(old: value, new: left))
  }

  /// The values that the register may have after `operation`, if it takes effect where the value is
  /// `value`: none where the client could not have seen what it saw. Two only of a pending weak
  /// compare-exchange, which may have failed by itself.
  public static func values(after operation: RecordedOperation, on value: UInt128) -> [UInt128] {
    let request = operation.request
    if let condition = operation.precondition,
      !condition.relation.holds(value, condition.value, on: request.type)
    {
      return []
    }
    let (left, outcome) = run(request, on: value)
    let isWeak = request.operation == .compareExchangeWeak
    guard let seen = operation.outcome else {
      return isWeak && left != value ? [left, value] : [left]
    }
    if isWeak, !seen.succeeded { return seen.old == value && seen.new == value ? [value] : [] }
    guard seen.succeeded == outcome.succeeded, seen.new == outcome.new else { return [] }
    // A store tells nothing of what it found.
    return request.operation == .store || seen.old == outcome.old ? [left] : []
  }
}

extension RecordedOperation {
  /// Whether the register stays as it was wherever the operation can take effect at all.
  public var changesNothing: Bool {
    guard let outcome, request.operation != .store else { return false }
    return outcome.old == outcome.new
  }
}
