// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The first of several answers to one call, whoever gives it: who did the work, a clock, or who
/// cancels.
///
/// **Thread safety**: any thread.
final class FirstAnswer: Sendable {
  typealias Answer = Result<ClientReply, ClientError>
  typealias Waiter = CheckedContinuation<Answer, Never>

  private struct State {
    var answer: Answer?
    var waiter: Waiter?
  }

  private let state = Mutex(State())

  /// `waiter` has the answer as soon as there is one. Once.
  func wait(_ waiter: Waiter) {
    let answer = state.withLock { state in
      if state.answer == nil { state.waiter = waiter }
      return state.answer
    }
    if let answer { waiter.resume(returning: answer) }
  }

  /// Gives an answer, which counts where there was none.
  func give(_ answer: Answer) {
    let waiter = state.withLock { state -> Waiter? in
      guard state.answer == nil else { return nil }
      state.answer = answer
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: answer)
  }
}
