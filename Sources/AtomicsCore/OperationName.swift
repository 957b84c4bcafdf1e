// SPDX-License-Identifier: Apache-2.0

/// Which value an operation gives back. The raw value is the wire's two return bits.
public enum ReturnMode: UInt8, CaseIterable, Sendable {
  case nothing = 0
  case old = 1
  case new = 2
}

/// An operation as it is spelled on the wire, in a path or on a command line: the operation and
/// the value it returns. `fetch_add` is `(.add, .old)`, `add` is `(.add, .nothing)`, `add_fetch`
/// is `(.add, .new)`.
public struct OperationName: Hashable, Sendable {
  public let operation: AtomicOperation
  public let returns: ReturnMode
  /// The one canonical spelling.
  public let name: String
  /// Other spellings of the same.
  public let aliases: [String]

  private init(_ row: OperationRow, _ returns: ReturnMode) {
    let alone = row.hasFetchForms ? ReturnMode.nothing : Self.onlyReturn(of: row.operation)
    operation = row.operation
    switch returns {
    case .nothing:
      (self.returns, name, aliases) = (alone, row.name, row.aliases)
    case .old:
      // The Python package says bin_fetch_or, and bin_or for or: the prefix goes first.
      self.returns = .old
      name = "fetch_\(row.name)"
      aliases = row.aliases.map { "bin_fetch_\($0.dropFirst(4))" }
    case .new:
      self.returns = .new
      name = "\(row.name)_fetch"
      aliases = []
    }
  }

  /// What an operation without fetch forms gives back: the value read, where there is one.
  private static func onlyReturn(of operation: AtomicOperation) -> ReturnMode {
    operation == .store || operation.isBitOperation ? .nothing : .old
  }

  /// Every name, in the order of the table.
  public static let all: [OperationName] = OperationRow.all.flatMap { row in
    row.hasFetchForms
      ? [
        OperationName(row, .nothing), OperationName(row, .old), OperationName(row, .new),
      ] : [OperationName(row, .nothing)]
  }

  private static let bySpelling: [String: OperationName] = Dictionary(
    uniqueKeysWithValues: all.flatMap { name in ([name.name] + name.aliases).map { ($0, name) } })

  /// The operation spelled `spelling`, canonical or alias, with `-` taken for `_`; nil where there
  /// is none.
  public init?(_ spelling: String) {
    let found =
      Self.bySpelling[spelling]
      ?? Self.bySpelling[String(spelling.map { $0 == "-" ? "_" : $0 })]
    guard let found else { return nil }
    self = found
  }
}
