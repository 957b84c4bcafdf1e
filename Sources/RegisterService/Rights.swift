// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What somebody may do with the registers of a name, or with the arena.
public struct Rights: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Load, test a bit, wait, watch, look at, list.
  public static let read = Rights(rawValue: 1)
  /// Store and every read-modify-write. Given with ``read`` only: they tell the value.
  public static let operate = Rights(rawValue: 2)
  public static let create = Rights(rawValue: 4)
  public static let delete = Rights(rawValue: 8)
  /// Keep a slot out of reuse; for the whole arena also its figures, and deleting by owner. Gives
  /// none of the other rights.
  public static let administer = Rights(rawValue: 16)

  public static let all: Rights = [.read, .operate, .create, .delete, .administer]

  /// What `operation` takes.
  @inlinable @inline(__always)
  public init(for operation: AtomicOperation) {
    self = operation.isReadOnly ? .read : .operate
  }
}

extension Rights: CustomStringConvertible {
  /// A verb with its preposition, where it is one right: `operate on`.
  public var description: String {
    let verbs = ["read", "operate on", "create", "delete", "administer"]
    return verbs.enumerated().filter { rawValue >> $0.offset & 1 == 1 }.map(\.element)
      .joined(separator: ", ")
  }
}
