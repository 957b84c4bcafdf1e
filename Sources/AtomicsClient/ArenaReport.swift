// SPDX-License-Identifier: Apache-2.0

import SharedArena
import WireProtocol

/// What an arena holds and what it costs, at one moment.
public struct ArenaReport: Equatable, Sendable {
  /// A byte of `val` that is locked by whoever attached to the arena, or quiesced, at one moment.
  public struct Attachment: Equatable, Sendable {
    public var lockByte: UInt64
    /// Slots that wait because of it; others may hold them back too.
    public var waiting: Int
    /// Those that may be seen from where the report was made. A server names them over the arena's
    /// own socket alone.
    public var processes: [Process]
    /// Seen as well, and not named.
    public var processesLeftOut: Int
  }

  public struct Process: Equatable, Sendable {
    public var identifier: Int32
    public var program: String
  }

  /// What other programs broke in the arena, as far as it was found.
  public struct Damage: Equatable, Sendable {
    /// How often something was found since the finder's start.
    public var count: Int
    /// What was found last, as a sentence without its full stop.
    public var last: String?
    /// When that was, in nanoseconds since 1970; 0: never.
    public var lastUnixNanoseconds: UInt64
    /// Something is wrong at this moment.
    public var isUnrepaired: Bool
  }

  /// Registers that the arena can hold at once, and that it holds.
  public var capacity: Int
  public var live: Int
  /// Slots of deleted registers: those that the next creates use, and those that wait because
  /// somebody is attached who could know the register that was there.
  public var free: Int
  public var waiting: Int
  /// Slots that are never used for another register.
  public var pinned: Int
  /// Slots that have memory.
  public var committed: Int
  /// Deletions so far, moves of the index included.
  public var deleteEpoch: UInt64
  /// Words of the name index, those that are not empty, and the tombstones among them.
  public var indexWords: Int
  public var indexUsed: Int
  public var indexDead: Int
  /// Old levels of the index that wait as deleted slots do.
  public var waitingLevels: Int
  /// Bytes of memory behind `dir` and behind `val`.
  public var directoryBytes: Int
  public var valuesBytes: Int
  /// What the arena's server found, or this process where there is none; nil: a server does not
  /// tell.
  public var damage: Damage?
  /// The oldest first: those that hold back most.
  public var attachments: [Attachment]
  public var attachmentsLeftOut: Int
}

extension ArenaReport {
  init(_ reply: ArenaStatReply) {
    self.init(
      capacity: Int(clamping: reply.capacity), live: Int(clamping: reply.live),
      free: Int(clamping: reply.free), waiting: Int(clamping: reply.waiting),
      pinned: Int(clamping: reply.pinned), committed: Int(clamping: reply.committed),
      deleteEpoch: reply.deleteEpoch, indexWords: Int(clamping: reply.indexWords),
      indexUsed: Int(clamping: reply.indexUsed), indexDead: Int(clamping: reply.indexDead),
      waitingLevels: Int(clamping: reply.waitingLevels),
      directoryBytes: Int(clamping: reply.directoryBytes),
      valuesBytes: Int(clamping: reply.valuesBytes), damage: reply.damage.map(Damage.init),
      attachments: reply.attachments.map { attachment in
        Attachment(
          lockByte: attachment.lockByte, waiting: Int(clamping: attachment.waiting),
          processes: attachment.processes.map {
            Process(identifier: Int32(clamping: $0.identifier), program: $0.program)
          }, processesLeftOut: Int(attachment.processesLeftOut))
      }, attachmentsLeftOut: Int(reply.attachmentsLeftOut))
  }

  /// - Parameter own: The process that asks: what it holds for the length of the question is no
  ///   part of the answer.
  init(_ statistics: ArenaStatistics, _ damage: DamageReport, without own: Int32) {
    let attachments = statistics.attachments.compactMap { attachment -> Attachment? in
      let others = attachment.processes.filter { $0.identifier != own }
      let isOwn = others.count < attachment.processes.count
      if isOwn && others.isEmpty && attachment.waiting == 0 { return nil }
      return Attachment(
        lockByte: attachment.lockByte, waiting: attachment.waiting,
        processes: others.map { Process(identifier: $0.identifier, program: $0.program) },
        processesLeftOut: 0)
    }
    self.init(
      capacity: statistics.capacity, live: statistics.live, free: statistics.free,
      waiting: statistics.waiting, pinned: statistics.pinned, committed: statistics.committed,
      deleteEpoch: statistics.deleteEpoch, indexWords: statistics.indexWords,
      indexUsed: statistics.indexUsed, indexDead: statistics.indexDead,
      waitingLevels: statistics.waitingLevels, directoryBytes: statistics.directoryBytes,
      valuesBytes: statistics.valuesBytes, damage: Damage(damage), attachments: attachments,
      attachmentsLeftOut: 0)
  }
}

extension ArenaReport.Damage {
  fileprivate init(_ damage: ArenaStatReply.Damage) {
    self.init(
      count: Int(clamping: damage.count), last: damage.last,
      lastUnixNanoseconds: damage.lastUnixNanoseconds, isUnrepaired: damage.isUnrepaired)
  }

  fileprivate init(_ report: DamageReport) {
    self.init(
      count: report.count, last: report.last.map { "\($0)" },
      lastUnixNanoseconds: report.lastUnixNanoseconds, isUnrepaired: report.isUnrepaired)
  }
}
