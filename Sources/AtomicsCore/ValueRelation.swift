// SPDX-License-Identifier: Apache-2.0

/// How a value must stand to the expected one for a compare-exchange to replace it. The raw value
/// is the wire code.
public enum ValueRelation: UInt8, CaseIterable, Sendable {
  case equal = 0
  case notEqual
  case less
  case lessOrEqual
  case greater
  case greaterOrEqual

  /// The relation's name in JSON and on the command line.
  public var name: String {
    switch self {
    case .equal: "eq"
    case .notEqual: "ne"
    case .less: "lt"
    case .lessOrEqual: "le"
    case .greater: "gt"
    case .greaterOrEqual: "ge"
    }
  }

  /// The relation with this `name`, or nil where there is none.
  public init?(name: String) {
    guard let relation = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = relation
  }

  /// Whether `value` stands so to `expected`, both bits of `type`.
  ///
  /// Integers compare by their value, bytes from the first one in memory. Floats compare by their
  /// value (with a NaN nothing holds, and -0 is 0), but `equal` and `notEqual` by their bits, as
  /// every compare-exchange does.
  @inlinable @inline(__always)
  package func holds(_ value: UInt128, _ expected: UInt128, on type: RegisterType) -> Bool {
    switch self {
    case .equal: value == expected
    case .notEqual: value != expected
    case .less: type.isLess(value, than: expected)
    case .lessOrEqual: type.isLess(value, than: expected) || type.isLevel(value, with: expected)
    case .greater: type.isLess(expected, than: value)
    case .greaterOrEqual: type.isLess(expected, than: value) || type.isLevel(value, with: expected)
    }
  }
}
