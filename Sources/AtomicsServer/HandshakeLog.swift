// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import Synchronization
import TLSSession

/// TLS handshakes that failed and are not in the log yet: a line a second at most, whoever tries.
final class HandshakeLog: Sendable {
  private struct State {
    var count = 0
    var last: (peer: Peer, failure: TLSError)?
    var pace = LogPace()
  }

  private let logger: Logger
  private let state = Mutex(State())

  init(_ logger: Logger) { self.logger = logger }

  func note(_ failure: TLSError, of peer: Peer) {
    state.withLock { state in
      state.count += 1
      state.last = (peer, failure)
    }
    logFailures()
  }

  /// Logs what has come since the last line. Once a second, too.
  func logFailures() {
    let now = Deadline.now.nanoseconds
    let metadata = state.withLock { state -> Logger.Metadata? in
      guard let last = state.last, state.pace.takesLine(at: now) else { return nil }
      defer { state = State(pace: state.pace) }
      return [
        "handshakes": "\(state.count)", "last_from": "\(last.peer)",
        "last_reason": "\(last.failure)",
      ]
    }
    if let metadata { logger.warning("TLS handshakes failed", metadata: metadata) }
  }
}
