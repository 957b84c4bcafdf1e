// SPDX-License-Identifier: Apache-2.0

/// What an operation takes besides its register.
public enum OperandShape: Sendable {
  case none
  case operand
  case expectedAndDesired
  case operandAndUnless
  case index
}

/// What may change how an operation works; see ``OperationModifier``.
public enum ModifierClass: Sendable {
  case none
  /// The bits that an exchange replaces.
  case mask
  /// How a compare-exchange compares.
  case relation
  /// An overflow policy, with bounds.
  case overflow

  /// Whether operations on `kind` take it.
  @inlinable @inline(__always)
  public func exists(on kind: AtomicKind) -> Bool {
    switch self {
    case .none, .relation: true
    case .mask: kind != .float
    case .overflow: kind.isInteger
    }
  }
}

/// Which memory orders an operation permits.
public enum OrderClass: Sendable {
  /// relaxed, acquire, seq_cst.
  case load
  /// relaxed, release, seq_cst.
  case store
  /// All five.
  case readModifyWrite
  /// All five, with a failure order beside them.
  case compareExchange

  /// Whether an operation of this class may have `order` as its (success) order.
  @inlinable @inline(__always)
  public func permits(_ order: MemoryOrder) -> Bool {
    switch self {
    case .load: order.isValidForLoad
    case .store: order.isValidForStore
    case .readModifyWrite, .compareExchange: true
    }
  }
}

/// One row of **the operation table**, from which wire codes, HTTP paths, command-line verbs and
/// capabilities are made. A new operation is a case of ``AtomicOperation``, a row here and in the
/// switches below, what it makes of a value (`AtomicOperation.result`), its code where the
/// processor has an instruction for it (`instructionCode`), and its method in ``AtomicAccess``.
public struct OperationRow: Sendable {
  public let operation: AtomicOperation
  /// The canonical wire name of the form that returns nothing, or of the only form.
  public let name: String
  /// Other accepted spellings of `name`.
  public let aliases: [String]
  public let operands: OperandShape
  public let orders: OrderClass
  public let kinds: Set<AtomicKind>
  public let modifier: ModifierClass
  /// Whether `fetch_NAME` (old value) and `NAME_fetch` (new value) exist beside `NAME`.
  public let hasFetchForms: Bool

  private static let everyKind: Set<AtomicKind> = [.unsigned, .signed, .bytes, .float]
  private static let bitKinds: Set<AtomicKind> = [.unsigned, .signed, .bytes]
  private static let integers: Set<AtomicKind> = [.unsigned, .signed]
  private static let numbers: Set<AtomicKind> = [.unsigned, .signed, .float]

  private init(
    _ operation: AtomicOperation, _ name: String, aliases: [String] = [],
    _ operands: OperandShape, _ orders: OrderClass, _ kinds: Set<AtomicKind>, fetch: Bool = false,
    modifier: ModifierClass = .none
  ) {
    self.operation = operation
    self.name = name
    self.aliases = aliases
    self.operands = operands
    self.orders = orders
    self.kinds = kinds
    self.modifier = modifier
    self.hasFetchForms = fetch
  }

  /// The whole table, in the order of the wire codes.
  public static let all: [OperationRow] = [
    OperationRow(.load, "load", .none, .load, everyKind),
    OperationRow(.store, "store", .operand, .store, everyKind),
    OperationRow(
      .exchange, "exchange", .operand, .readModifyWrite, everyKind, modifier: .mask),
    OperationRow(
      .compareExchangeStrong, "cmpxchg_strong", .expectedAndDesired, .compareExchange, everyKind,
      modifier: .relation),
    OperationRow(
      .compareExchangeWeak, "cmpxchg_weak", .expectedAndDesired, .compareExchange, everyKind,
      modifier: .relation),
    OperationRow(.bitTest, "bit_test", .index, .load, bitKinds),
    OperationRow(
      .bitTestSet, "bit_test_set", aliases: ["bit_set"], .index, .readModifyWrite, bitKinds),
    OperationRow(
      .bitTestReset, "bit_test_reset", aliases: ["bit_reset"], .index, .readModifyWrite, bitKinds),
    OperationRow(
      .bitTestComplement, "bit_test_compl", aliases: ["bit_compl"], .index, .readModifyWrite,
      bitKinds),
    OperationRow(.or, "or", aliases: ["bin_or"], .operand, .readModifyWrite, bitKinds, fetch: true),
    OperationRow(
      .xor, "xor", aliases: ["bin_xor"], .operand, .readModifyWrite, bitKinds, fetch: true),
    OperationRow(
      .and, "and", aliases: ["bin_and"], .operand, .readModifyWrite, bitKinds, fetch: true),
    OperationRow(.not, "not", aliases: ["bin_not"], .none, .readModifyWrite, bitKinds, fetch: true),
    OperationRow(.nand, "nand", .operand, .readModifyWrite, bitKinds, fetch: true),
    OperationRow(.andnot, "andnot", .operand, .readModifyWrite, bitKinds, fetch: true),
    OperationRow(
      .add, "add", .operand, .readModifyWrite, numbers, fetch: true, modifier: .overflow),
    OperationRow(
      .sub, "sub", .operand, .readModifyWrite, numbers, fetch: true, modifier: .overflow),
    OperationRow(
      .increment, "inc", .none, .readModifyWrite, integers, fetch: true, modifier: .overflow),
    OperationRow(
      .decrement, "dec", .none, .readModifyWrite, integers, fetch: true, modifier: .overflow),
    OperationRow(
      .negate, "neg", .none, .readModifyWrite, integers, fetch: true, modifier: .overflow),
    OperationRow(.min, "min", .operand, .readModifyWrite, numbers, fetch: true),
    OperationRow(.max, "max", .operand, .readModifyWrite, numbers, fetch: true),
    OperationRow(.byteMin, "byte_min", .operand, .readModifyWrite, [.bytes], fetch: true),
    OperationRow(.byteMax, "byte_max", .operand, .readModifyWrite, [.bytes], fetch: true),
    OperationRow(.addUnless, "add_unless", .operandAndUnless, .compareExchange, integers),
    OperationRow(.incrementIfNotZero, "inc_if_not_zero", .none, .compareExchange, integers),
    OperationRow(.decrementIfPositive, "dec_if_positive", .none, .compareExchange, integers),
  ]

  private static let byOperation: [AtomicOperation: OperationRow] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.operation, $0) })

  /// The row of `operation`.
  public static func row(of operation: AtomicOperation) -> OperationRow {
    guard let row = byOperation[operation] else {
      preconditionFailure("the operation table has no row for \(operation)")
    }
    return row
  }
}

extension AtomicOperation {
  /// This operation's row in the table.
  public var row: OperationRow { OperationRow.row(of: self) }

  /// Which memory orders the operation permits. Cost: a compare; for the data path.
  @inlinable @inline(__always) public var orders: OrderClass {
    switch self {
    case .load, .bitTest: .load
    case .store: .store
    case _ where takesFailureOrder: .compareExchange
    default: .readModifyWrite
    }
  }

  /// What the operation takes besides its register. Cost: a compare; for the data path.
  @inlinable @inline(__always) public var operands: OperandShape {
    switch self {
    case .load, .not, .increment, .decrement, .negate, .incrementIfNotZero, .decrementIfPositive:
      .none
    case .addUnless: .operandAndUnless
    case .compareExchangeStrong, .compareExchangeWeak: .expectedAndDesired
    case .bitTest, .bitTestSet, .bitTestReset, .bitTestComplement: .index
    default: .operand
    }
  }

  /// Whether the operation exists on `kind`. Cost: a compare; for the data path.
  @inlinable @inline(__always)
  public func exists(on kind: AtomicKind) -> Bool {
    switch kind {
    case .unsigned, .signed: !isByteComparison
    case .bytes: !isArithmetic && !isConditional
    case .float:
      rawValue < AtomicOperation.bitTest.rawValue || self == .add || self == .sub || self == .min
        || self == .max
    }
  }

  /// What may change how the operation works. Cost: a compare; for the data path.
  @inlinable @inline(__always) public var modifier: ModifierClass {
    switch self {
    case .exchange: .mask
    case .compareExchangeStrong, .compareExchangeWeak: .relation
    case .add, .sub, .increment, .decrement, .negate: .overflow
    default: .none
    }
  }
}
