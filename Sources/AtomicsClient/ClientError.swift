// SPDX-License-Identifier: Apache-2.0

import WireProtocol

/// Whether an operation that ended in an error changed its register.
public enum Applied: UInt32, Sendable {
  /// Nothing changed; the call may be made again.
  case no = 0
  /// The change was made.
  case yes = 1
  /// It may have been made or not; only reading the register can tell.
  case unknown = 2

  init(_ applied: WireProtocol.Applied) {
    switch applied {
    case .no: self = .no
    case .yes: self = .yes
    case .unknown: self = .unknown
    }
  }
}

/// Why a call on registers failed.
public enum ClientError: Error, Equatable, Sendable {
  /// The caller's mistake, found before anything was sent. The text says what to do.
  case usage(String)
  /// No connection could be made in time; nothing was sent, or nothing that was looked at.
  case unreachable(server: String, reason: String)
  /// The connection ended while calls were under way. With ``Applied/unknown`` the operation
  /// may have run: it is never sent again by itself.
  case connectionLost(reason: String, applied: Applied)
  /// No reply within the time limit. What comes later is dropped; the connection goes on, unless
  /// the server says nothing at all.
  case timeout(applied: Applied)
  /// The task that called was cancelled, or the wait was.
  case cancelled(applied: Applied)
  /// The peer sent what the protocol does not allow. The connection is given up, except where one
  /// HTTP answer is wrong in itself.
  case protocolViolation(String)
  /// There is no register of this name, or not any more.
  case notFound(name: String)
  /// The server (or the arena) refused the call. `code` is its short name for the reason,
  /// such as `type-mismatch`.
  case rejected(code: String, text: String, applied: Applied)
  /// The arena could not be opened or changed.
  case arena(String)
  /// The snapshot file is missing, damaged, or of another version.
  case snapshot(String)
  /// The client was closed before the call.
  case closed
}

extension ClientError {
  /// Whether the operation ran; ``Applied/no`` where nothing was sent.
  public var applied: Applied {
    switch self {
    case .usage, .unreachable, .notFound, .arena, .snapshot, .closed: .no
    case .connectionLost(_, let applied), .timeout(let applied), .cancelled(let applied),
      .rejected(_, _, let applied):
      applied
    case .protocolViolation: .unknown
    }
  }

  /// Whether the connection is to blame, rather than the call.
  public var isConnectionFailure: Bool {
    switch self {
    case .unreachable, .connectionLost, .timeout, .protocolViolation, .closed: true
    case .usage, .cancelled, .notFound, .rejected, .arena, .snapshot: false
    }
  }
}

extension ClientError: CustomStringConvertible {
  /// One sentence that says what happened and, where there is something, what to do.
  public var description: String {
    switch self {
    case .usage(let text): text
    case .unreachable(let server, let reason):
      "Cannot reach \(server): \(reason). Start the server, or use another address."
    case .connectionLost(let reason, let applied):
      "The connection was lost: \(reason). \(applied.sentence)"
    case .timeout(let applied): "The server did not answer in time. \(applied.sentence)"
    case .cancelled(let applied): "The call was cancelled. \(applied.sentence)"
    case .protocolViolation(let text):
      "The server broke the protocol: \(text). Is something else listening there?"
    case .notFound(let name): "There is no register `\(name)`."
    case .rejected(let code, let text, let applied):
      text.isEmpty
        ? "Refused: \(code).\(applied == .no ? "" : " " + applied.sentence)"
        : "\(text)\(applied == .no ? "" : " " + applied.sentence)"
    case .arena(let text), .snapshot(let text): text
    case .closed: "The client is closed."
    }
  }
}

extension ClientError {
  /// A token that would cross a network for everybody to read.
  package static func tokenInPlainText(to server: String, instead: String) -> ClientError {
    .usage(
      "The token would go to \(server) in plain text, and who can read the wire would have it: "
        + "use \(instead), or \(plainTokenAdvice)")
  }

  private static let plainTokenAdvice = "allow it with sendsTokenInPlainText."

  /// Whether it is ``tokenInPlainText(to:instead:)``.
  package var isAboutPlainToken: Bool {
    if case .usage(let text) = self { text.hasSuffix(Self.plainTokenAdvice) } else { false }
  }

  /// The error that a server's refusal is; `name` is the register it was about.
  init(_ failure: WireFailure, name: String?) {
    switch failure.status {
    case .notFound, .gone:
      self =
        name.map { .notFound(name: $0) }
        ?? .rejected(code: "not-found", text: failure.text, applied: Applied(failure.applied))
    default:
      self = .rejected(
        code: failure.status.code, text: failure.text, applied: Applied(failure.applied))
    }
  }
}

extension Status {
  /// The status as HTTP's problems spell it, where they have it.
  package var code: String {
    switch self {
    case .exists: "precondition-failed"
    case .typeMismatch: "type-mismatch"
    case .badOrder: "invalid-order"
    case .badOperand: "invalid-value"
    case .unsupported: "unsupported-operation"
    case .badName: "invalid-name"
    case .arenaFull: "arena-full"
    case .shuttingDown: "shutting-down"
    case .denied: "forbidden"
    case .authenticationRequired: "unauthorized"
    case .limit: "too-many-requests"
    case .beyondGap: "out-of-bounds"
    default: "\(self)"
    }
  }
}

extension Applied {
  var sentence: String {
    switch self {
    case .no: "Nothing was changed."
    case .yes: "The change was made."
    case .unknown: "The operation may have run or not: read the register to find out."
    }
  }
}
