// SPDX-License-Identifier: Apache-2.0

extension AtomicRequest {
  /// Checks everything that the run of an operation with a modifier needs.
  ///
  /// - Throws: ``OperationError`` as the initializer without a modifier does, and for a modifier
  ///   that the operation has not, alone or on this type, for bounds without a policy or in the
  ///   wrong order, and for a mask or a bound that does not fit. Nothing was run.
  public init(
    _ operation: AtomicOperation, on type: RegisterType, modifier: OperationModifier?,
    order: MemoryOrder = .sequentiallyConsistent, failureOrder: MemoryOrder? = nil,
    operand: UInt128 = 0, expected: UInt128 = 0
  ) throws(OperationError) {
    let plain = try AtomicRequest(
      operation, on: type, order: order, failureOrder: failureOrder, operand: operand,
      expected: expected)
    // To wrap is what every operation does without being told.
    guard let modifier, modifier != .overflow(.wrap) || operation.modifier != .overflow else {
      self = plain
      return
    }
    guard operation.modifier == modifier.class else {
      throw .modifierNotTaken(operation, modifier.class)
    }
    guard modifier.class.exists(on: type.kind) else {
      throw .unsupportedModifier(operation, modifier.class, type)
    }
    switch modifier {
    case .mask(let mask):
      guard mask <= type.width.mask else { throw .valueOutOfRange(type.maskType) }
      let kept = ~mask & type.width.mask
      self.init(
        operation, on: type, order, failureOrder, index: 0, operand: operand, companion: kept,
        runsByValue: kept != 0)
    case .relation(let relation):
      self.init(
        operation, on: type, order, failureOrder, index: 0, operand: operand, companion: expected,
        relation: relation, runsByValue: relation != .equal)
    case .overflow(.wrap, _, _): throw .boundsWithoutPolicy(operation)
    case .overflow(let policy, let least, let greatest):
      let least = least ?? type.least
      let greatest = greatest ?? type.greatest
      guard least | greatest <= type.width.mask else { throw .valueOutOfRange(type) }
      guard !type.isLess(greatest, than: least) else {
        throw .emptyBounds(type, least: least, greatest: greatest)
      }
      self.init(
        operation, on: type, order, failureOrder, index: 0, operand: operand, companion: least,
        limit: greatest, overflow: policy, runsByValue: true)
    }
  }
}

extension RegisterType {
  /// The least integer of the type, as bits.
  @inlinable package var least: UInt128 { kind == .signed ? signBit : 0 }

  /// The greatest integer of the type, as bits.
  @inlinable package var greatest: UInt128 { kind == .signed ? signBit - 1 : width.mask }

  /// The type of masks over values of this type: bits have no sign.
  public var maskType: RegisterType {
    kind == .signed ? RegisterType(kind: .unsigned, width) : self
  }
}
