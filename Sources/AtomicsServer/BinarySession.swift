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
  /// The largest body of a frame that the client takes.
  private(set) var clientFrameLimit = 0
  /// When the client was last heard, and whether it answers when it is asked.
  private(set) var silence = SilenceWatch()
  /// Answers to PING_CLIENT that have come.
  var pongCount = 0
  /// What is left of a batch that takes several turns.
  var batch: RunningBatch?

  /// Whether there are access rules, which may change.
  private let hasRules: Bool
  /// Who is on the other side; nil before the greeting.
  private(set) var caller: Caller?
  private(set) var mayDoEverything = false
  /// Whether the client sends no more, and only waits.
  var inputEnded = false
  /// Why the client has to go: the access rules have changed. Nil: it may stay.
  var dismissal: WireFailure? {
    didSet { isDismissed = dismissal != nil }
  }
  private var isDismissed = false
  /// What the grants of handles are compared with, operation by operation.
  private(set) var present = Grant(.all, 0)

  /// What the last operation by handle said, and what that means once it was said twice.
  private var lastWord: UInt64 = 0
  var series = OperationSeries.ofLoads
  /// What the last series of frames said that named their registers.
  var namedSeries: OperationSeries?

  /// Registers by handle; none where a handle was given back.
  private(set) var handles: [OpenRegister] = []
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
    hasRules = context.authenticator.control.isOn
    bodyLimit = context.limits.frameBytes
  }

  /// How a frame ended that was not refused.
  enum Execution {
    case done
    /// The rest of it runs in the next turns.
    case unfinished
    /// The client wants no more than what it is owed.
    case leaves
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
    if batch != nil, !continueBatch(into: &output, &budget) {
      return StreamProgress(consumed: 0, next: .yield)
    }
    while input.count &- offset >= FrameHeader.byteCount {
      if output.isFull || budget.isSpent { return StreamProgress(consumed: offset, next: .yield) }
      let (first, second) = input.littleEndianPair(at: offset)
      let header = FrameHeader(first, second)
      let bodyCount = Int(header.bodyByteCount)
      guard bodyCount & 7 == 0, bodyCount <= bodyLimit else {
        let failure = WireFailure(
          .badFrame, "a body is a multiple of 8 bytes and at most \(bodyLimit), not \(bodyCount)")
        output.append(contentsOf: failure.frame(answering: header))
        return StreamProgress(consumed: input.count, next: .close)
      }
      let bodyStart = offset &+ FrameHeader.byteCount
      guard input.count &- bodyStart >= bodyCount else { break }
      let end = bodyStart &+ bodyCount
      if OperationRun.mayBegin(with: header, in: input, nextAt: end),
        let run = runTogether(
          header, in: input, at: offset, replyBytes: output.room, into: &output, &budget)
      {
        offset = run.end
        continue
      }
      // Most connections send one request at a time.
      if first == lastWord, end == input.count,
        runSingle(first, second, in: input, at: offset, into: &output, &budget)
      {
        return StreamProgress(consumed: end, next: .needInput)
      }
      if asksAgain(header, in: input, nextAt: end),
        let seriesEnd = header.flags == 0
          ? runSeries(header, in: input, at: offset, into: &output, &budget)
          : runNamed(header, in: input, at: offset, into: &output, &budget)
      {
        offset = seriesEnd
        continue
      }
      do throws(WireFailure) {
        switch try execute(header, input.extracting(bodyStart..<end), into: &output, &budget) {
        case .done: break
        case .unfinished: return StreamProgress(consumed: end, next: .yield)
        case .leaves: return StreamProgress(consumed: input.count, next: .close)
        }
      } catch {
        // It was not executed: it comes again when `wake` was called.
        if awaitedSummary != nil { return StreamProgress(consumed: offset, next: .wait) }
        output.append(contentsOf: error.frame(answering: header))
        budget.spend(ExecutionBudget.byName)
        if error.status == .badFrame {
          return StreamProgress(consumed: input.count, next: .close)
        }
      }
      offset = end
    }
    return StreamProgress(consumed: offset, next: .needInput)
  }

  /// What the client is told before the server goes.
  func farewell(into output: inout OutputBuffer) {
    guard hasGreeted else { return }
    finishBatch(into: &output)
    let failure = WireFailure(
      .shuttingDown,
      "the server shuts down; but for quiet ones, requests without a reply were not applied")
    output.append(contentsOf: ControlFrame.goAway(failure))
  }

  // MARK: - Silence

  // The watch is changed outside of its property, as the handles are: a look at it in each turn is
  // then free of run-time exclusivity checks.

  /// The client was heard; `asks`: it said more than that it is there.
  func hear(at now: UInt64, asks: Bool) {
    var silence = self.silence
    silence.hear(at: now, asks: asks)
    self.silence = silence
  }

  /// What the client asked before is still waited for.
  func keepAsking(at now: UInt64) {
    var silence = self.silence
    silence.keepAsking(at: now)
    self.silence = silence
  }

  func lookAtSilence(at now: UInt64) -> SilenceWatch.Finding {
    var silence = self.silence
    defer { self.silence = silence }
    return silence.look(at: now)
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
      guard let caller = identify(hello, into: &output) else { return .refused }
      admit(caller)
      clientFrameLimit = Int(hello.maximumFrame)
      silence = SilenceWatch(context.limits, answersPings: hello.answersPings)
      hasGreeted = true
      output.append(contentsOf: context.welcome.bytes)
      return .greeted(byteCount: byteCount)
    } catch {
      output.append(contentsOf: ControlFrame.goAway(error))
      return .refused
    }
  }

  // MARK: - Operations

  /// Whether an operation says what the one before has said, or the one behind it says.
  @inline(__always)
  private func asksAgain(_ header: FrameHeader, in input: Span<UInt8>, nextAt next: Int) -> Bool {
    let word = header.first
    guard header.flags & ~FrameFlag.name == 0, header.opcode >= AtomicOperation.load.rawValue else {
      return false
    }
    if header.flags != 0 {
      return input.count &- next >= 8
        && OperationSeries.isAlike(input.littleEndian64(at: next), word)
    }
    if word == lastWord { return true }
    lastWord = word
    return input.count &- next >= 8 && input.littleEndian64(at: next) == word
  }

  @inline(__always)
  private func execute(
    _ header: FrameHeader, _ body: Span<UInt8>, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) throws(WireFailure) -> Execution {
    guard let operation = AtomicOperation(rawValue: header.opcode) else {
      return try control(header, body, into: &output, &budget)
    }
    guard header.flags == 0 else {
      try performFlagged(operation, header, body, into: &output, &budget)
      return .done
    }
    budget.spend(ExecutionBudget.operation)
    let register = try register(header.handleOrAuxiliary, to: Rights(for: operation))
    try perform(operation, header, operands: body, on: register, into: &output)
    return .done
  }

  /// Runs one operation, and appends its reply unless it is quiet and succeeded.
  ///
  /// - Returns: The status of the reply.
  @inline(__always) @discardableResult
  func perform(
    _ operation: AtomicOperation, _ header: FrameHeader, operands: Span<UInt8>,
    on register: RegisterReference, created: Bool = false, isQuiet: Bool = false,
    into output: inout OutputBuffer
  ) throws(WireFailure) -> Status {
    let (request, returns) = try OperationFrame.decode(
      operation, header: header, operands: operands, type: register.type)
    let outcome: AtomicOutcome
    do throws(ServiceError) {
      outcome = try service.perform(request, on: register)
    } catch {
      throw WireFailure(error)
    }
    if isQuiet, outcome.succeeded { return .ok }
    var reply = OperationFrame.reply(
      to: header, request, outcome, returns: returns, type: register.type)
    if created { reply.words[0] |= UInt64(ReplyFlag.created) << 8 }
    for index in 0..<reply.count { output.append(word: reply.words[index]) }
    return outcome.succeeded ? .ok : request.declinedStatus
  }

  /// Takes requests of `caller` from now on.
  func admit(_ caller: Caller) {
    self.caller = caller
    mayDoEverything = caller.access.isUnlimited
    present = caller.present
  }

  /// Whether the rules have changed since the caller's rights were worked out, or it was dismissed.
  @inline(__always)
  var hasOutdatedRights: Bool {
    hasRules && hasGreeted
      && (isDismissed || !present.isOf(context.authenticator.control.generation))
  }

  /// Changes the table outside of its property, so that nothing ever runs during an access to the
  /// property itself: the look-up per operation is then free of run-time exclusivity checks.
  func changeHandles(_ change: (inout [OpenRegister]) -> Void) {
    var handles = self.handles
    self.handles = []
    change(&handles)
    self.handles = handles
  }

  /// The register behind a handle, which `right` is needed on.
  @inline(__always)
  func register(_ handle: UInt32, to right: Rights) throws(WireFailure) -> RegisterReference {
    let (register, grant) = try opened(handle)
    if grant.lacks(right, comparedWith: present) { try requireAnew(right, handle, register) }
    return register
  }

  /// What is behind a handle.
  @inline(__always)
  func opened(_ handle: UInt32) throws(WireFailure) -> (RegisterReference, Grant) {
    let index = Int(handle)
    guard index < handles.count else { throw Self.noHandle(handle) }
    let opened = handles[index]
    guard let register = opened.reference else { throw Self.noHandle(handle) }
    return (register, opened.grant)
  }

  @inline(never)
  private static func noHandle(_ handle: UInt32) -> WireFailure {
    WireFailure(.notFound, "this connection has no handle \(handle); OPEN the name first")
  }

  /// The name block of a control frame, whose only flag is NAME.
  func nameBlock(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> NameBlock {
    guard header.flags == FrameFlag.name else {
      throw WireFailure(
        .unsupported, "this request has the flag NAME (2) alone, not flags \(header.flags)")
    }
    return try nameBlock(ofNamed: header, body)
  }

  /// The name block of a frame with the flag NAME, whose other flags the caller has dealt with.
  func nameBlock(
    ofNamed header: FrameHeader, _ body: Span<UInt8>
  ) throws(WireFailure) -> NameBlock {
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
