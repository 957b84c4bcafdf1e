// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// Tells from a server's silence whether its connection is dead.
///
/// A server that owes an answer and says nothing for the limit is gone. Where only waits and
/// watches stand it may rightly say nothing: then it is asked first.
struct SilenceGuard {
  enum Verdict: Equatable {
    case alive
    /// Ask for an answer; it is owed from now on.
    case ask
    case dead
  }

  private let limit: UInt64
  /// When something came last, or was owed first.
  private var since: Deadline
  private var isOwed = false
  private var isAwaiting = false
  /// The question was decided on, and may still have to leave.
  private var isAsking = false

  /// - Parameter limitNanoseconds: The longest silence of a server that is alive.
  init(limitNanoseconds: UInt64, now: Deadline) {
    limit = limitNanoseconds
    since = now
  }

  /// When to look again; `.never` where nothing is awaited.
  var nextLook: Deadline {
    isAwaiting || isAsking ? since.advanced(by: limit) : .never
  }

  mutating func heard(at now: Deadline) {
    since = now
    isAsking = false
  }

  /// - Parameters:
  ///   - owed: Answers that the server owes.
  ///   - lasting: Waits and watches, which it may leave unanswered.
  mutating func update(owed: Int, lasting: Int, now: Deadline) {
    // Silence counts from the moment that there is something to say.
    if !isAwaiting || (owed > 0 && !isOwed && !isAsking) { since = max(since, now) }
    isOwed = owed > 0
    isAwaiting = owed > 0 || lasting > 0
  }

  mutating func look(at now: Deadline) -> Verdict {
    guard now >= nextLook else { return .alive }
    if isOwed || isAsking { return .dead }
    isAsking = true
    since = now
    return .ask
  }
}
