// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop

/// Waits: requests whose answers come whenever they come.
///
/// A long wait is several requests, one after the other. No server waits longer than its limit, and
/// proxies take a request that is silent for a minute or so for dead.
///
///     wait changed, 70 s ──▶ POST changed 30 s ──▶ not yet, 7
///                            POST ne:7    30 s ──▶ not yet, 7
///                            POST ne:7    10 s ──▶ not yet, 7 ──▶ timed out, 7
extension JSONSession {
  /// A wait without an answer so far.
  struct OpenWait {
    var ticket: UInt64
    /// As it was submitted.
    let plan: WaitPlan
    let register: RegisterReference
    /// When its time is up.
    let end: Deadline
    /// What is waited for in this round.
    var round: WaitPlan

    var command: ClientCommand { .wait(plan, on: register) }
    var roundMilliseconds: UInt32 { round.timeoutMilliseconds ?? longestRound }
  }

  /// Milliseconds.
  static let longestRound: UInt32 = 30_000

  func submit(_ plan: WaitPlan, on register: RegisterReference, ticket: UInt64) {
    begin(
      OpenWait(
        ticket: ticket, plan: plan, register: register, end: plan.end(from: .now), round: plan))
  }

  /// Begins a round.
  private func begin(_ wait: OpenWait) {
    var wait = wait
    wait.round.timeoutMilliseconds = roundMilliseconds
    if wait.end != .never {
      let left = ClientCommand.wait(wait.round, on: wait.register).ending(at: wait.end, now: .now)
      if case .wait(let left, _) = left {
        wait.round.timeoutMilliseconds = left.timeoutMilliseconds.map { min($0, roundMilliseconds) }
      }
    }
    let command = ClientCommand.wait(wait.round, on: wait.register)
    guard let stream = request(command, ticket: wait.ticket) else { return }
    waits[stream] = wait
    streams[wait.ticket] = stream
  }

  /// Takes the answer to a round of a wait.
  func takeAnswer(_ response: JSONResponse, _ stream: UInt32) {
    guard var wait = waits.removeValue(forKey: stream) else { return }
    streams[wait.ticket] = nil
    var result = response.result(of: wait.command, connection: connection)
    switch result {
    case .success(.waited(.timedOut(let value))) where wait.end > .now:
      guard !isLeaving else {
        return fail(wait.ticket, .connectionLost(reason: "a round was over", applied: .no))
      }
      // What changes between two rounds counts.
      if wait.plan.predicate == .changed {
        (wait.round.predicate, wait.round.operand) = (.notEqual, value)
      }
      return begin(wait)
    case .failure(.rejected("value-out-of-range", _, _))
    where response.text("member") == "timeout_ms" && wait.roundMilliseconds > 1:
      // It says its limit in words only. Another wait's refusal may have halved it already.
      roundMilliseconds = min(roundMilliseconds, wait.roundMilliseconds / 2)
      return begin(wait)
    // Whether the wait had begun the server does not tell, and of what changed since nothing.
    case .failure(.rejected("shutting-down", _, .no)) where wait.plan.predicate == .changed:
      result = .failure(.cancelled(applied: .no))
    default: break
    }
    reply(wait.ticket, result)
  }

  /// Nobody waits any more. The server was told by a reset, which it does not answer: an operation
  /// that had run by then nobody hears of. That it runs no more from here on is known when another
  /// answer has come.
  func cancelWait(_ stream: UInt32) {
    guard let wait = waits.removeValue(forKey: stream) else { return }
    let ended = ClientError.cancelled(applied: wait.command.appliedWhenLost)
    guard wait.plan.then != nil else { return fail(wait.ticket, ended) }
    do throws(ClientError) {
      let question = try send(.ping)
      awaited[question] = Awaited(ticket: wait.ticket, command: wait.command, isCancelled: true)
    } catch {
      fail(wait.ticket, ended)
    }
  }
}
