// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Connections come and go.
extension ConnectionDriver {
  /// Connects where there is no connection and somebody asks for something, when it is time.
  func connectIfWanted() {
    guard case .disconnected = state, calls.count > 0 || !watches.isEmpty else { return }
    guard loop.now >= notBefore else { return wake(by: notBefore) }
    attempt()
  }

  func attempt() {
    attemptEnd = loop.now.advanced(by: options.timeoutNanoseconds)
    do throws(ClientError) {
      let session = LoopSession(
        try server.makeSession(options, isAlwaysRead: true), of: self,
        silence: SilenceGuard(limitNanoseconds: options.timeoutNanoseconds, now: loop.now))
      state = .connecting(session)
      try session.connect(on: loop, to: server)
      wake(by: attemptEnd)
    } catch {
      state = .disconnected
      attemptFailed(error)
    }
  }

  /// The server has greeted.
  func connected(_ session: LoopSession) {
    guard !isClosed else { return }
    state = .ready(session)
    attemptEnd = .never
    handles = HandleMemory(
      connection: session.session.connection, arena: session.session.arena)
    tellFirst(.success(()))
  }

  private func attemptFailed(_ error: ClientError) {
    guard !isFirstAttempt else { return tellFirst(.failure(error)) }
    setBack(after: error)
    // Another attempt would end alike: who the client is does not change by itself.
    if !error.isConnectionFailure {
      for call in calls.all { finish(call, .failure(error)) }
      endWatches(error)
    }
    connectIfWanted()
  }

  /// No attempt for a while.
  private func setBack(after error: ClientError) {
    lastFailure = error
    notBefore = loop.now.advanced(by: policy.pause(random: .random(in: 0...UInt64.max)))
  }

  /// The connection is gone, or was never made.
  func ended(_ session: LoopSession, _ reason: AbandonReason, connecting: StreamCloseReason) {
    guard !isClosed, session === currentSession else { return }
    guard session.isReady else {
      state = .disconnected
      return attemptFailed(connectFailure(connecting, reason))
    }
    session.session.abandon(reason)
    interruptWatches()
    // Only calls that the server has count; none of them comes back to this connection.
    session.leave()
    takeReplies(of: session)
    state = .disconnected
    errands.removeAll()
    handles = HandleMemory()
    setBack(after: reason.error(.unknown))
    takeCalls()
    connectIfWanted()
  }

  private func connectFailure(
    _ closing: StreamCloseReason, _ reason: AbandonReason
  ) -> ClientError {
    switch closing {
    case .connectFailed(let code):
      ClientError(connecting: .cannotConnect(server.name, errno: code), to: server.name)
    case .deadline: ClientError(connecting: .timedOut, to: server.name)
    default: reason.error(.no)
    }
  }
}
