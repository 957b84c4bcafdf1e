// SPDX-License-Identifier: Apache-2.0

import EventLoop

extension BlockingClient {
  /// Waits until a register has a value as `plan` says, and runs the plan's operation on that very
  /// value, if it has one; see ``RegisterClient/wait(_:on:)``. The calling thread waits: at the
  /// server, or over the map asleep.
  ///
  /// The server's answer must be there as long after the plan's own time as the options say.
  ///
  /// - Throws: ``ClientError/notFound(name:)`` when the register was deleted, before or meanwhile;
  ///   ``ClientError/usage(_:)`` over HTTP.
  public func wait(
    _ plan: WaitPlan, on register: RegisterReference
  ) throws(ClientError) -> WaitEnd {
    try plan.check(on: register)
    switch transport {
    case .remote(let connection):
      return try connection.call(.wait(plan, on: register)).asWaited()
    case .map(let registers): return try registers.wait(plan, on: register)
    }
  }

  /// Has those who wait for a register look at it; see ``RegisterClient/notify(_:)``.
  public func notify(_ register: RegisterReference) throws(ClientError) {
    switch transport {
    case .remote(let connection):
      guard case .notified = try connection.call(.notify(register)) else {
        throw .protocolViolation("the reply answers another request")
      }
    case .map(let registers): try registers.notify(register)
    }
  }

  /// Watches a register: its value comes at once, and then whenever it is another one.
  ///
  /// - Parameter interval: The least time between two events, in whole milliseconds, rounded up;
  ///   over the map a millisecond at least.
  public func watch(
    _ register: RegisterReference, interval: Duration = .zero
  ) throws(ClientError) -> BlockingWatch {
    let plan = WatchPlan(.register(register), interval: interval)
    switch transport {
    case .remote(let connection): return try connection.watch(plan, isOfOneRegister: true)
    case .map(let registers):
      // Found here, so that the caller hears at once that it is not there.
      _ = try registers.liveHandle(of: register)
      return BlockingWatch(
        MappedWatch(
          register, interval: UInt64(max(1, plan.intervalMilliseconds)) * 1_000_000,
          of: registers))
    }
  }

  /// Watches every register whose name begins with `prefix`, those that are made later too. Needs a
  /// server.
  ///
  /// - Parameter interval: The least time between two events of one register, as above.
  public func watch(
    prefix: String, interval: Duration = .zero
  ) throws(ClientError) -> BlockingWatch {
    let plan = WatchPlan(.prefix(prefix), interval: interval)
    try plan.check()
    switch transport {
    case .remote(let connection): return try connection.watch(plan, isOfOneRegister: false)
    case .map: throw LocalRegisters.watchesNoPrefix
    }
  }
}

extension BlockingConnection {
  fileprivate func watch(
    _ plan: WatchPlan, isOfOneRegister: Bool
  ) throws(ClientError) -> BlockingWatch {
    let deadline = Deadline.after(nanoseconds: options.timeoutNanoseconds)
    return BlockingWatch(
      self, number: try watch(plan, until: deadline), isOfOneRegister: isOfOneRegister)
  }
}
