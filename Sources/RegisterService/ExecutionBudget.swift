// SPDX-License-Identifier: Apache-2.0

/// How much one connection may have executed in one turn of its loop before the others get theirs.
///
/// Costs are in units of one operation by handle. A request that was begun is finished: the budget
/// may go below zero by one request.
public struct ExecutionBudget: Sendable {
  /// What a turn starts with: about 50 µs of operations, as that is how long others wait.
  public static let turn = 512
  /// An operation on a handle.
  public static let operation = 1
  /// An operation on a name: it looks the name up first.
  public static let byName = 4
  /// A create or delete: it writes the directory under a mutex.
  public static let create = 64
  /// A wait, a watch, or what ends one: the register's mark is set under a mutex, and looked at
  /// again in a later turn.
  public static let wait = 16
  /// A message of HTTP, above what it asks: parsing it and writing its answer take about two
  /// microseconds. With an operation by name it is a 32nd of a turn, as clients often have 32
  /// streams: their answers leave by one call.
  public static let message = 12
  /// The most slots that one page of a list looks at; each costs one.
  public static let scanLimit = 1024

  /// What is left of the turn; at or below zero the turn is over.
  public var remaining: Int

  @inlinable
  public init(_ remaining: Int = turn) {
    self.remaining = remaining
  }

  /// Whether the turn is over.
  @inlinable public var isSpent: Bool { remaining <= 0 }

  @inlinable
  public mutating func spend(_ cost: Int) { remaining &-= cost }
}
