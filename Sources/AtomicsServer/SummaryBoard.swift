// SPDX-License-Identifier: Apache-2.0

import EventLoop
import RegisterService
import Synchronization

/// The arena's latest summary, for all connections: made by a thread of its own when somebody asks
/// and there is none that is young enough, so that no loop waits for it.
final class SummaryBoard: Sendable {
  /// What a connection finds here.
  enum Look {
    case summary(ArenaSummary)
    case failed(ServiceError)
    /// It is being made, and `wake` is called when it is there; `run` tells this time from others.
    case pending(run: Int)
  }

  /// How old an answer may be.
  static let lifeNanoseconds: UInt64 = 1_000_000_000

  private struct State {
    var last: Result<ArenaSummary, ServiceError>?
    /// When `last` is too old.
    var end = Deadline.now
    var isRunning = false
    /// How often one was made, or is being made.
    var run = 0
    var waiting: [@Sendable () -> Void] = []
  }

  private let state = Mutex(State())
  private let make: @Sendable () throws(ServiceError) -> ArenaSummary

  /// - Parameter make: Makes a summary; called on a thread of its own, never twice at a time.
  init(_ make: @escaping @Sendable () throws(ServiceError) -> ArenaSummary) {
    self.make = make
  }

  /// The summary, or a promise to call `wake`, on any thread.
  ///
  /// - Parameter awaited: What the caller was last told to wait for: it is woken once for that.
  func look(awaiting awaited: Int?, orWake wake: @escaping @Sendable () -> Void) -> Look {
    let (look, mustStart) = state.withLock { state -> (Look, Bool) in
      if let last = state.last, Deadline.now < state.end {
        switch last {
        case .success(let summary): return (.summary(summary), false)
        case .failure(let error): return (.failed(error), false)
        }
      }
      let mustStart = !state.isRunning
      if mustStart { state.run += 1 }
      state.isRunning = true
      if state.run != awaited { state.waiting.append(wake) }
      return (.pending(run: state.run), mustStart)
    }
    if mustStart { start() }
    return look
  }

  private func start() {
    do throws(EventLoopError) {
      let thread = try LoopThread(name: "atomics-summary") { [self] in
        do throws(ServiceError) {
          post(.success(try make()))
        } catch {
          post(.failure(error))
        }
      }
      thread.detach()
    } catch {
      post(.failure(.arena("\(error)")))
    }
  }

  private func post(_ result: Result<ArenaSummary, ServiceError>) {
    let waiting = state.withLock { state in
      state.last = result
      // From here on: making it may have taken longer than it lives.
      state.end = .after(nanoseconds: Self.lifeNanoseconds)
      state.isRunning = false
      defer { state.waiting = [] }
      return state.waiting
    }
    for wake in waiting { wake() }
  }
}
