// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What ARENA_STAT answers about the arena; the reply's auxiliary value is the number of
/// attachments in it.
///
///     offset  size  body
///          0     4  length of the figures and the damage in bytes, 112 or more: the attachments
///                   follow them
///          4     4  attachments left out
///          8     8  registers that the arena can hold at once
///         16     8  registers that it holds
///         24     8  free slots: the next creates use them
///         32     8  slots of deleted registers that wait to be free
///         40     8  pinned slots: never used for another register
///         48     8  slots that have memory
///         56     8  delete epoch
///         64     8  words of the index
///         72     8  those that are not empty
///         80     8  those among them that are tombstones
///         88     8  old levels of the index that wait to be free
///         96     8  bytes of memory of `dir`
///        104     8  bytes of memory of `val`
///        112     …  ``Damage``, where the server tells it
///          …     …  attachments, the oldest first
///
///     offset  size  an attachment
///          0     8  the byte of `val` that is locked
///          8     8  slots that wait because of it
///         16     2  processes that follow; 0 over any other socket than the arena's own
///         18     2  0
///         20     4  processes left out
///         24     …  processes: {identifier u32, program length u16, 0 u16, program, zero bytes to
///                   a multiple of 8}
public struct ArenaStatReply: Equatable, Sendable {
  /// The most attachments of one answer, and the most processes of one attachment.
  public static let attachmentLimit = 64
  public static let processLimit = 8
  private static let programLimit = 64

  /// A byte of `val` that processes have locked.
  public struct Attachment: Equatable, Sendable {
    public var lockByte: UInt64
    public var waiting: UInt64
    /// Those that the server may see.
    public var processes: [Process]
    public var processesLeftOut: UInt32

    public init(
      lockByte: UInt64, waiting: UInt64, processes: [Process], processesLeftOut: UInt32 = 0
    ) {
      self.lockByte = lockByte
      self.waiting = waiting
      self.processes = processes
      self.processesLeftOut = processesLeftOut
    }
  }

  /// A process that has such a lock.
  public struct Process: Equatable, Sendable {
    public var identifier: UInt32
    public var program: String

    public init(identifier: UInt32, program: String) {
      self.identifier = identifier
      self.program = program
    }
  }

  public var capacity: UInt64 = 0
  public var live: UInt64 = 0
  public var free: UInt64 = 0
  public var waiting: UInt64 = 0
  public var pinned: UInt64 = 0
  public var committed: UInt64 = 0
  public var deleteEpoch: UInt64 = 0
  public var indexWords: UInt64 = 0
  public var indexUsed: UInt64 = 0
  public var indexDead: UInt64 = 0
  public var waitingLevels: UInt64 = 0
  public var directoryBytes: UInt64 = 0
  public var valuesBytes: UInt64 = 0
  /// Nil: the server does not tell.
  public var damage: Damage?
  public var attachments: [Attachment] = []
  public var attachmentsLeftOut: UInt32 = 0

  public init() {}

  /// The figures in the order of the frame.
  private static var figures: [WritableKeyPath<Self, UInt64>] {
    [
      \.capacity, \.live, \.free, \.waiting, \.pinned, \.committed, \.deleteEpoch, \.indexWords,
      \.indexUsed, \.indexDead, \.waitingLevels, \.directoryBytes, \.valuesBytes,
    ]
  }

  private static var figuresByteCount: Int { 8 + 8 * figures.count }

  /// - Parameter limit: The most bytes of the frame, 4096 or more: attachments that do not fit, or
  ///   are beyond ``attachmentLimit``, are left out and counted.
  public func frame(answering header: FrameHeader, atMost limit: Int) -> [UInt8] {
    var listed: [UInt8] = []
    var count = 0
    let damage = self.damage?.bytes ?? []
    let figuresByteCount = Self.figuresByteCount + damage.count
    let room = limit - FrameHeader.byteCount - figuresByteCount
    for attachment in attachments.prefix(Self.attachmentLimit) {
      let bytes = Self.bytes(of: attachment)
      guard listed.count + bytes.count <= room else { break }
      listed += bytes
      count += 1
    }
    let leftOut = UInt32(clamping: Int(attachmentsLeftOut) + attachments.count - count)
    var body: [UInt8] = []
    body.append(littleEndian: UInt32(figuresByteCount))
    body.append(littleEndian: leftOut)
    for figure in Self.figures { body.append(littleEndian: self[keyPath: figure]) }
    return [UInt8](
      frame: FrameHeader(
        opcode: header.opcode, sequence: header.sequence, handleOrAuxiliary: UInt32(count)),
      body: body + damage + listed)
  }

  private static func bytes(of attachment: Attachment) -> [UInt8] {
    let processes = attachment.processes.prefix(processLimit)
    let leftOut = Int(attachment.processesLeftOut) + attachment.processes.count - processes.count
    var bytes: [UInt8] = []
    bytes.append(littleEndian: attachment.lockByte)
    bytes.append(littleEndian: attachment.waiting)
    bytes.append(littleEndian: UInt16(processes.count))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt32(clamping: leftOut))
    for process in processes {
      let program = Array(process.program.utf8.prefix(programLimit))
      bytes.append(littleEndian: process.identifier)
      bytes.append(littleEndian: UInt16(program.count))
      bytes.append(littleEndian: UInt16(0))
      bytes.append(padded: program)
    }
    return bytes
  }

  public init(header: FrameHeader, body: Span<UInt8>) throws(WireFailure) {
    guard body.count >= Self.figuresByteCount else { throw Self.malformed }
    // A later server may tell more figures.
    var offset = Int(body.littleEndian32(at: 0))
    guard offset & 7 == 0, (Self.figuresByteCount...body.count).contains(offset) else {
      throw Self.malformed
    }
    attachmentsLeftOut = body.littleEndian32(at: 4)
    for (index, figure) in Self.figures.enumerated() {
      self[keyPath: figure] = body.littleEndian64(at: 8 + 8 * index)
    }
    damage = try Damage.read(body.extracting(Self.figuresByteCount..<offset))
    while offset < body.count {
      attachments.append(try Self.attachment(in: body, at: &offset))
    }
    guard attachments.count == Int(header.handleOrAuxiliary) else { throw Self.malformed }
  }

  private static func attachment(in body: Span<UInt8>, at offset: inout Int) throws(WireFailure)
    -> Attachment
  {
    guard offset + 24 <= body.count else { throw malformed }
    var attachment = Attachment(
      lockByte: body.littleEndian64(at: offset), waiting: body.littleEndian64(at: offset + 8),
      processes: [], processesLeftOut: body.littleEndian32(at: offset + 20))
    let count = Int(body.littleEndian16(at: offset + 16))
    offset += 24
    for _ in 0..<count {
      guard offset + 8 <= body.count else { throw malformed }
      let programCount = Int(body.littleEndian16(at: offset + 4))
      guard offset + 8 + programCount.padded <= body.count else { throw malformed }
      attachment.processes.append(
        Process(
          identifier: body.littleEndian32(at: offset),
          program: body.text(from: offset + 8, count: programCount)))
      offset += 8 + programCount.padded
    }
    return attachment
  }

  static var malformed: WireFailure {
    WireFailure(.badFrame, "ARENA_STAT's answer is malformed")
  }
}
