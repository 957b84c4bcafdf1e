// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

/// The mailbox between a watch's producer, which must never wait, and its one consumer.
///
/// The latest wins: of each register the newest event is kept, as a gap where others came before
/// it. So a consumer that is slow, or stopped, costs memory for the registers that changed, never
/// for their changes.
///
///     push ──▶ order:  jobs/7   jobs/2        each register once, oldest event first
///              latest: .gap(5)  .value(1)     what is told of it ──▶ next
///
/// **Thread safety**: any thread; `next` one caller at a time.
final class WatchFeed: Sendable {
  typealias Answer = Result<RegisterEvent?, ClientError>

  /// More registers than any server lets one watch see.
  static let registerLimit = 1 << 20

  fileprivate struct State {
    var order = RequestQueue<String>()
    var latest: [String: RegisterEvent] = [:]
    /// Registers told of since the connection was lost last; nil: it never was.
    var refreshed: Set<String>?
    var consumer: CheckedContinuation<Answer, Never>?
    /// Nothing more is pushed; what is there is still taken.
    var isFinished = false
    /// Told once, behind the last event.
    var failure: ClientError?
    var isConsumerGone = false
    var onEnd: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())
  private let isOfOneRegister: Bool

  /// - Parameter isOfOneRegister: Whether its deletion ends the watch.
  init(isOfOneRegister: Bool = false) {
    self.isOfOneRegister = isOfOneRegister
  }

  convenience init(_ plan: WatchPlan) {
    if case .register = plan.subject {
      self.init(isOfOneRegister: true)
    } else {
      self.init()
    }
  }

  // MARK: - The producer

  /// Called once, on any thread, when the consumer is gone before the producer has finished; at
  /// once where it is gone already.
  var onEnd: (@Sendable () -> Void)? {
    get { state.withLock { $0.onEnd } }
    set {
      let isLate = state.withLock { state in
        guard !state.isFinished else { return false }
        if !state.isConsumerGone { state.onEnd = newValue }
        return state.isConsumerGone
      }
      if isLate { newValue?() }
    }
  }

  /// Hands over an event. Never waits.
  func push(_ event: RegisterEvent) {
    resume(
      state.withLock { state in
        guard !state.isFinished, !state.isConsumerGone else { return nil }
        let event = state.refresh(event)
        if isOfOneRegister, event.kind == .deleted { state.finish() }
        if let consumer = state.takeConsumer() { return (consumer, .success(event)) }
        if state.latest[event.name] != nil {
          state.latest[event.name] = event.asGap
        } else if state.latest.count < Self.registerLimit {
          state.latest[event.name] = event
          state.order.append(event.name)
        } else {
          state.finish(.protocolViolation("it tells of more registers than a watch can have"))
        }
        return nil
      })
  }

  /// The connection was lost, and what changes from here on is not seen until it stands again: what
  /// is told next of each register is a gap.
  func interrupted() {
    state.withLock { $0.refreshed = [] }
  }

  /// The watch is over. What was pushed before is still taken, then `error` is thrown.
  func finish(_ error: ClientError?) {
    resume(
      state.withLock { state in
        guard !state.isFinished else { return nil }
        guard let consumer = state.takeConsumer() else {
          state.finish(error)
          return nil
        }
        state.finish()
        return (consumer, error.map { .failure($0) } ?? .success(nil))
      })
  }

  /// The watch of `plan` is over, as the server will not go on with it.
  func finish(_ plan: WatchPlan, refusedWith error: ClientError) {
    guard case .notFound(let name) = error, case .register(let register) = plan.subject else {
      return finish(error)
    }
    // It was deleted while nobody could see it.
    push(RegisterEvent(name: name, type: register.type, kind: .deleted))
    finish(nil)
  }

  /// Outside the lock, as the consumer's executor is not known.
  private func resume(_ waiting: (CheckedContinuation<Answer, Never>, Answer)?) {
    waiting?.0.resume(returning: waiting?.1 ?? .success(nil))
  }

  // MARK: - The consumer

  /// The next event; nil when the watch is over.
  ///
  /// - Throws: Why it is over, once; `cancelled` where the task is cancelled, which ends the watch.
  func next() async throws(ClientError) -> RegisterEvent? {
    let answer = await withTaskCancellationHandler {
      await withCheckedContinuation { (consumer: CheckedContinuation<Answer, Never>) in
        if let answer = take(orElse: consumer) { consumer.resume(returning: answer) }
      }
    } onCancel: {
      leave()
    }
    return try answer.get()
  }

  /// What is there already; nil: nothing.
  func takeNow() -> Answer? {
    state.withLock { $0.take() }
  }

  /// What is there; nil: `consumer` has it as soon as it comes.
  private func take(orElse consumer: CheckedContinuation<Answer, Never>) -> Answer? {
    state.withLock { state in
      if let answer = state.take() { return answer }
      guard state.consumer == nil else {
        return .failure(.usage("A watch has one consumer, and another one waits already."))
      }
      state.consumer = consumer
      return nil
    }
  }

  /// The consumer is gone: nothing is kept for it any more. Once or more often.
  func leave() {
    let (consumer, onEnd) = state.withLock { state in
      let onEnd = state.isFinished ? nil : state.onEnd
      state.isConsumerGone = true
      state.onEnd = nil
      state.order = RequestQueue()
      state.latest = [:]
      state.refreshed = nil
      return (state.takeConsumer(), onEnd)
    }
    onEnd?()
    consumer?.resume(returning: .failure(.cancelled(applied: .no)))
  }
}

extension WatchFeed.State {
  fileprivate mutating func take() -> WatchFeed.Answer? {
    if isConsumerGone { return .failure(.cancelled(applied: .no)) }
    if let name = order.popFirst(), let event = latest.removeValue(forKey: name) {
      return .success(event)
    }
    if let failure {
      self.failure = nil
      return .failure(failure)
    }
    return isFinished ? .success(nil) : nil
  }

  fileprivate mutating func takeConsumer() -> CheckedContinuation<WatchFeed.Answer, Never>? {
    defer { consumer = nil }
    return consumer
  }

  fileprivate mutating func finish(_ error: ClientError? = nil) {
    isFinished = true
    failure = error
    // It may hold the producer, and the producer this.
    onEnd = nil
  }

  /// The event as it is told: the first one of a register since the connection was lost is a gap.
  fileprivate mutating func refresh(_ event: RegisterEvent) -> RegisterEvent {
    guard refreshed != nil else { return event }
    guard event.kind != .deleted else {
      // Should it come again, values may have passed all the same.
      refreshed?.remove(event.name)
      return event
    }
    guard refreshed?.insert(event.name).inserted == true else { return event }
    if refreshed?.count == WatchFeed.registerLimit { refreshed = [] }
    return event.asGap
  }
}

extension RegisterEvent {
  /// The same, and others came before it.
  fileprivate var asGap: RegisterEvent {
    guard case .value(let value) = kind else { return self }
    return RegisterEvent(name: name, type: type, kind: .gap(value))
  }
}
