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
    attemptNumber += 1
    attemptEnd = loop.now.advanced(by: options.timeoutNanoseconds)
    guard server.isNamed else { return resolved(to: server.lookUp(), attemptNumber) }
    state = .resolving
    wake(by: attemptEnd)
    let (server, loop, number) = (server, loop, attemptNumber)
    do throws(EventLoopError) {
      try LoopThread(name: "atomics-resolve") { [self] in
        let found = server.lookUp()
        loop.execute { self.resolved(to: found, number) }
      }.detach()
    } catch {
      attemptFailed(ClientError(connecting: error, to: server.name))
    }
  }

  private func resolved(to found: Result<[SocketAddress], ClientError>, _ number: Int) {
    switch state {
    case .disconnected where !server.isNamed, .resolving: break
    default: return
    }
    guard number == attemptNumber else { return }
    switch found {
    case .success(let found):
      addresses = found[...]
      tryNext(orFail: .unreachable(server: server.name, reason: "it has no address"))
    case .failure(let error): attemptFailed(error)
    }
  }

  /// Connects to the next address; the attempt has failed where none is left.
  private func tryNext(orFail error: ClientError) {
    var error = error
    while let address = addresses.popFirst() {
      let now = loop.now
      addressEnd = attemptEnd.share(among: addresses.count + 1, from: now)
      do throws(ClientError) {
        let session = LoopSession(
          try server.makeSession(options, isAlwaysRead: true), of: self,
          silence: SilenceGuard(limitNanoseconds: options.timeoutNanoseconds, now: now))
        state = .connecting(session)
        try session.connect(on: loop, to: server, at: address)
        return wake(by: addressEnd)
      } catch let failure {
        error = failure
      }
    }
    attemptFailed(error)
  }

  /// The server has greeted.
  func connected(_ session: LoopSession) {
    guard !isClosed else { return }
    state = .ready(session)
    readySince = loop.now
    addresses = []
    handles = HandleMemory(
      connection: session.session.connection, arena: session.session.arena)
    tellFirst(.success(()))
  }

  func attemptFailed(_ error: ClientError) {
    state = .disconnected
    addresses = []
    guard !isFirstAttempt else { return tellFirst(.failure(firstFailure(error))) }
    setBack(after: error)
    // Another attempt would end alike: who the client is does not change by itself.
    if !error.isConnectionFailure {
      for call in calls.all { finish(call, .failure(error)) }
      endWatches(error)
    }
    connectIfWanted()
  }

  /// Nothing was asked of a server that hung up, so that it could as well not be there.
  private func firstFailure(_ error: ClientError) -> ClientError {
    switch error {
    case .connectionLost, .timeout: .unreachable(server: server.name, reason: error.reason)
    default: error
    }
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
      let error = connectFailure(connecting, reason)
      // Who answers is the server, whatever it says; of who does not there may be another.
      return error.isUnreachable ? tryNext(orFail: error) : attemptFailed(error)
    }
    session.session.abandon(reason)
    interruptWatches()
    // Only calls that the server has count; none of them comes back to this connection.
    session.leave()
    takeReplies(of: session)
    state = .disconnected
    errands.removeAll()
    handles = HandleMemory()
    // It served, be it events alone.
    if loop.now >= readySince.advanced(by: ReconnectPolicy.longest) { policy.succeeded() }
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

extension RemoteServer {
  /// As `addresses()`, for handing over.
  fileprivate func lookUp() -> Result<[SocketAddress], ClientError> {
    do throws(ClientError) {
      return .success(try addresses())
    } catch {
      return .failure(error)
    }
  }
}

extension ClientError {
  fileprivate var isUnreachable: Bool { if case .unreachable = self { true } else { false } }
}
