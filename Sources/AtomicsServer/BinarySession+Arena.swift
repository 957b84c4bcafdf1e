// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import RegisterService
import WireProtocol

/// The frames that are about the arena as a whole, or about those who map it.
extension BinarySession {
  func deleteOwned(
    _ header: FrameHeader, _ body: Span<UInt8>, _ budget: inout ExecutionBudget
  ) throws(WireFailure) -> [UInt8] {
    try requireNoFlags(header)
    let request = try DeleteOwnedFrame(body: body)
    try requireOnArena(.administer)
    do throws(ServiceError) {
      let part = try service.deleteOwned(
        by: user, tag: request.ownerTag, from: request.cursor, &budget)
      return DeleteOwnedReply(next: part.next ?? 0, deleted: UInt64(part.deleted))
        .frame(answering: header)
    } catch {
      throw WireFailure(error)
    }
  }

  /// Which processes hold slots back is for those to know who map the arena too. Others could be
  /// anybody who reaches a port, and are told how many there are.
  ///
  /// - Throws: Also where the frame has to wait: ``BinarySession/awaitedSummary`` is set then.
  func arenaStat(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    let awaited = awaitedSummary
    // Before anything is refused: only a frame that is to come again may leave it set.
    awaitedSummary = nil
    try requireNoFlags(header)
    try requireEmpty(body)
    try requireOnArena(.administer)
    let look = context.summaries.look(awaiting: awaited, orWake: wake)
    switch look {
    case .summary(let summary):
      return ArenaStatReply(summary, namingProcesses: peer.mapsArena).frame(
        answering: header, atMost: min(clientFrameLimit, context.limits.frameBytes))
    case .failed(let error): throw WireFailure(error)
    case .pending(let run):
      awaitedSummary = run
      throw WireFailure(.timeout, "the figures are not there yet")
    }
  }

  func pin(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    let block = try nameBlock(header, body)
    try requireEnd(of: block, body)
    try requirePlain(block)
    try require(.administer, on: block, body)
    guard peer.mapsArena else {
      throw WireFailure(
        .denied, "PIN is for programs that map the arena: ask over the socket in its directory")
    }
    do throws(ServiceError) {
      try service.pin(block.name(in: body))
    } catch {
      throw WireFailure(error)
    }
    return ControlFrame.done(answering: header)
  }
}

extension ArenaStatReply {
  fileprivate init(_ summary: ArenaSummary, namingProcesses: Bool) {
    self.init()
    capacity = UInt64(clamping: summary.capacity)
    live = UInt64(clamping: summary.live)
    free = UInt64(clamping: summary.free)
    waiting = UInt64(clamping: summary.waiting)
    pinned = UInt64(clamping: summary.pinned)
    committed = UInt64(clamping: summary.committed)
    deleteEpoch = summary.deleteEpoch
    indexWords = UInt64(clamping: summary.indexWords)
    indexUsed = UInt64(clamping: summary.indexUsed)
    indexDead = UInt64(clamping: summary.indexDead)
    waitingLevels = UInt64(clamping: summary.waitingLevels)
    directoryBytes = UInt64(clamping: summary.directoryBytes)
    valuesBytes = UInt64(clamping: summary.valuesBytes)
    damage = Damage(
      count: UInt64(clamping: summary.damage.count), last: summary.damage.last,
      lastUnixNanoseconds: summary.damage.lastUnixNanoseconds,
      isUnrepaired: summary.damage.isUnrepaired)
    attachments = summary.attachments.map { attachment in
      let named = namingProcesses ? attachment.processes : []
      return Attachment(
        lockByte: attachment.lockByte, waiting: UInt64(clamping: attachment.waiting),
        processes: named.map {
          Process(identifier: UInt32(clamping: $0.identifier), program: $0.program)
        }, processesLeftOut: UInt32(clamping: attachment.processes.count - named.count))
    }
  }
}
