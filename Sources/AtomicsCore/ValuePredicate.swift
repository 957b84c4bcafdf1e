// SPDX-License-Identifier: Apache-2.0

/// What a value must be like for a wait to end. The raw value is the wire code.
public enum ValuePredicate: UInt8, CaseIterable, Sendable {
  case equal = 0
  case notEqual
  case less
  case lessOrEqual
  case greater
  case greaterOrEqual
  /// The value has any of the operand's bits.
  case anyBits
  /// The value has all of the operand's bits.
  case allBits
  /// The value differs from the one at the first look; there is no operand.
  case changed

  /// The predicate's name in JSON and on the command line.
  public var name: String {
    switch self {
    case .anyBits: "any"
    case .allBits: "all"
    case .changed: "changed"
    default: relation?.name ?? ""
    }
  }

  /// The predicate with this `name`, or nil where there is none.
  public init?(name: String) {
    guard let predicate = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = predicate
  }

  private var relation: ValueRelation? { ValueRelation(rawValue: rawValue) }

  /// Whether values of `kind` can be asked for it: floats have no bits.
  public func exists(on kind: AtomicKind) -> Bool {
    kind != .float || self != .anyBits && self != .allBits
  }

  /// Whether it holds for `value`.
  ///
  /// Values compare as for a compare-exchange with a relation: integers by their value, bytes from
  /// the first one in memory, floats by their value but `equal`, `notEqual` and `changed` by their
  /// bits.
  ///
  /// - Parameters:
  ///   - operand: Bits of `type`; not looked at for `changed`.
  ///   - first: The value at the first look, for `changed`.
  public func holds(
    for value: UInt128, operand: UInt128, first: UInt128, on type: RegisterType
  ) -> Bool {
    switch self {
    case .anyBits: value & operand != 0
    case .allBits: value & operand == operand
    case .changed: value != first
    default: relation?.holds(value, operand, on: type) ?? false
    }
  }
}
