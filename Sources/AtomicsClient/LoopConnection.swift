// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A server as tasks use it: calls go in, answers come out, connections come and go behind it.
///
///     tasks ── call ──▶ CallMailbox ──▶ ConnectionDriver ──▶ LoopSession ──▶ server
///            any thread             the loop's thread
///
/// Tasks put their calls into the mailbox; the loop takes all that are there in one turn, and sends
/// them in one piece.
///
/// **Thread safety**: any thread; nothing here blocks one.
final class LoopConnection: Sendable {
  private let loop: EventLoop
  private let driver: ConnectionDriver
  private let mailbox = CallMailbox()
  private let options: ClientOptions
  /// Made once: a wake-up is no allocation.
  private let wake: @Sendable () -> Void

  private init(loop: EventLoop, server: RemoteServer, options: ClientOptions) {
    self.loop = loop
    self.options = options
    let driver = ConnectionDriver(loop: loop, server: server, options: options, mailbox: mailbox)
    self.driver = driver
    wake = { driver.callsHaveCome() }
  }

  /// Connects, and returns when the server has greeted.
  ///
  /// - Throws: What is wrong with this one attempt; no other is made.
  static func connect(
    to server: RemoteServer, options: ClientOptions
  ) async throws(ClientError) -> LoopConnection {
    let loop: EventLoop
    do throws(EventLoopError) {
      loop = try EventLoop()
      try LoopThread(name: "atomics-client") { loop.run() }.detach()
    } catch {
      throw ClientError(connecting: error, to: server.name)
    }
    let connection = LoopConnection(loop: loop, server: server, options: options)
    let driver = connection.driver
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (ready: ConnectionDriver.Ready) in
        loop.execute { driver.begin(ready) }
        if Task.isCancelled { loop.execute { driver.giveUpConnecting() } }
      }
    } onCancel: {
      loop.execute { driver.giveUpConnecting() }
    }
    do throws(ClientError) {
      try result.get()
    } catch {
      connection.close()
      throw error
    }
    return connection
  }

  /// Sends `command` and waits for its answer.
  ///
  /// - Parameter timeout: Nil: as the options say; of a wait, its own time and that.
  /// - Throws: `timeout` and `cancelled` at once when it is time, with the connection left alone.
  func call(
    _ command: ClientCommand, timeout: Duration? = nil
  ) async throws(ClientError) -> ClientReply {
    try await answer(
      to: PendingCall(command, allowance: options.allowance(for: command, timeout)))
  }

  /// Begins a watch; returns when the server has agreed. Its events go to `feed` from then on,
  /// also over later connections, until the watch ends or `feed` has lost its consumer.
  func watch(
    _ plan: WatchPlan, feed: WatchFeed, timeout: Duration? = nil
  ) async throws(ClientError) {
    let command = ClientCommand.watch(plan)
    let call = PendingCall(
      command, allowance: options.allowance(for: command, timeout), feed: feed)
    // The feed is held by the driver.
    feed.onEnd = { [weak loop, weak driver] in
      guard let loop, let driver else { return }
      loop.execute { driver.consumerLeft(call) }
    }
    _ = try await answer(to: call)
  }

  private func answer(to call: PendingCall) async throws(ClientError) -> ClientReply {
    if Task.isCancelled { throw .cancelled(applied: .no) }
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: PendingCall.Waiter) in
        call.setWaiter(waiter)
        switch mailbox.put(call) {
        case .first: loop.execute(wake)
        case .added: break
        case .refused(let error): call.end(.failure(error))
        }
        // Before it was in the mailbox, the handler found nothing to cancel.
        if Task.isCancelled { cancel(call) }
      }
    } onCancel: {
      cancel(call)
    }
    return try answer.get()
  }

  private func cancel(_ call: PendingCall) {
    loop.execute { [driver] in driver.cancel(call) }
  }

  /// Ends everything: calls under way, watches, the connection and its thread. Once or more often.
  func close() {
    guard let abandoned = mailbox.close(.closed) else { return }
    for call in abandoned { call.end(.failure(.closed)) }
    loop.execute { [driver] in driver.close() }
    loop.stop()
  }
}
