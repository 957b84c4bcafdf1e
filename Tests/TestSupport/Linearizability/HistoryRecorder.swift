// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import EventLoop
import Foundation
import Synchronization

/// What one client did, on several registers.
public struct HistoryRecorder: Sendable {
  /// An operation that was sent and not answered.
  private struct Sent {
    let register: Int
    let request: AtomicRequest
    let precondition: RecordedOperation.Precondition?
    let invoked: UInt64
  }

  public private(set) var lane: Int
  /// By register.
  public private(set) var operations: [Int: [RecordedOperation]] = [:]
  private var sent: [Sent] = []

  public init(lane: Int) { self.lane = lane }

  /// Notes that an operation is about to be sent.
  public mutating func sends(
    _ request: AtomicRequest, after precondition: RecordedOperation.Precondition? = nil,
    to register: Int
  ) {
    sent.append(
      Sent(
        register: register, request: request, precondition: precondition, invoked: Self.now))
  }

  /// Notes the outcome of the oldest operation that has none.
  public mutating func learns(_ outcome: AtomicOutcome) {
    let responded = Self.now
    let first = sent.removeFirst()
    operations[first.register, default: []].append(
      RecordedOperation(
        lane: lane, first.request, after: first.precondition, invoked: first.invoked,
        responded: responded, outcome))
  }

  /// Nobody will know what became of the rest: what follows is another lane's.
  public mutating func abandons(lane next: Int) {
    for one in sent {
      operations[one.register, default: []].append(
        RecordedOperation(
          pending: lane, one.request, after: one.precondition, invoked: one.invoked))
    }
    sent.removeAll()
    lane = next
  }

  /// The monotonic clock, read where every access before it is done and none behind it has begun:
  /// a relaxed store of a local client could otherwise wait in the processor while its end is noted
  /// already.
  private static var now: UInt64 {
    AtomicFence.thread(.sequentiallyConsistent)
    defer { AtomicFence.thread(.sequentiallyConsistent) }
    return Deadline.now.nanoseconds
  }
}

/// Keeps clients of very different speed together, so that their operations overlap: none is more
/// than `lead` steps ahead of the slowest.
public final class Pace: Sendable {
  private let lead: Int
  private let steps: [Counter]

  private final class Counter: Sendable { let value = Atomic(0) }

  public init(clients: Int, lead: Int) {
    self.lead = lead
    steps = (0..<clients).map { _ in Counter() }
  }

  /// Before each step of a client. Waits for those that are behind.
  public func step(_ client: Int) {
    let step = steps[client].value.wrappingAdd(1, ordering: .relaxed).newValue
    while steps.contains(where: { $0.value.load(ordering: .relaxed) < step - lead }) {
      sched_yield()
    }
  }

  /// After the last step of a client, also where it failed: nobody waits for it.
  public func end(_ client: Int) {
    steps[client].value.store(.max, ordering: .relaxed)
  }
}
