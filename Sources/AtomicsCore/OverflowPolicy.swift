// SPDX-License-Identifier: Apache-2.0

/// What integer arithmetic does where its exact result leaves the range. The raw value is the wire
/// code; the names are Redis's.
public enum OverflowPolicy: UInt8, CaseIterable, Sendable {
  /// Keeps the low bits, as the processor does.
  case wrap = 0
  /// Stops at the end of the range.
  case saturate = 1
  /// Leaves the value alone.
  case fail = 2

  /// The policy's name in JSON and on the command line.
  public var name: String {
    switch self {
    case .wrap: "wrap"
    case .saturate: "saturate"
    case .fail: "fail"
    }
  }

  /// The policy with this `name`, or nil where there is none.
  public init?(name: String) {
    guard let policy = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = policy
  }
}

extension FixedWidthInteger {
  /// The exact sum where it lies in `range`, else what `policy` makes of it; nil where that is to
  /// leave the value alone.
  @inlinable @inline(__always)
  func adding(_ operand: Self, _ policy: OverflowPolicy, within range: ClosedRange<Self>) -> Self? {
    let (sum, overflowed) = addingReportingOverflow(operand)
    return Self.kept(sum, overflowed, isBelow: operand < 0, policy, range)
  }

  /// The exact difference where it lies in `range`, else as ``adding(_:_:within:)``.
  @inlinable @inline(__always)
  func subtracting(_ operand: Self, _ policy: OverflowPolicy, within range: ClosedRange<Self>)
    -> Self?
  {
    let (difference, overflowed) = subtractingReportingOverflow(operand)
    return Self.kept(difference, overflowed, isBelow: operand > 0, policy, range)
  }

  /// - Parameter isBelow: On which side of the type's range an overflow lies.
  @inlinable @inline(__always)
  static func kept(
    _ result: Self, _ overflowed: Bool, isBelow: Bool, _ policy: OverflowPolicy,
    _ range: ClosedRange<Self>
  ) -> Self? {
    let below = overflowed ? isBelow : result < range.lowerBound
    let above = overflowed ? !isBelow : result > range.upperBound
    guard below || above else { return result }
    return switch policy {
    case .wrap: result
    case .saturate: below ? range.lowerBound : range.upperBound
    case .fail: nil
    }
  }
}
