// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import WireProtocol

/// The client's side of `atr/1`: frames out, replies in, in the order of the commands.
///
/// Registers are opened once and then used by handle. HELLO and the first requests leave together:
/// a server of another version refuses them all.
final class FrameSession: ClientSession {
  /// A frame whose reply is awaited.
  struct Awaited {
    var ticket: UInt64
    var sequence: UInt32
    var opcode: UInt8
    var command: ClientCommand

    /// Nobody waits for the reply; of CREATE, that of the OPEN behind it counts.
    var isSilent: Bool {
      switch Opcode(rawValue: opcode) {
      case .create, .close, .cancel, .unwatch: true
      default: false
      }
    }
  }

  /// The largest reply taken: a page of a thousand long names fits.
  static let maximumFrame: UInt32 = 1 << 20

  /// Told apart from every other connection of the process, so that handles never stray.
  let connection: UInt64
  var awaited = RequestQueue<Awaited>()
  var replies = RequestQueue<SessionReply>()
  /// Open waits by their sequence number.
  var waits: [UInt32: OpenWait] = [:]
  /// Watches by the sequence number of WATCH, which their pushes have.
  var watches: [UInt32: OpenWatch] = [:]
  /// The sequence number of each ticket's wait or watch.
  var sequences: [UInt64: UInt32] = [:]
  var events = RequestQueue<SessionEvent>()
  /// Server's numbers of watches to be given up.
  var endedWatches: [UInt32] = []
  /// Whether there ever was a watch.
  var hasWatched = false
  /// Events whose credit has not been given back.
  var takenEvents: UInt32 = 0
  /// Events that the server pushes before it needs more credit.
  private(set) var eventWindow: UInt32 = 0
  /// The last handle of every name that was opened, for references of other connections.
  var handles: [String: RegisterReference] = [:]
  /// Handles to be given back.
  var surplusHandles: [UInt32] = []
  /// What the numbers mean by now that were given back while references may hold them; nil:
  /// nothing. As many as there are handles at most.
  var reused: [UInt32: RegisterIdentity?] = [:]
  /// What WELCOME said; nil until it has come.
  private(set) var capabilities: ServerCapabilities?
  var farewell: String?
  var nextSequence: UInt32 = 1
  /// Whether somebody reads at all times, and so can answer the server's questions.
  private let answersPings: Bool
  /// Questions whether this client is there.
  var questions: [UInt32] = []
  /// What CREATE said, until the OPEN that follows it is answered.
  var creation: Result<Bool, ClientError>?

  /// Who the client is; nil: the connection tells.
  private let token: BearerToken?
  private let name: String?

  init(
    connection: UInt64, answersPings: Bool = false, token: BearerToken? = nil, name: String? = nil
  ) {
    self.connection = connection
    self.answersPings = answersPings
    self.token = token
    self.name = name
  }

  var outstandingCount: Int { awaited.count }
  var quietlyAwaitedCount: Int { waits.count }
  var isReady: Bool { capabilities != nil }
  var inFlightLimit: Int { capabilities?.inFlightLimit ?? .max }
  var arena: ArenaMark? { capabilities.map { ArenaMark($0.arenaUUID) } }

  func nextReply() -> SessionReply? { replies.popFirst() }

  func nextEvent() -> SessionEvent? { events.popFirst() }

  func begin(into output: inout OutputBuffer) {
    let hello = Hello(
      answersPings: answersPings, maximumFrame: Self.maximumFrame, token: token, clientName: name)
    output.append(contentsOf: hello.bytes)
  }

  func takeSequence() -> UInt32 {
    // A wait or a watch may be older than all the numbers there are.
    while waits[nextSequence] != nil || watches[nextSequence] != nil { nextSequence &+= 1 }
    defer { nextSequence &+= 1 }
    return nextSequence
  }

  func abandon(_ reason: AbandonReason) {
    for frame in awaited.removeAll() where !frame.isSilent {
      if case .watch = frame.command { forgetWatch(frame.sequence) }
      replies.append(SessionReply(ticket: frame.ticket, result: .failure(end(frame, reason))))
    }
    creation = nil
    abandonWaits(reason)
    watches.removeAll()
    sequences.removeAll()
  }

  /// The error of a frame that has no reply. What CREATE has said is known, though its OPEN is
  /// lost.
  private func end(_ frame: Awaited, _ reason: AbandonReason) -> ClientError {
    guard let creation, case .create = frame.command, frame.opcode == Opcode.open.rawValue else {
      return reason.error(frame.command.appliedWhenLost)
    }
    self.creation = nil
    switch creation {
    case .success(let created): return reason.error(known: created ? .yes : .no)
    case .failure(let refused): return refused
    }
  }

  func receive(_ bytes: Span<UInt8>, into output: inout OutputBuffer) throws(ClientError) -> Int {
    var offset = 0
    if capabilities == nil {
      guard let welcome = try welcome(bytes) else { return 0 }
      offset = welcome
    }
    while bytes.count - offset >= FrameHeader.byteCount {
      let header = FrameHeader(
        bytes.littleEndian64(at: offset), bytes.littleEndian64(at: offset + 8))
      let length = Int(header.bodyByteCount)
      guard length & 7 == 0, length <= Int(Self.maximumFrame) else {
        throw .protocolViolation("a frame of \(length) bytes")
      }
      let end = offset + FrameHeader.byteCount + length
      guard bytes.count >= end else { break }
      try take(header, body: bytes.extracting((offset + FrameHeader.byteCount)..<end))
      offset = end
    }
    closeSurplusHandles(into: &output)
    answerQuestions(into: &output)
    sendUnwatches(into: &output)
    giveCredit(into: &output)
    return offset
  }

  /// Reads WELCOME; nil while bytes are missing.
  private func welcome(_ bytes: Span<UInt8>) throws(ClientError) -> Int? {
    for (index, byte) in Self.magic.enumerated() where index < bytes.count {
      guard bytes[index] == byte else {
        throw .protocolViolation("its greeting is not that of atr/1")
      }
    }
    do throws(WireFailure) {
      guard let (welcome, byteCount) = try Welcome.decode(bytes) else { return nil }
      guard welcome.status == .ok, welcome.version == Hello.version else {
        throw WireFailure(
          welcome.status,
          "the server does not accept this client (status \(welcome.status), "
            + "version \(welcome.version))")
      }
      capabilities = ServerCapabilities(
        serverName: welcome.serverName,
        operations: Set(welcome.opcodes.compactMap { AtomicOperation(rawValue: $0) }),
        types: welcome.types, lockFreeWidths: welcome.lockFreeWidths,
        bootEpoch: welcome.bootEpoch, arenaUUID: welcome.arenaUUID,
        inFlightLimit: welcome.inFlightLimit == 0 ? .max : Int(welcome.inFlightLimit))
      eventWindow = welcome.limits.eventCredits
      return byteCount
    } catch {
      switch error.status {
      case .badFrame: throw .protocolViolation(error.text)
      case .authenticationRequired:
        throw .rejected(
          code: error.status.code,
          text: token == nil
            ? "The server does not know who asks." : "The server does not know this token.",
          applied: .no)
      case .limit:
        throw .connectionLost(
          reason: "the server has too many connections, or had too many wrong tokens from here",
          applied: .no)
      default: throw .connectionLost(reason: error.text, applied: .no)
      }
    }
  }

  private static let magic: [UInt8] = [0xA7, 0x41, 0x54, 0x52]
}
