// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// The loop's side of a `LoopConnection`: owns the session, and knows who waits for which reply.
/// Loop thread only.
final class LoopSession: SecuredHandler {
  private let session: any ClientSession
  private let connection: LoopConnection
  private let server: RemoteServer
  private let options: ClientOptions
  /// Waits for the connection to be made; nil afterwards.
  private var ready: CheckedContinuation<Result<Void, ClientError>, Never>?
  private var waiters: [UInt64: LoopConnection.Waiter] = [:]
  private var nextTicket: UInt64 = 0
  /// Commands beyond the limit of those in flight.
  private var backlog = RequestQueue<LoopConnection.Pending>()
  private var hasBegun = false
  private var isTiming = false
  private var failure: ClientError?
  /// Where the server was found.
  private var address: SocketAddress?

  init(
    _ session: any ClientSession, of connection: LoopConnection, server: RemoteServer,
    options: ClientOptions, ready: CheckedContinuation<Result<Void, ClientError>, Never>
  ) {
    self.session = session
    self.connection = connection
    self.server = server
    self.options = options
    self.ready = ready
  }

  func start(on loop: EventLoop) {
    do throws(ClientError) {
      let handler = try server.securing(self)
      guard let address = try server.addresses().first else { return }
      self.address = address
      do throws(EventLoopError) {
        let stream = try loop.connect(to: address, handler: handler)
        stream.setDeadline(afterNanoseconds: timeout)
        isTiming = true
      } catch {
        throw ClientError(connecting: error, to: server.name)
      }
    } catch {
      tellReady(.failure(error))
    }
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    if !hasBegun {
      hasBegun = true
      session.begin(into: &output)
    }
    var consumed = 0
    do throws(ClientError) {
      if input.count > 0 { consumed = try session.receive(input, into: &output) }
    } catch {
      failure = error
      deliver()
      stream.close()
      return StreamProgress(consumed: 0, next: .close)
    }
    if ready != nil, session.isReady {
      connection.becomeReady(stream)
      tellReady(.success(()))
    }
    deliver()
    submitQueued(into: &output)
    // A command that the session refuses has its reply at once.
    deliver()
    updateDeadline(stream, madeProgress: consumed > 0)
    return StreamProgress(consumed: consumed, next: .needInput)
  }

  private func submitQueued(into output: inout OutputBuffer) {
    for pending in connection.takeQueue() { backlog.append(pending) }
    let limit = min(options.maximumInFlight, session.inFlightLimit)
    while session.outstandingCount < limit, let pending = backlog.popFirst() {
      nextTicket += 1
      waiters[nextTicket] = pending.waiter
      session.submit(pending.command, ticket: nextTicket, into: &output)
    }
  }

  private func deliver() {
    while let reply = session.nextReply() {
      waiters.removeValue(forKey: reply.ticket)?.resume(returning: reply.result)
    }
  }

  /// The deadline is for silence while something is awaited.
  private func updateDeadline(_ stream: Stream, madeProgress: Bool) {
    let isWaiting = ready != nil || session.outstandingCount > 0
    if isWaiting, !isTiming || madeProgress {
      stream.setDeadline(afterNanoseconds: timeout)
    } else if !isWaiting, isTiming {
      stream.clearDeadline()
    }
    isTiming = isWaiting
  }

  private var timeout: UInt64 { UInt64(clamping: options.timeoutMilliseconds) &* 1_000_000 }

  func connectionFailed(_ error: ClientError) {
    // What the server said of its own accord says more.
    if session.farewell == nil, failure == nil { failure = error }
  }

  func closed(_ reason: StreamCloseReason) {
    let abandonment = reasonToAbandon(reason)
    let error = failure ?? abandonment.error(.unknown)
    session.abandon(abandonment)
    deliver()
    for pending in connection.takeQueue() { backlog.append(pending) }
    for pending in backlog.removeAll() {
      pending.waiter.resume(returning: .failure(error.repeated))
    }
    connection.fail(error)
    tellReady(.failure(ready == nil ? error : connectFailure(reason, error)))
  }

  private func reasonToAbandon(_ reason: StreamCloseReason) -> AbandonReason {
    if let failure { return .broken(failure) }
    switch reason {
    case .deadline: return .timeout
    case .loopStopped: return .lost("the client was closed")
    default: return .lost(session.farewell ?? "the server closed it")
    }
  }

  private func connectFailure(_ reason: StreamCloseReason, _ error: ClientError) -> ClientError {
    switch reason {
    case .connectFailed(let code):
      ClientError(
        connecting: .cannotConnect(address.map { "\($0)" } ?? "", errno: code), to: server.name)
    case .deadline: ClientError(connecting: .timedOut, to: server.name)
    default: error
    }
  }

  private func tellReady(_ result: Result<Void, ClientError>) {
    ready?.resume(returning: result)
    ready = nil
  }
}
