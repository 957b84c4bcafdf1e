// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

extension BlockingRegister {
  /// Waits until the value is as `condition` says; see ``Register/wait(until:timeout:order:)``.
  public func wait(
    until condition: ValueCondition<Value>, timeout: Duration? = nil,
    order: MemoryOrder = .sequentiallyConsistent
  ) throws(ClientError) -> RegisterWait<Value> {
    let plan = WaitPlan(
      until: condition.predicate, condition.operand, timeout: timeout, order: order)
    return try RegisterWait(try client.wait(plan, on: reference, timeout: self.timeout))
  }

  /// Waits until the value is as `condition` says, and runs `operation` on that very value, as one
  /// atomic step; see ``Register/wait(until:then:timeout:)``.
  public func wait(
    until condition: ValueCondition<Value>, then operation: ValueOperation<Value>,
    timeout: Duration? = nil
  ) throws(ClientError) -> RegisterWaitThen<Value> {
    let plan = WaitPlan(
      until: condition.predicate, condition.operand, timeout: timeout,
      then: try operation.request())
    return try RegisterWaitThen(try client.wait(plan, on: reference, timeout: self.timeout))
  }

  /// Has those who wait for the register look at it; see ``BlockingClient/notify(_:timeout:)``.
  public func notify() throws(ClientError) { try client.notify(reference, timeout: timeout) }
}
