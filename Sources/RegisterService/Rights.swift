// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What somebody may do with the registers of a name, or with the arena.
///
/// The constants are computed: stored ones would be a call for each operation.
public struct Rights: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Load, test a bit, wait, watch, look at, list.
  @inlinable public static var read: Rights { Rights(rawValue: 1) }
  /// Store and every read-modify-write. Given with ``read`` only: they tell the value.
  @inlinable public static var operate: Rights { Rights(rawValue: 2) }
  @inlinable public static var create: Rights { Rights(rawValue: 4) }
  @inlinable public static var delete: Rights { Rights(rawValue: 8) }
  /// Keep a slot out of reuse; for the whole arena also its figures, and deleting by owner. Gives
  /// none of the other rights.
  @inlinable public static var administer: Rights { Rights(rawValue: 16) }

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
