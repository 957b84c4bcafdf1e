// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// The rare branches of decoding, kept out of the inlined path.
extension OperationFrame {
  /// Checks width and kind of a request's type byte, which may each be 7, as registered.
  ///
  /// - Throws: ``WireFailure``: BAD_OPERAND for what is no width or kind, or has bits above them,
  ///   TYPE_MISMATCH for another type than the register's.
  public static func checkType(_ code: UInt8, against type: RegisterType) throws(WireFailure) {
    let width = code & 7
    let kind = code >> 3
    guard width <= 4 || width == 7, kind <= 3 || kind == 7 else {
      throw WireFailure(
        .badOperand, "type byte \(code): widths are 0 to 4, kinds 0 to 3, and 7 is as registered")
    }
    guard width == 7 || width == type.width.rawValue, kind == 7 || kind == type.kind.rawValue
    else { throw WireFailure(.typeMismatch, "the register's type is \(type.name)") }
  }

  @usableFromInline
  static func unknownOrder(_ code: UInt8) -> WireFailure {
    WireFailure(
      .badOrder,
      "order code \(code) is none of 0 relaxed, 2 acquire, 3 release, 4 acq_rel, 5 seq_cst")
  }

  @usableFromInline
  static func badReturn(_ operation: AtomicOperation) -> WireFailure {
    operation == .store || operation.isBitOperation
      ? WireFailure(.badOperand, "\(operation.row.name) has return bits 0: it has no such value")
      : WireFailure(.badOperand, "return bits are 0 nothing, 1 old or 2 new")
  }

  @usableFromInline
  static func badBody(
    _ operation: AtomicOperation, _ type: RegisterType, _ count: Int, slots: Int
  ) -> WireFailure {
    WireFailure(
      .badOperand,
      "\(operation.row.name) on \(type.name) takes \(slots * slotByteCount(type)) bytes of "
        + "operands here, not \(count)")
  }
}

extension WireFailure {
  /// The failure that a refused operation is on the wire.
  public init(_ error: OperationError) {
    let status: Status =
      switch error {
      case .unsupportedOperation, .unsupportedModifier: .unsupported
      case .readOnly: .readOnly
      case .invalidOrder, .invalidFailureOrder, .failureOrderNotTaken: .badOrder
      case .invalidIndex, .valueOutOfRange, .modifierNotTaken, .boundsWithoutPolicy, .emptyBounds:
        .badOperand
      case .scopeEnded: .internal
      }
    self.init(status, error.description)
  }
}
