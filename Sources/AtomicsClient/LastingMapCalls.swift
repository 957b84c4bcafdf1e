// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The calls and watches of one map that take their time, and whether more may begin.
///
/// **Thread safety**: any thread.
final class LastingMapCalls: Sendable {
  private struct State {
    var isClosed = false
    var next: UInt64 = 0
    /// What ends each of them.
    var open: [UInt64: @Sendable () -> Void] = [:]
  }

  private let state = Mutex(State())
  /// The same as in `state`, for operations, which take no lock.
  private let closed = Atomic(false)

  var isClosed: Bool { closed.load(ordering: .relaxed) }

  /// Takes note of one that `end` ends; give the number back when it is over.
  ///
  /// - Throws: ``ClientError/closed``.
  func begin(_ end: @escaping @Sendable () -> Void) throws(ClientError) -> UInt64 {
    let number: UInt64? = state.withLock { state in
      guard !state.isClosed else { return nil }
      state.next += 1
      state.open[state.next] = end
      return state.next
    }
    guard let number else { throw .closed }
    return number
  }

  func isOver(_ number: UInt64) {
    // Outside the lock: what `end` holds may end others.
    _ = state.withLock { $0.open.removeValue(forKey: number) }
  }

  /// Ends them all, and refuses others from now on.
  func close() {
    let open = state.withLock { state in
      state.isClosed = true
      defer { state.open = [:] }
      return state.open
    }
    closed.store(true, ordering: .relaxed)
    for end in open.values { end() }
  }
}
