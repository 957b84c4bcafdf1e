// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import RegisterService
import Synchronization
import TLSSession
import WireProtocol

/// Finds out who somebody is, and keeps count of those who are nobody.
///
/// A right token always passes, however many wrong ones came from the same address: a limit before
/// the look would let anybody lock out his neighbours, and nobody guesses 256 random bits.
final class Authenticator: Sendable {
  /// What came of it.
  enum Verdict {
    case known(Access)
    /// Nothing was shown that the rules know.
    case nobody
    /// A token that nobody has.
    case wrongToken
    /// As `wrongToken`, once too often.
    case tooOften
  }

  private struct State {
    var limiter = FailureLimiter()
    var log = FailureLog()
  }

  let control: AccessControl
  private let logger: Logger
  private let state = Mutex(State())

  init(_ control: AccessControl, _ logger: Logger) {
    self.control = control
    self.logger = logger
  }

  /// What `peer` shows, with a token that it gave. Without rules nothing that is said counts.
  func evidence(of peer: Peer, _ token: BearerToken?) -> Evidence {
    var evidence = peer.evidence
    guard control.isOn, let token else { return evidence }
    guard token.isWellFormed else {
      evidence.token = Evidence.Token { _ in false }
      return evidence
    }
    let digest = SHA256.digest(token.bytes.span)
    evidence.token = Evidence.Token { SHA256.areEqual($0, digest) }
    return evidence
  }

  /// Who shows `evidence`.
  ///
  /// - Parameter client: What the client calls itself, for the log.
  func identify(_ evidence: Evidence, of peer: Peer, client: String? = nil) -> Verdict {
    switch control.identify(evidence) {
    case .known(let access): return .known(access)
    case .nobody:
      note(peer, client, isWrongToken: false)
      return .nobody
    case .wrongToken: return note(peer, client, isWrongToken: true) ? .tooOften : .wrongToken
    }
  }

  /// - Returns: Whether it is one too many.
  @discardableResult
  private func note(_ peer: Peer, _ client: String?, isWrongToken: Bool) -> Bool {
    let now = Deadline.now.nanoseconds
    let (isExceeded, line) = state.withLock { state in
      let isExceeded =
        isWrongToken && state.limiter.isExceeded(by: FailureLimiter.Source(peer), at: now)
      state.log.add(peer, client, isWrongToken: isWrongToken)
      return (isExceeded, state.log.take(at: now))
    }
    if let line { logger.warning("\(line.text)", metadata: line.metadata) }
    return isExceeded
  }

  /// Logs what has come since the last line. Once a second.
  func logFailures() {
    let now = Deadline.now.nanoseconds
    if let line = state.withLock({ $0.log.take(at: now) }) {
      logger.warning("\(line.text)", metadata: line.metadata)
    }
  }
}

/// Refusals that are not in the log yet: a line a second at most.
private struct FailureLog {
  struct Line {
    var text: String
    var metadata: Logger.Metadata
  }

  private var withoutIdentity = 0
  private var withWrongToken = 0
  private var last: (peer: Peer, client: String?)?
  private var pace = LogPace()

  mutating func add(_ peer: Peer, _ client: String?, isWrongToken: Bool) {
    if isWrongToken { withWrongToken += 1 } else { withoutIdentity += 1 }
    last = (peer, client)
  }

  /// The line that is due; nil: none is.
  mutating func take(at now: UInt64) -> Line? {
    guard let last, pace.takesLine(at: now) else { return nil }
    var metadata: Logger.Metadata = [
      "without_identity": "\(withoutIdentity)", "wrong_token": "\(withWrongToken)",
      "last_from": "\(last.peer)",
    ]
    // Quoted: the client may call itself what looks like fields of the log.
    if let client = last.client { metadata["last_client"] = "\(client.debugDescription)" }
    let pace = pace
    self = FailureLog()
    self.pace = pace
    return Line(text: "refused: no identity that the access rules know", metadata: metadata)
  }
}
