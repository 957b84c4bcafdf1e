// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// One connection of a `ConnectionDriver`: bytes in and out of the protocol's session, and whether
/// the server is alive. Loop thread only.
final class LoopSession: SecuredHandler {
  let session: any ClientSession
  private unowned let driver: ConnectionDriver
  private(set) var stream: Stream?
  private var hasBegun = false
  /// The server has greeted.
  private(set) var isReady = false
  /// What ended it, where that is known better than by the socket.
  private(set) var failure: ClientError?
  var silence: SilenceGuard
  /// Nothing is submitted any more: the server takes its leave.
  private(set) var isLeaving = false
  /// The server is to be asked whether it is there.
  var mustProbe = false
  /// Waits and watches that nobody wants any more.
  var cancellations: [UInt64] = []

  init(_ session: any ClientSession, of driver: ConnectionDriver, silence: SilenceGuard) {
    self.session = session
    self.driver = driver
    self.silence = silence
  }

  func connect(
    on loop: EventLoop, to server: RemoteServer, at address: SocketAddress
  ) throws(ClientError) {
    let handler = try server.securing(self)
    do throws(EventLoopError) {
      stream = try loop.connect(to: address, handler: handler)
    } catch {
      throw ClientError(connecting: error, to: server.name)
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
      if input.count > 0 {
        silence.heard(at: stream.loop.now)
        consumed = try session.receive(input, into: &output)
      }
    } catch {
      failure = error
      driver.takeReplies(of: self)
      stream.close()
      return StreamProgress(consumed: 0, next: .close)
    }
    if !isReady, session.isReady {
      isReady = true
      driver.connected(self)
    }
    // What would be sent now nobody would read.
    let isOver = endOfInput || session.farewell != nil
    if isOver { isLeaving = true }
    let hasMore = driver.turn(self, into: &output)
    // GOAWAY is the server's last frame. Before it come the answers to what is under way, waits
    // among it, of which nobody would know anything without them.
    if isOver || isLeaving && isIdle { stream.close() }
    return StreamProgress(consumed: consumed, next: hasMore ? .yield : .needInput)
  }

  private var isIdle: Bool { session.outstandingCount == 0 && session.quietlyAwaitedCount == 0 }

  /// The server is about to end: what is under way may still be answered.
  func leave() {
    guard !isLeaving else { return }
    isLeaving = true
    session.leave()
  }

  func connectionFailed(_ error: ClientError) {
    // What the server said of its own accord says more.
    if session.farewell == nil, failure == nil { failure = error }
  }

  func closed(_ reason: StreamCloseReason) {
    driver.ended(self, reasonToAbandon(reason), connecting: reason)
  }

  private func reasonToAbandon(_ reason: StreamCloseReason) -> AbandonReason {
    if let failure {
      // A token that is not good any more: the server looked at nothing after that.
      if case .rejected(_, let text, .no) = failure, isReady { return .dismissed(text) }
      return .broken(failure)
    }
    if let farewell = session.farewell { return .dismissed(farewell) }
    switch reason {
    case .deadline: return .timeout
    case .loopStopped: return .lost("the client was closed")
    default: return .lost("the server closed it")
    }
  }
}
