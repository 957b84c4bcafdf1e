// SPDX-License-Identifier: Apache-2.0

/// What an arena holds and what it costs, at one moment.
public struct ArenaStatistics: Equatable, Sendable {
  /// Registers that the arena can hold at once.
  public var capacity: Int
  /// Registers that it holds.
  public var live: Int
  /// Slots of deleted registers that the next creates will use.
  public var free: Int
  /// Slots of deleted registers that wait, because somebody is attached who could know them.
  public var waiting: Int
  /// Slots that are kept out of reuse for ever, whether their register lives or not.
  public var pinned: Int
  /// Slots that have memory.
  public var committed: Int
  /// Deletions so far, moves of the index included.
  public var deleteEpoch: UInt64
  /// Words of the present level of the index, those that are not empty, and the tombstones.
  public var indexWords: Int
  public var indexUsed: Int
  public var indexDead: Int
  /// Old levels of the index that wait as deleted slots do.
  public var waitingLevels: Int
  /// Bytes of memory behind `dir` and behind `val`.
  public var directoryBytes: Int
  public var valuesBytes: Int
  /// Who keeps deleted slots waiting, the oldest first.
  public var attachments: [ArenaAttachment]
  /// What this process found damaged.
  public var damage = DamageReport()
}

/// A byte of `val` that is locked by whoever attached at its delete epoch, or quiesced then.
public struct ArenaAttachment: Equatable, Sendable {
  /// A process that has such a lock, as far as `/proc` lets the caller see.
  public struct Process: Equatable, Sendable {
    public var identifier: Int32
    public var program: String
  }

  public var lockByte: UInt64
  /// What was deleted after this epoch waits.
  public var epoch: UInt64
  /// How many slots wait because of it; others may hold them back too.
  public var waiting: Int
  /// Empty where the caller may not see them, where they are in another namespace, or where the
  /// file is mapped and not open any more.
  public var processes: [Process]
}
