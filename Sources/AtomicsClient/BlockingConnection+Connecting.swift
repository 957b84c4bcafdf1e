// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Connections come and go.
extension BlockingConnection {
  /// The connection, made where there is none.
  ///
  /// - Throws: ``ClientError/unreachable(server:reason:)`` with the last attempt's reason where
  ///   there is none until `deadline`; at once where no server ever greeted, and what another
  ///   attempt would not change. ``ClientError/closed`` after ``close()``.
  func connected(until deadline: Deadline) throws(ClientError) -> BlockingChannel {
    while true {
      if isClosed { throw .closed }
      if let channel {
        if !isDead(channel) { return channel }
        end(channel, .timeout(applied: .unknown))
      }
      notBefore.pause(atMostUntil: deadline)
      if hasConnected, .now >= deadline { throw unreachable(lastFailure ?? .closed) }
      do throws(ClientError) {
        return try attempt(until: deadline)
      } catch {
        // Another attempt would end alike: who the client is does not change by itself.
        guard hasConnected, error.isConnectionFailure else { throw error }
      }
    }
  }

  /// One attempt to connect, of the options' time at most.
  private func attempt(until deadline: Deadline) throws(ClientError) -> BlockingChannel {
    do throws(ClientError) {
      let channel = try BlockingChannel(
        to: server, options: options, deadline: min(deadline, options.deadline),
        greets: hasConnected)
      self.channel = channel
      noteGreeting(of: channel)
      return channel
    } catch {
      setBack(after: error)
      if hasConnected, !error.isConnectionFailure { failQueued(error) }
      throw error
    }
  }

  /// Makes one attempt where there is no connection and it is time for one, for somebody who only
  /// looks and would otherwise never have the time for it.
  func connectInPassing() throws(ClientError) {
    guard channel == nil, !isClosed, notBefore <= .now else { return }
    _ = try attempt(until: .after(nanoseconds: Self.passingNanoseconds))
  }

  /// What ``connectInPassing()`` takes at most: a few round trips around the world.
  private static let passingNanoseconds: UInt64 = 500_000_000

  /// Whether the server owes something, has been silent for too long, and still is. Nothing more is
  /// sent to such a one: what becomes of it would be unknown.
  private func isDead(_ channel: BlockingChannel) -> Bool {
    guard channel.isSilent, channel.isOwed else { return false }
    do throws(ClientError) {
      if try !channel.receive(until: .now) { return true }
      takeReplies(of: channel)
      return false
    } catch {
      return true
    }
  }

  /// The server may have greeted by now.
  func noteGreeting(of channel: BlockingChannel) {
    guard self.channel === channel, channel.session.isReady, !channel.isKnown else { return }
    channel.isKnown = true
    hasConnected = true
    handles = HandleMemory(
      connection: channel.session.connection, arena: channel.session.arena)
    subscribeAll(channel)
  }

  /// No attempt for a while.
  private func setBack(after error: ClientError) {
    lastFailure = error
    notBefore = .after(nanoseconds: policy.pause(random: .random(in: 0...UInt64.max)))
  }

  /// The connection is gone: what has run may have, the rest has its turn on the next one.
  func end(_ channel: BlockingChannel, _ error: ClientError) {
    guard self.channel === channel else { return }
    self.channel = nil
    let session = channel.session
    session.abandon(reason(error, session))
    channel.leave()
    takeReplies(of: channel)
    errands.removeAll()
    handles = HandleMemory()
    interruptWatches()
    setBack(after: error)
    _ = again.removeAll()
    _ = line.removeAll()
    for ticket in calls.queued { line.append(ticket) }
    // Nobody makes the connection again, and these were never sent, or have surely not run.
    if !hasConnected { failQueued(error.isConnectionFailure ? unreachable(error) : error) }
  }

  /// Ends everything: calls without an answer, watches, the connection. Once or more often.
  func close() {
    guard !isClosed else { return }
    isClosed = true
    failQueued(.closed)
    if let channel {
      end(channel, .connectionLost(reason: "the client was closed", applied: .unknown))
    }
    // What would be sent again otherwise.
    failQueued(.closed)
    for watch in watches.values {
      watch.isOver = true
      watch.feed.finish(.closed)
    }
  }

  private func reason(_ error: ClientError, _ session: any ClientSession) -> AbandonReason {
    if let farewell = session.farewell { return .dismissed(farewell) }
    switch error {
    case .timeout: return .timeout
    // Found before anything was sent that has no answer.
    case .connectionLost(let text, .no): return .dismissed(text)
    // A token that is not good any more: the server looked at nothing after that.
    case .rejected(_, let text, .no) where session.isReady: return .dismissed(text)
    default: return .broken(error)
    }
  }

  private func failQueued(_ error: ClientError) {
    for ticket in calls.queued { calls.set(.answered(.failure(error)), of: ticket) }
    _ = again.removeAll()
    _ = line.removeAll()
  }
}
