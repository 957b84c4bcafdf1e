// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension Register {
  /// Waits until the value is as `condition` says.
  ///
  ///     if try await hits.wait(until: .atLeast(10), timeout: .seconds(1)).isSatisfied { … }
  ///
  /// See ``RegisterClient/wait(_:on:timeout:)`` for limits and cancellation.
  ///
  /// - Parameters:
  ///   - timeout: In whole milliseconds, rounded up. Nil, and more than 49 days: without limit.
  ///     Zero or less looks once.
  ///   - order: The order of the looks, a load order.
  public func wait(
    until condition: ValueCondition<Value>, timeout: Duration? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) async throws(ClientError) -> RegisterWait<Value> {
    let plan = WaitPlan(
      until: condition.predicate, condition.operand, timeout: timeout, order: order)
    return try RegisterWait(try await client.wait(plan, on: reference, timeout: self.timeout))
  }

  /// Waits until the value is as `condition` says, and runs `operation` on that very value, as one
  /// atomic step.
  ///
  ///     // A semaphore: whoever comes waits for a place, and takes it.
  ///     guard try await places.wait(until: .atLeast(1), then: .sub(1)).isPerformed else { … }
  ///
  /// - Parameter timeout: As above.
  public func wait(
    until condition: ValueCondition<Value>, then operation: ValueOperation<Value>,
    timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterWaitThen<Value> {
    let plan = WaitPlan(
      until: condition.predicate, condition.operand, timeout: timeout,
      then: try operation.request())
    return try RegisterWaitThen(try await client.wait(plan, on: reference, timeout: self.timeout))
  }

  /// Has those who wait for the register look at it; see ``RegisterClient/notify(_:timeout:)``.
  public func notify() async throws(ClientError) {
    try await client.notify(reference, timeout: timeout)
  }
}
