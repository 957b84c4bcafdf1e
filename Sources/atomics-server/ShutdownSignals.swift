// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization

/// Turns the first SIGTERM or SIGINT into a call and the second into the end of the process, and
/// each SIGHUP into another call.
///
/// From its creation on none of them kills the process by itself, and SIGPIPE is ignored: a
/// peer or a reader that has gone is seen as an error where it is written to.
final class ShutdownSignals {
  private let received = Received()
  private let reloads = Received()
  private let sources: [any DispatchSourceSignal]

  init() {
    signal(SIGPIPE, SIG_IGN)
    let queue = DispatchQueue(label: "signals")
    // Reading files takes its time, and the end must not wait for it.
    let reloadQueue = DispatchQueue(label: "reload")
    let (received, reloads) = (received, reloads)
    func source(
      _ number: Int32, on queue: DispatchQueue, _ handler: @escaping @Sendable () -> Void
    ) -> any DispatchSourceSignal {
      // Its default action would end the process before the source sees it.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler(handler: handler)
      source.resume()
      return source
    }
    sources =
      [SIGTERM, SIGINT].map { number in
        source(number, on: queue) {
          // As a shell reports a process that the signal ended.
          if received.count() > 1 { _exit(128 + number) }
          received.act()
        }
      } + [
        source(SIGHUP, on: reloadQueue) {
          _ = reloads.count()
          reloads.act()
        }
      ]
  }

  /// Calls `action` on the signals' own thread at the first signal, at once if it has come.
  func onFirst(_ action: @escaping @Sendable () -> Void) {
    received.set(action)
  }

  /// Calls `action` on a thread of its own at each SIGHUP, one after the other, at once if one has
  /// come: what may change while the process runs is to be read again.
  func onReload(_ action: @escaping @Sendable () -> Void) {
    reloads.set(action)
  }
}

/// The signals so far and what they set off.
private final class Received: Sendable {
  private struct State {
    var count = 0
    var action: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  func set(_ action: @escaping @Sendable () -> Void) {
    let isDue = state.withLock { state in
      state.action = action
      return state.count > 0
    }
    if isDue { action() }
  }

  /// - Returns: How many signals there were, with this one.
  func count() -> Int {
    state.withLock { state in
      state.count += 1
      return state.count
    }
  }

  /// Does what a signal sets off.
  func act() { state.withLock { $0.action }?() }
}
