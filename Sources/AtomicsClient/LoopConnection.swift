// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Synchronization

/// A session on a loop of its own, shared by any number of tasks.
///
/// Tasks put their commands into a queue; the loop takes all that are there in one turn, and sends
/// them in one piece.
final class LoopConnection: Sendable {
  typealias Waiter = CheckedContinuation<Result<ClientReply, ClientError>, Never>

  struct Pending: Sendable {
    var command: ClientCommand
    var waiter: Waiter
  }

  private struct Shared {
    var queue: [Pending] = []
    var stream: Stream?
    var failure: ClientError?
  }

  private let loop: EventLoop
  private let shared = Mutex(Shared())

  private init(loop: EventLoop) {
    self.loop = loop
  }

  /// Connects, and returns when the server has greeted.
  static func connect(
    to server: RemoteServer, options: ClientOptions
  ) async throws(ClientError) -> LoopConnection {
    let loop: EventLoop
    do throws(EventLoopError) {
      loop = try EventLoop()
    } catch {
      throw ClientError(connecting: error, to: server.name)
    }
    let connection = LoopConnection(loop: loop)
    do throws(EventLoopError) {
      try LoopThread(name: "atomics-client") { loop.run() }.detach()
    } catch {
      throw ClientError(connecting: error, to: server.name)
    }
    let result: Result<Void, ClientError> = await withCheckedContinuation { ready in
      loop.execute {
        do throws(ClientError) {
          let handler = LoopSession(
            try server.makeSession(isAlwaysRead: true), of: connection, server: server,
            options: options,
            ready: ready)
          handler.start(on: loop)
        } catch {
          ready.resume(returning: .failure(error))
        }
      }
    }
    do throws(ClientError) {
      try result.get()
    } catch {
      loop.stop()
      throw error
    }
    return connection
  }

  /// Sends `command` and waits for its reply.
  func call(_ command: ClientCommand) async throws(ClientError) -> ClientReply {
    let result = await withCheckedContinuation { (waiter: Waiter) in
      let (failure, stream) = shared.withLock { shared -> (ClientError?, Stream?) in
        if let failure = shared.failure { return (failure, nil) }
        shared.queue.append(Pending(command: command, waiter: waiter))
        return (nil, shared.stream)
      }
      if let failure {
        waiter.resume(returning: .failure(failure.repeated))
      } else {
        stream?.requestTurn()
      }
    }
    return try result.get()
  }

  /// Ends the connection and its thread.
  func close() {
    fail(.closed)
    loop.stop()
  }

  // MARK: - Loop's side

  /// The server has greeted: calls reach it from now on.
  func becomeReady(_ stream: Stream) {
    shared.withLock { $0.stream = stream }
  }

  /// What tasks have queued since the last call.
  func takeQueue() -> [Pending] {
    shared.withLock { shared in
      let queue = shared.queue
      shared.queue.removeAll(keepingCapacity: false)
      return queue
    }
  }

  /// Ends the connection: calls that were never sent fail with `error`, and so do later ones.
  func fail(_ error: ClientError) {
    let abandoned = shared.withLock { shared -> [Pending] in
      if shared.failure == nil { shared.failure = error }
      // The stream keeps its handler, and the handler keeps this.
      shared.stream = nil
      let queue = shared.queue
      shared.queue = []
      return queue
    }
    for pending in abandoned { pending.waiter.resume(returning: .failure(error.repeated)) }
  }
}
