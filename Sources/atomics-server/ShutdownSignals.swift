// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Foundation
import Synchronization

/// Turns the first SIGTERM or SIGINT into a call and the second into the end of the process.
///
/// From its creation on neither signal kills the process by itself, and SIGPIPE is ignored: a
/// peer or a reader that has gone is seen as an error where it is written to.
final class ShutdownSignals {
  private let received = Received()
  private let sources: [any DispatchSourceSignal]

  init() {
    signal(SIGPIPE, SIG_IGN)
    let queue = DispatchQueue(label: "signals")
    let received = received
    sources = [SIGTERM, SIGINT].map { number in
      // Its default action would end the process before the source sees it.
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler { received.add(number) }
      source.resume()
      return source
    }
  }

  /// Calls `action` on the signals' own thread at the first signal, at once if it has come.
  func onFirst(_ action: @escaping @Sendable () -> Void) {
    received.set(action)
  }
}

/// The signals so far and what the first one sets off.
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

  func add(_ number: Int32) {
    let (count, action) = state.withLock { state in
      state.count += 1
      return (state.count, state.action)
    }
    // As a shell reports a process that the signal ended.
    if count > 1 { _exit(128 + number) }
    action?()
  }
}
