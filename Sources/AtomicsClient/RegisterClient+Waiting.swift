// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension RegisterClient {
  /// Waits until a register has a value as `plan` says, and runs the plan's operation on that very
  /// value, if it has one: a semaphore, a ticket or a bucket of tokens in one round trip.
  ///
  ///     let plan = WaitPlan(until: .greaterOrEqual, 1, timeout: .seconds(5), then: subtractOne)
  ///     switch try await atomics.wait(plan, on: seats) { … }
  ///
  /// No processor time passes while nothing happens, here or at the server. Waits look when the
  /// value has changed: one that comes and goes between two looks may not be seen.
  ///
  /// **Cancellation** ends the wait at the server. Of a wait without an operation the call ends at
  /// once. With one, it ends when the server has said what became of it: the operation had run
  /// already, and its outcome is returned as if nothing had happened, or it never will, and
  /// `cancelled(applied: .no)` is thrown. It is unknown only where the server cannot be asked any
  /// more, and over HTTP, which has no way to ask: when the call has ended nothing runs any more.
  ///
  /// **Limits**: over a connection as many waits at once as the server's WELCOME allows (4,096 by
  /// default; the others wait for their turn), over HTTP on half of the connection's streams (128
  /// by default) that watches leave; over the map 256, each of which has a thread.
  ///
  /// **Reconnecting**: a wait goes over the next connection where it cannot have run its operation,
  /// except one for a change, which would then miss what changed in between: it ends as
  /// `connectionLost(applied: .no)`.
  ///
  /// - Parameter timeout: How long after the plan's own time the answer must be there; nil: as the
  ///   options say. A plan without limit has none here either.
  /// - Throws: ``ClientError/notFound(name:)`` when the register was deleted, before or meanwhile.
  public func wait(
    _ plan: WaitPlan, on register: RegisterReference, timeout: Duration? = nil
  ) async throws(ClientError) -> WaitEnd {
    try plan.check(on: register)
    switch transport {
    case .remote(let connection):
      return try await connection.call(
        .wait(plan, on: register), timeout: plan.allowance(margin: timeout)
      ).asWaited()
    case .map(let registers):
      try registers.checkOpen()
      return try await registers.wait(plan, on: register)
    }
  }

  /// Has those who wait for a register look at it, after a program that does not notify wrote it.
  /// Operations of this library notify by themselves. Not over HTTP.
  public func notify(
    _ register: RegisterReference, timeout: Duration? = nil
  ) async throws(ClientError) {
    switch transport {
    case .remote(let connection):
      try await connection.call(.notify(register), timeout: timeout).asNotified()
    case .map(let registers):
      try registers.checkOpen()
      try registers.notify(register)
    }
  }
}
