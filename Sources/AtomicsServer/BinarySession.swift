// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// The server's side of one `atr/1` connection: frames in, registers, replies out.
///
/// Requests run in order and are answered in order. An operation by handle allocates nothing and
/// looks nothing up: its handle is an index into this connection's table.
final class BinarySession {
  let context: ServerContext
  let service: RegisterService
  let peer: Peer
  /// On whose behalf registers are made here.
  var user: UInt32 { peer.user }
  /// Has `process` called again, from any thread.
  let wake: @Sendable () -> Void
  /// Where this connection waits for registers, and what it waits for.
  let hub: WaitHub
  var waits: SessionWaits?
  /// The summary of the arena that the frame at the front of the input waits for; nil: none.
  var awaitedSummary: Int?
  private let bodyLimit: Int
  private(set) var hasGreeted = false
  /// The largest frame that the client takes.
  private(set) var clientFrameLimit = 0

  /// Registers by handle; nil where a handle was given back.
  private(set) var handles: [RegisterReference?] = []
  /// Handles that were given back, to be given out again.
  var freeHandles: [UInt32] = []

  init(
    _ context: ServerContext, _ peer: Peer, _ hub: WaitHub, wake: @escaping @Sendable () -> Void
  ) {
    self.context = context
    self.hub = hub
    self.peer = peer
    self.wake = wake
    service = context.service
    bodyLimit = context.limits.frameBytes
  }

  /// Executes the frames at the front of `input` until they, the turn's budget or the room for
  /// output end, or one has to wait.
  func process(_ input: Span<UInt8>, into output: inout OutputBuffer) -> StreamProgress {
    var offset = 0
    if !hasGreeted {
      switch greet(input, into: &output) {
      case .greeted(let byteCount): offset = byteCount
      case .incomplete: return StreamProgress(consumed: 0, next: .needInput)
      case .refused: return StreamProgress(consumed: input.count, next: .close)
      }
    }
    var budget = ExecutionBudget()
    while input.count &- offset >= FrameHeader.byteCount {
      if output.isFull || budget.isSpent { return StreamProgress(consumed: offset, next: .yield) }
      let header = FrameHeader(
        input.littleEndian64(at: offset), input.littleEndian64(at: offset &+ 8))
      let bodyCount = Int(header.bodyByteCount)
      guard bodyCount & 7 == 0, bodyCount <= bodyLimit else {
        let failure = WireFailure(
          .badFrame, "a body is a multiple of 8 bytes and at most \(bodyLimit), not \(bodyCount)")
        output.append(contentsOf: failure.frame(answering: header))
        return StreamProgress(consumed: input.count, next: .close)
      }
      let bodyStart = offset &+ FrameHeader.byteCount
      guard input.count &- bodyStart >= bodyCount else { break }
      let body = input.extracting(bodyStart..<(bodyStart &+ bodyCount))
      do throws(WireFailure) {
        try execute(header, body, into: &output, &budget)
      } catch {
        // It was not executed: it comes again when `wake` was called.
        if awaitedSummary != nil { return StreamProgress(consumed: offset, next: .wait) }
        output.append(contentsOf: error.frame(answering: header))
        budget.spend(ExecutionBudget.byName)
        if error.status == .badFrame {
          return StreamProgress(consumed: input.count, next: .close)
        }
      }
      offset = bodyStart &+ bodyCount
    }
    return StreamProgress(consumed: offset, next: .needInput)
  }

  /// What the client is told before the server goes.
  func farewell(into output: inout OutputBuffer) {
    guard hasGreeted else { return }
    let failure = WireFailure(
      .shuttingDown, "the server shuts down; requests without a reply were not applied")
    output.append(contentsOf: ControlFrame.goAway(failure))
  }

  // MARK: - Greeting

  private enum Greeting {
    case incomplete
    case greeted(byteCount: Int)
    case refused
  }

  private func greet(_ input: Span<UInt8>, into output: inout OutputBuffer) -> Greeting {
    do throws(WireFailure) {
      guard let (hello, byteCount) = try Hello.decode(input) else { return .incomplete }
      guard hello.lowestVersion <= Hello.version, hello.highestVersion >= Hello.version else {
        var refusal = context.welcome
        refusal.status = .version
        output.append(contentsOf: refusal.bytes)
        return .refused
      }
      guard hello.maximumFrame >= 4096 else {
        throw WireFailure(.badFrame, "a client takes frames of 4096 bytes at least")
      }
      clientFrameLimit = Int(hello.maximumFrame)
      hasGreeted = true
      output.append(contentsOf: context.welcome.bytes)
      return .greeted(byteCount: byteCount)
    } catch {
      output.append(contentsOf: ControlFrame.goAway(error))
      return .refused
    }
  }

  // MARK: - Operations

  private func execute(
    _ header: FrameHeader, _ body: Span<UInt8>, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) throws(WireFailure) {
    guard let operation = AtomicOperation(rawValue: header.opcode) else {
      return try control(header, body, into: &output, &budget)
    }
    if header.flags & ~FrameFlag.bounds == 0 {
      budget.spend(ExecutionBudget.operation)
      let handle = try register(header.handleOrAuxiliary)
      try perform(operation, header, operands: body, handle, into: &output)
    } else {
      budget.spend(ExecutionBudget.byName)
      var named = header
      named.flags &= ~FrameFlag.bounds
      let block = try nameBlock(named, body)
      guard block.policy == .mustExist else {
        throw WireFailure(
          .unsupported, "operations by name take policy 0; CREATE the register first")
      }
      let handle = try find(block, body)
      try perform(
        operation, header, operands: body.extracting(block.byteCount..<body.count), handle,
        into: &output)
    }
  }

  @inline(__always)
  private func perform(
    _ operation: AtomicOperation, _ header: FrameHeader, operands: Span<UInt8>,
    _ handle: RegisterReference, into output: inout OutputBuffer
  ) throws(WireFailure) {
    let (request, returns) = try OperationFrame.decode(
      operation, header: header, operands: operands, type: handle.type)
    let outcome: AtomicOutcome
    do throws(ServiceError) {
      outcome = try service.perform(request, on: handle)
    } catch {
      throw WireFailure(error)
    }
    let reply = OperationFrame.reply(
      to: header, request, outcome, returns: returns, type: handle.type)
    for index in 0..<reply.count { output.append(word: reply.words[index]) }
  }

  /// Changes the table outside of its property, so that nothing ever runs during an access to the
  /// property itself: the look-up per operation is then free of run-time exclusivity checks.
  func changeHandles(_ change: (inout [RegisterReference?]) -> Void) {
    var handles = self.handles
    self.handles = []
    change(&handles)
    self.handles = handles
  }

  /// The register behind a handle.
  func register(_ handle: UInt32) throws(WireFailure) -> RegisterReference {
    let index = Int(handle)
    guard index < handles.count, let register = handles[index] else {
      throw WireFailure(.notFound, "this connection has no handle \(handle); OPEN the name first")
    }
    return register
  }

  /// The name block of a frame whose only flag is NAME.
  func nameBlock(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> NameBlock {
    guard header.flags == FrameFlag.name else {
      throw WireFailure(
        .unsupported, "flags \(header.flags): NAME (2), and on operations BOUNDS (64), are in use")
    }
    guard header.handleOrAuxiliary == FrameHeader.byName else {
      throw WireFailure(.badOperand, "a frame with a name has handle 0xFFFFFFFF")
    }
    return try NameBlock(body)
  }

  func find(_ block: NameBlock, _ body: Span<UInt8>) throws(WireFailure) -> RegisterReference {
    do throws(ServiceError) {
      return try service.find(body.extracting(block.nameRange))
    } catch {
      throw WireFailure(error)
    }
  }
}

extension WireFailure {
  /// The failure that a refusal of the service is on the wire.
  init(_ error: ServiceError) {
    let status: Status =
      switch error {
      case .invalidName: .badName
      case .invalidLabel: .badOperand
      case .notFound: .notFound
      case .gone: .gone
      case .exists: .exists
      case .typeMismatch: .typeMismatch
      case .operation(let error): WireFailure(error).status
      case .restoreGapNotTaken: .badOperand
      case .snapshotsOff: .unsupported
      case .beyondRestoreGap, .notSavedYet: .beyondGap
      case .full: .arenaFull
      case .limit: .limit
      case .damaged, .overwritten, .unpublished, .arena: .internal
      }
    self.init(
      status, error.description, applied: error.isApplicationUnknown ? .unknown : .no)
  }
}
