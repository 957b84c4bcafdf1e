// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// The loop's side of a `LoopConnection`: outlives connections, and knows what each call has come
/// to. Loop thread only.
///
///              begin             addresses             WELCOME
///     disconnected ──▶ resolving ───────▶ connecting ─────────▶ ready
///        ▲   ▲             │                │    ▲ next address   │    any ── close ──▶ closed
///        │   └─ back-off ◀─┴────────────────┴────┘                │
///        └────────────────────────────────────────────────────────┘ lost
///
/// It connects only while a call or a watch asks for something.
final class ConnectionDriver {
  typealias Ready = CheckedContinuation<Result<Void, ClientError>, Never>

  enum State {
    case disconnected
    /// A thread of its own asks the system's resolver, which may take its time.
    case resolving
    case connecting(LoopSession)
    case ready(LoopSession)
    case closed
  }

  typealias Asker = OpenAsker<PendingCall>

  let loop: EventLoop
  let server: RemoteServer
  let options: ClientOptions
  private let mailbox: CallMailbox
  private var received: [PendingCall] = []

  var state = State.disconnected
  /// Waits for the first connection, which is the only attempt then.
  private var firstConnection: Ready?
  var policy = ReconnectPolicy()
  /// No attempt before.
  var notBefore = Deadline(nanoseconds: 0)
  /// When the attempt under way has failed.
  var attemptEnd = Deadline.never
  /// Until when the address that is being tried has time: the attempt's rest is divided up.
  var addressEnd = Deadline.never
  /// Addresses of the attempt under way that were not tried yet.
  var addresses: ArraySlice<SocketAddress> = []
  /// Told apart from earlier attempts, whose addresses may come late.
  var attemptNumber = 0
  /// When the server greeted last.
  var readySince = Deadline(nanoseconds: 0)
  /// Why there is no connection.
  var lastFailure: ClientError?

  var calls = CallTable()
  /// Waits that the server has.
  var openWaits = 0
  var errands: [UInt64: Errand] = [:]
  var lastErrand = CallTable.errandMark
  var handles = HandleMemory<Asker>()
  var watches: [UInt64: StandingWatch] = [:]
  var lastWatch: UInt64 = 0
  /// The watches that the server has, by ticket.
  var watchNumbers: [UInt64: UInt64] = [:]
  /// Watches to ask the server for.
  var unsubscribed = RequestQueue<UInt64>()

  private var timer: EventLoop.Timer?
  private var timerDeadline = Deadline.never

  init(loop: EventLoop, server: RemoteServer, options: ClientOptions, mailbox: CallMailbox) {
    self.loop = loop
    self.server = server
    self.options = options
    self.mailbox = mailbox
  }

  var isClosed: Bool { if case .closed = state { true } else { false } }

  // MARK: - What tasks ask for

  /// Makes the first connection.
  func begin(_ ready: Ready) {
    guard !isClosed else { return ready.resume(returning: .failure(.cancelled(applied: .no))) }
    firstConnection = ready
    attempt()
  }

  func giveUpConnecting() {
    guard firstConnection != nil else { return }
    tellFirst(.failure(.cancelled(applied: .no)))
  }

  func tellFirst(_ result: Result<Void, ClientError>) {
    let ready = firstConnection
    firstConnection = nil
    ready?.resume(returning: result)
  }

  var isFirstAttempt: Bool { firstConnection != nil }

  func callsHaveCome() {
    takeCalls()
    if case .ready(let session) = state {
      session.stream?.requestTurn()
    } else {
      connectIfWanted()
    }
  }

  func takeCalls() {
    mailbox.take(into: &received)
    guard !received.isEmpty else { return }
    let now = loop.now
    for call in received {
      guard !isClosed else {
        call.end(.failure(.closed))
        continue
      }
      calls.add(call, now: now)
      wake(by: call.deadline)
    }
    received.removeAll(keepingCapacity: received.capacity <= 4096)
  }

  func cancel(_ call: PendingCall) {
    takeCalls()
    // Who has no place in the table has ended, and on whatever thread: nothing else of it is read.
    guard calls[call.ticket] === call, !letFinish(call) else { return }
    finish(call, .failure(.cancelled(applied: call.appliedSoFar)))
  }

  /// Has the server end a wait whose operation may have run, and tell: what was taken must not get
  /// lost. False where there is nothing to be told.
  private func letFinish(_ call: PendingCall) -> Bool {
    guard call.stage == .sent, call.isWait, call.appliedSoFar == .unknown,
      case .ready(let session) = state
    else { return false }
    guard !call.isCancelled else { return true }
    call.isCancelled = true
    session.cancellations.append(call.ticket)
    session.stream?.requestTurn()
    let end = loop.now.advanced(by: options.timeoutNanoseconds)
    calls.hurry(call, until: end)
    wake(by: end)
    return true
  }

  /// Ends the calls and watches that there are. Later calls never come here.
  func close() {
    guard !isClosed else { return }
    let session = currentSession
    state = .closed
    tellFirst(.failure(.closed))
    for call in calls.all {
      finish(
        call,
        .failure(
          call.appliedSoFar == .no
            ? .closed
            : .connectionLost(reason: "the client was closed", applied: call.appliedSoFar)))
    }
    endWatches(.closed)
    if let timer { loop.cancel(timer) }
    timer = nil
    session?.stream?.close()
  }

  var currentSession: LoopSession? {
    switch state {
    case .connecting(let session), .ready(let session): session
    case .disconnected, .resolving, .closed: nil
    }
  }

  /// Ends a call, unless it has ended.
  func finish(_ call: PendingCall, _ answer: PendingCall.Answer) {
    let wasSent = call.stage == .sent
    guard calls.remove(call) else { return }
    if let watch = call.watch { callEnded(ofWatch: watch, answer) }
    if wasSent, call.isWait {
      openWaits -= 1
      // Where the server has not answered, it is told that nobody waits any more.
      if !call.isAnswered, case .ready(let session) = state {
        session.cancellations.append(call.ticket)
        session.stream?.requestTurn()
      }
    }
    call.end(answer)
  }

  // MARK: - Time

  /// Has `timeHasCome` called at `deadline`, or before.
  func wake(by deadline: Deadline) {
    guard deadline < timerDeadline, !isClosed else { return }
    if let timer { loop.cancel(timer) }
    timerDeadline = deadline
    let now = loop.now
    timer = loop.schedule(
      afterNanoseconds: deadline > now ? deadline.nanoseconds - now.nanoseconds : 0
    ) { [unowned self] in timeHasCome() }
  }

  private func timeHasCome() {
    timer = nil
    timerDeadline = .never
    takeCalls()
    let now = loop.now
    while let call = calls.expired(at: now) { finish(call, .failure(expiry(of: call))) }
    watchSilence(at: now)
    connectIfWanted()
    wake(by: calls.nextDeadline())
    if let session = currentSession { wake(by: session.silence.nextLook) }
    switch state {
    case .connecting: wake(by: addressEnd)
    case .resolving: wake(by: attemptEnd)
    default: break
    }
  }

  /// The error of a call whose time is up.
  private func expiry(of call: PendingCall) -> ClientError {
    if call.isCancelled { return .cancelled(applied: call.appliedSoFar) }
    guard call.stage != .sent, let lastFailure else {
      return .timeout(applied: call.appliedSoFar)
    }
    if case .ready = state { return .timeout(applied: .no) }
    return .unreachable(server: server.name, reason: lastFailure.reason)
  }

  private func watchSilence(at now: Deadline) {
    switch state {
    case .connecting(let session):
      if now >= addressEnd { session.stream?.close(.deadline) }
    case .resolving:
      if now >= attemptEnd { attemptFailed(ClientError(connecting: .timedOut, to: server.name)) }
    case .ready(let session):
      switch session.silence.look(at: now) {
      case .alive: break
      case .ask:
        session.mustProbe = true
        session.stream?.requestTurn()
      case .dead: session.stream?.close(.deadline)
      }
    case .disconnected, .closed: break
    }
  }
}

// Sendable because: all of it is used on the loop's thread only; other threads hand over work that
// runs there.
extension ConnectionDriver: @unchecked Sendable {}

extension ClientError {
  /// What was wrong with a connection, for another sentence.
  var reason: String {
    switch self {
    case .unreachable(_, let reason), .connectionLost(let reason, _): reason
    case .timeout: "the server did not answer in time"
    case .protocolViolation(let text): "the server broke the protocol: \(text)"
    default: description
    }
  }
}
