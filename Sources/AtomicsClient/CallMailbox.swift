// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What tasks have handed over and the loop has not taken yet.
final class CallMailbox: Sendable {
  enum Put {
    /// The loop has to be woken.
    case first
    /// Somebody else wakes it.
    case added
    case refused(ClientError)
  }

  private struct State {
    var calls: [PendingCall] = []
    /// Why no more calls are taken.
    var refusal: ClientError?
  }

  private let state = Mutex(State())

  func put(_ call: PendingCall) -> Put {
    state.withLock { state in
      if let refusal = state.refusal { return .refused(refusal) }
      state.calls.append(call)
      return state.calls.count == 1 ? .first : .added
    }
  }

  /// All calls since the last time, in their order.
  func take(into calls: inout [PendingCall]) {
    state.withLock { state in swap(&state.calls, &calls) }
  }

  /// Refuses every call from now on; returns those that nobody has taken. Nil the second time.
  func close(_ refusal: ClientError) -> [PendingCall]? {
    state.withLock { state in
      guard state.refusal == nil else { return nil }
      state.refusal = refusal
      let calls = state.calls
      state.calls = []
      return calls
    }
  }
}
