// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop

/// A call from the moment a task makes it until it has its answer.
final class PendingCall {
  typealias Answer = Result<ClientReply, ClientError>
  typealias Waiter = CheckedContinuation<Answer, Never>

  enum Stage {
    /// Not handed over yet.
    case new
    /// In line, or set aside until its register was opened again.
    case queued
    /// The server may have it.
    case sent
    case ended
  }

  let command: ClientCommand
  /// Where a watch's events go, until the call has ended.
  private(set) var feed: WatchFeed?
  /// Nanoseconds; nil: without limit.
  let allowance: UInt64?
  private var waiter: Waiter?

  /// Everything below is set when the loop takes the call.
  var stage = Stage.new
  var deadline = Deadline.never
  /// When a wait's own time is up.
  var waitEnd = Deadline.never
  /// What sessions know the call by.
  var ticket: UInt64 = 0
  /// The server has answered: there is nothing to cancel.
  var isAnswered = false
  /// The task was cancelled, and the server is to say what became of the wait.
  var isCancelled = false
  /// The watch that it began.
  var watch: UInt64?

  init(_ command: ClientCommand, allowance: UInt64?, feed: WatchFeed? = nil) {
    self.command = command
    self.allowance = allowance
    self.feed = feed
  }

  /// Says who waits, before the call is handed over.
  func setWaiter(_ waiter: Waiter) { self.waiter = waiter }

  /// The call's time begins.
  func begin(at now: Deadline) {
    stage = .queued
    deadline = allowance.map { now.advanced(by: $0) } ?? .never
    waitEnd = command.waitEnd(from: now)
  }

  /// Hands the answer to who waits. The second answer goes nowhere.
  func end(_ answer: Answer) {
    stage = .ended
    let waiter = waiter
    self.waiter = nil
    feed = nil
    waiter?.resume(returning: answer)
  }

  /// It may take for ever, rightly, and so must neither count as what the server owes nor stand in
  /// the way of others.
  var isWait: Bool { if case .wait = command { true } else { false } }

  /// What is known of it when it ends without an answer.
  var appliedSoFar: Applied { stage == .sent ? command.appliedWhenLost : .no }

  /// Whether it may be sent once more after `error`, which a session has told of it.
  func canBeRepeated(after error: ClientError) -> Bool {
    !isCancelled && command.canBeRepeated(after: error)
  }
}

extension ClientCommand {
  /// Whether it may be sent once more after `error`, which a session has told of it.
  func canBeRepeated(after error: ClientError) -> Bool {
    guard case .wait(let plan, _) = self else { return error.isOfEndingConnection }
    // Sent again, it would take the value of then for the first one, and miss what came before.
    if plan.predicate == .changed { return error.isRefusalOfEndingServer }
    return error.isOfEndingConnection || error == .cancelled(applied: .no)
  }

  /// `error` as it is told where the command is not sent again.
  func told(_ error: ClientError) -> ClientError {
    // A server that ends gives up waits, which nobody has cancelled.
    guard case .wait = self else { return error }
    switch error {
    case .cancelled(.no):
      return .connectionLost(reason: "the server gave up the wait", applied: .no)
    // It was the server's silence that ended it, not the wait's own time.
    case .timeout(let applied): return .connectionLost(reason: error.reason, applied: applied)
    default: return error
    }
  }
}

extension ClientError {
  /// The server ends, and has not begun to look at the command.
  fileprivate var isRefusalOfEndingServer: Bool {
    if case .rejected("shutting-down", _, .no) = self { true } else { false }
  }

  /// Nothing was changed, and only the connection is to blame, or a server that ends.
  var isOfEndingConnection: Bool {
    switch self {
    case .connectionLost(_, .no), .timeout(.no), .rejected("shutting-down", _, .no): true
    default: false
    }
  }
}

extension Result where Failure == ClientError {
  /// Why the server will not have it, on this connection or another.
  var refusal: ClientError? {
    guard case .failure(let error) = self, !error.isConnectionFailure, error.applied == .no,
      !error.isOfEndingConnection
    else { return nil }
    return error
  }
}

// Sendable because: a task fills it in before it hands it over through the mailbox's lock; from
// then on only the loop's thread uses it. A call that the mailbox refuses, or gives back when it is
// closed, never is in the loop's table, and so is ended by who has it: of calls that are not in the
// table the loop reads only what nobody but itself writes (`ticket`, `watch`).
extension PendingCall: @unchecked Sendable {}
