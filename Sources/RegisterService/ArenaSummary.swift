// SPDX-License-Identifier: Apache-2.0

import SharedArena

/// What the arena holds and what it costs, at one moment.
public struct ArenaSummary: Equatable, Sendable {
  /// A byte of the values' file that is locked by whoever attached, or quiesced, at one moment.
  public struct Attachment: Equatable, Sendable {
    public var lockByte: UInt64
    /// Slots that wait because of it; others may hold them back too.
    public var waiting: Int
    /// Those that the server may see.
    public var processes: [Process]
  }

  public struct Process: Equatable, Sendable {
    public var identifier: Int32
    public var program: String
  }

  /// Registers that it can hold at once, and that it holds.
  public var capacity: Int
  public var live: Int
  /// Slots of deleted registers: those that can be used again, and those that wait.
  public var free: Int
  public var waiting: Int
  /// Slots that are never used for another register.
  public var pinned: Int
  /// Slots that have memory.
  public var committed: Int
  public var deleteEpoch: UInt64
  /// Words of the name index, those that are not empty, and the tombstones among them.
  public var indexWords: Int
  public var indexUsed: Int
  public var indexDead: Int
  /// Old levels of the index that wait as deleted slots do.
  public var waitingLevels: Int
  /// Bytes of memory of the directory and of the values.
  public var directoryBytes: Int
  public var valuesBytes: Int
  /// What other programs broke.
  public var damage: DamageSummary
  /// The oldest first.
  public var attachments: [Attachment]

  init(_ statistics: ArenaStatistics, _ damage: DamageSummary) {
    self.damage = damage
    capacity = statistics.capacity
    live = statistics.live
    free = statistics.free
    waiting = statistics.waiting
    pinned = statistics.pinned
    committed = statistics.committed
    deleteEpoch = statistics.deleteEpoch
    indexWords = statistics.indexWords
    indexUsed = statistics.indexUsed
    indexDead = statistics.indexDead
    waitingLevels = statistics.waitingLevels
    directoryBytes = statistics.directoryBytes
    valuesBytes = statistics.valuesBytes
    attachments = statistics.attachments.map { attachment in
      Attachment(
        lockByte: attachment.lockByte, waiting: attachment.waiting,
        processes: attachment.processes.map {
          Process(identifier: $0.identifier, program: $0.program)
        })
    }
  }
}

extension RegisterService {
  /// Counts, and looks for the processes that keep deleted slots from being used again.
  ///
  /// - Throws: `.arena`.
  /// - Complexity: Reads much of `/proc`, which may take a second: not for a loop's thread.
  public func summary() throws(ServiceError) -> ArenaSummary {
    do throws(ArenaError) {
      return ArenaSummary(try arena.statistics(), damage)
    } catch {
      throw ServiceError(error)
    }
  }
}
