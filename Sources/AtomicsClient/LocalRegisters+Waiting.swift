// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import SharedArena
import Synchronization

/// Ends waits over the map from elsewhere.
///
/// **Thread safety**: any thread.
final class MapCancellation: Sendable {
  private let cancelled = Atomic(false)

  var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

  func cancel() { cancelled.store(true, ordering: .relaxed) }
}

/// Waits over the map: the thread that calls looks for itself, and sleeps in between.
extension LocalRegisters {
  /// Waits on the calling thread.
  ///
  /// An operation runs on the very value that satisfies the predicate: others who wait for the same
  /// are asked again where they come too late, in this process, in others and in the server alike.
  ///
  /// - Throws: `cancelled` where `cancellation` came first; then nothing has run.
  func wait(
    _ plan: WaitPlan, on register: RegisterReference,
    unless cancellation: MapCancellation = MapCancellation()
  ) throws(ClientError) -> WaitEnd {
    try plan.check(on: register)
    let deadline = plan.end(from: .now)
    var first: UInt128?
    func isSatisfied(_ value: UInt128) -> Bool {
      let start = first ?? value
      first = start
      return plan.predicate.holds(
        for: value, operand: plan.operand, first: start, on: register.type)
    }
    while true {
      let (value, isTimely) = try look(
        at: register, until: isSatisfied, before: deadline, unless: cancellation)
      guard isTimely else { return .timedOut(value) }
      guard let then = plan.then else { return .satisfied(value) }
      if let end = try perform(then, from: value, while: isSatisfied, on: register) { return end }
    }
  }

  /// Looks until the value is one that `isSatisfied` accepts, or it is too late.
  func look(
    at register: RegisterReference, until isSatisfied: (UInt128) -> Bool, before deadline: Deadline,
    unless cancellation: MapCancellation
  ) throws(ClientError) -> (value: UInt128, isTimely: Bool) {
    let arena = try arena()
    let handle = try handle(of: register)
    let outcome: WaitOutcome<UInt128>
    do throws(ArenaError) {
      outcome = try arena.wait(
        on: handle, until: { cancellation.isCancelled || isSatisfied($0) },
        timeout: deadline.remaining)
    } catch {
      throw ClientError(error)
    }
    if cancellation.isCancelled { throw .cancelled(applied: .no) }
    guard !arena.isFaulty else {
      throw refusal(of: handle, register.name, in: arena, isPerformed: true)
    }
    switch outcome {
    case .satisfied(let value): return (value, true)
    case .timedOut(let value): return (value, false)
    case .deleted: throw .notFound(name: register.name)
    }
  }

  /// Runs the operation on `value` or on one that came after it and does as well; nil where there
  /// is none any more.
  private func perform(
    _ then: AtomicRequest, from value: UInt128, while isSatisfied: (UInt128) -> Bool,
    on register: RegisterReference
  ) throws(ClientError) -> WaitEnd? {
    var value = value
    while isSatisfied(value) {
      switch then.step(from: value) {
      case .left(let outcome): return .performed(outcome)
      case .exchange(let exchange, let outcome):
        let done = try perform(exchange, on: register)
        if done.succeeded { return .performed(outcome) }
        value = done.old
      }
    }
    return nil
  }

  // MARK: - Asynchronous

  /// Waits on a thread of its own, unless there is nothing to wait for.
  func wait(
    _ plan: WaitPlan, on register: RegisterReference
  ) async throws(ClientError) -> WaitEnd {
    if Task.isCancelled { throw .cancelled(applied: .no) }
    if plan.timeoutMilliseconds == 0 {
      return try wait(plan, on: register, unless: MapCancellation())
    }
    // What changed since the first look is not known at a first look.
    if plan.predicate != .changed {
      var look = plan
      look.timeoutMilliseconds = 0
      let end = try wait(look, on: register, unless: MapCancellation())
      guard case .timedOut = end else { return end }
    }
    let cancellation = MapCancellation()
    let number = try lasting.begin { [self] in end(cancellation, of: register) }
    defer { lasting.isOver(number) }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { (waiter: CheckedContinuation<WaitResult, Never>) in
        start { [self] in
          waiter.resume(
            returning: WaitResult { () throws(ClientError) in
              try wait(plan, on: register, unless: cancellation)
            })
        } orElse: {
          waiter.resume(returning: .failure($0))
        }
      }
    } onCancel: {
      end(cancellation, of: register)
    }
    if case .failure(.cancelled) = result { try checkOpen() }
    return try result.get()
  }

  private typealias WaitResult = Result<WaitEnd, ClientError>

  /// Has the thread look that sleeps because of `register`.
  func end(_ cancellation: MapCancellation, of register: RegisterReference) {
    cancellation.cancel()
    // Where this fails there is nobody to be woken.
    try? notify(register)
  }

  /// Wakes those who wait for a register.
  func notify(_ register: RegisterReference) throws(ClientError) {
    try arena().notify(try liveHandle(of: register))
  }

  /// - Throws: `notFound` where the register was deleted.
  func liveHandle(of register: RegisterReference) throws(ClientError) -> RegisterHandle {
    let handle = try handle(of: register)
    guard try arena().condition(of: handle) != .deleted else {
      throw .notFound(name: register.name)
    }
    return handle
  }

  // MARK: - Threads

  /// Waits and watches of one map at a time, each of which has a thread.
  static let threadLimit = 256

  /// Runs `work` on a thread of its own, or calls `refuse` with the reason why there is none.
  func start(_ work: @escaping @Sendable () -> Void, orElse refuse: (ClientError) -> Void) {
    guard threadCount.add(1, ordering: .relaxed).newValue <= Self.threadLimit else {
      threadCount.subtract(1, ordering: .relaxed)
      return refuse(
        .rejected(
          code: "too-many-requests",
          text: "\(Self.threadLimit) waits and watches over the map are open, each with a thread: "
            + "end some, or use the arena's server.", applied: .no))
    }
    do throws(EventLoopError) {
      try LoopThread(name: "atomics-wait") { [self] in
        work()
        threadCount.subtract(1, ordering: .relaxed)
      }.detach()
    } catch {
      threadCount.subtract(1, ordering: .relaxed)
      refuse(.arena("No thread to wait on: \(error)."))
    }
  }
}

extension Deadline {
  /// From now on; at least 0.
  fileprivate var remaining: Duration {
    let now = Deadline.now
    guard self > now else { return .zero }
    return .nanoseconds(Int64(clamping: nanoseconds - now.nanoseconds))
  }
}
