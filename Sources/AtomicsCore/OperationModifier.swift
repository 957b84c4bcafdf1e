// SPDX-License-Identifier: Apache-2.0

/// What changes how an operation works. Each goes with the operations whose
/// ``OperationRow/modifier`` says so. Values are bits zero-extended to 128.
public enum OperationModifier: Hashable, Sendable {
  /// Of an exchange: the bits that are replaced; the others stay. On integers and bytes.
  case mask(UInt128)
  /// Of a compare-exchange: how the value must stand to the expected one.
  case relation(ValueRelation)
  /// Of integer `add`, `sub`, `inc`, `dec` and `neg`: what is done where the exact result leaves
  /// the range from `least` to `greatest`, which are the type's own where they are nil. Bounds need
  /// another policy than `wrap`.
  case overflow(OverflowPolicy, least: UInt128? = nil, greatest: UInt128? = nil)

  /// What kind of modifier this is.
  @inlinable public var `class`: ModifierClass {
    switch self {
    case .mask: .mask
    case .relation: .relation
    case .overflow: .overflow
    }
  }
}
