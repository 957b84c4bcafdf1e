// SPDX-License-Identifier: Apache-2.0

import EventLoop

extension BlockingClient {
  /// Waits until a register has a value as `plan` says, and runs the plan's operation on that very
  /// value, if it has one; see ``RegisterClient/wait(_:on:timeout:)``. The calling thread waits: at
  /// the server, or over the map asleep.
  ///
  /// - Parameter timeout: How long after the plan's own time the answer must be there; nil: as the
  ///   options say. A plan without limit has none here either.
  /// - Throws: ``ClientError/notFound(name:)`` when the register was deleted, before or meanwhile.
  public func wait(
    _ plan: WaitPlan, on register: RegisterReference, timeout: Duration? = nil
  ) throws(ClientError) -> WaitEnd {
    try plan.check(on: register)
    switch transport {
    case .remote(let connection):
      return try connection.call(
        .wait(plan, on: register), timeout: plan.allowance(margin: timeout)
      ).asWaited()
    case .map(let registers): return try registers.wait(plan, on: register)
    }
  }

  /// Has those who wait for a register look at it; see ``RegisterClient/notify(_:timeout:)``;
  /// not over HTTP.
  public func notify(
    _ register: RegisterReference, timeout: Duration? = nil
  ) throws(ClientError) {
    switch transport {
    case .remote(let connection):
      try connection.call(.notify(register), timeout: timeout).asNotified()
    case .map(let registers): try registers.notify(register)
    }
  }

  /// Watches a register: its value comes at once, and then whenever it is another one.
  ///
  /// - Parameters:
  ///   - interval: The least time between two events, in whole milliseconds, rounded up; over the
  ///     map a millisecond at least.
  ///   - timeout: How long the watch may take to begin; nil: as the options say.
  public func watch(
    _ register: RegisterReference, interval: Duration = .zero, timeout: Duration? = nil
  ) throws(ClientError) -> BlockingWatch {
    let plan = WatchPlan(.register(register), interval: interval)
    switch transport {
    case .remote(let connection): return try connection.watch(plan, isOfOneRegister: true, timeout)
    case .map(let registers):
      // Found here, so that the caller hears at once that it is not there.
      _ = try registers.liveHandle(of: register)
      return BlockingWatch(MappedWatch(register, interval: plan.pauseNanoseconds, of: registers))
    }
  }

  /// Watches every register whose name begins with `prefix`, those that are made later too. Needs a
  /// server.
  ///
  /// - Parameters:
  ///   - interval: The least time between two events of one register, as above.
  ///   - timeout: As above.
  public func watch(
    prefix: String, interval: Duration = .zero, timeout: Duration? = nil
  ) throws(ClientError) -> BlockingWatch {
    let plan = WatchPlan(.prefix(prefix), interval: interval)
    try plan.check()
    switch transport {
    case .remote(let connection): return try connection.watch(plan, isOfOneRegister: false, timeout)
    case .map: throw LocalRegisters.watchesNoPrefix
    }
  }
}

extension BlockingConnection {
  fileprivate func watch(
    _ plan: WatchPlan, isOfOneRegister: Bool, _ timeout: Duration?
  ) throws(ClientError) -> BlockingWatch {
    BlockingWatch(
      self, number: try watch(plan, until: options.deadline(after: timeout)),
      isOfOneRegister: isOfOneRegister)
  }
}
