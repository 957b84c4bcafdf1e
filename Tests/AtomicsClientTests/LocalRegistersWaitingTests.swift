// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import AtomicsClient

@Suite(.timeLimit(.minutes(5))) struct LocalRegistersWaitingTests {
  private func withRegister(
    _ body: (LocalRegisters, RegisterReference) async throws -> Void
  ) async throws {
    try await withTemporaryArenaPath { path in
      let registers = LocalRegisters(path: path, options: ClientOptions())
      let register = try registers.run(
        .create(RegisterPlan(name: "x", type: UInt64.registerType))
      ).asRegister().register
      try await body(registers, register)
    }
  }

  private func set(
    _ value: UInt128, _ registers: LocalRegisters, _ register: RegisterReference
  ) throws {
    _ = try registers.perform(
      AtomicRequest(.store, on: register.type, operand: value), on: register)
  }

  @Test("more waits than there may be threads are refused, and those there are go on")
  func boundsThreads() async throws {
    try await withRegister { registers, register in
      let plan = WaitPlan(until: .greaterOrEqual, 1)
      let limit = LocalRegisters.threadLimit
      try await withThrowingTaskGroup(of: WaitEnd.self) { group in
        for _ in 0...limit { group.addTask { try await registers.wait(plan, on: register) } }
        let error = await #expect(throws: ClientError.self) { _ = try await group.next() }
        guard case .rejected("too-many-requests", _, .no)? = error else {
          Issue.record("\(String(describing: error))")
          return
        }
        // What can be answered at once needs no thread.
        let look = WaitPlan(until: .equal, 0)
        let end = try await registers.wait(look, on: register)
        #expect(end == .satisfied(0))
        let glance = WaitPlan(until: .changed, timeout: .zero)
        let unchanged = try await registers.wait(glance, on: register)
        #expect(unchanged == .timedOut(0))
        try set(1, registers, register)
        for _ in 0..<limit {
          let end = try await group.next()
          #expect(end == .satisfied(1))
        }
      }
      // Their threads are given back.
      while registers.threadCount.load(ordering: .relaxed) > 0 { await Task.yield() }
    }
  }

  @Test("on the calling thread: satisfied, timed out, performed, cancelled, gone")
  func waitsOnThread() async throws {
    try await withRegister { registers, register in
      func wait(_ plan: WaitPlan, _ cancellation: MapCancellation) throws -> WaitEnd {
        try registers.wait(plan, on: register, unless: cancellation)
      }
      let free = MapCancellation()
      #expect(try wait(WaitPlan(until: .equal, 0), free) == .satisfied(0))
      #expect(
        try wait(WaitPlan(until: .changed, timeout: .milliseconds(5)), free) == .timedOut(0))
      let take = try AtomicRequest(.sub, on: register.type, operand: 1)
      try set(1, registers, register)
      #expect(
        try wait(WaitPlan(until: .equal, 1, then: take), free)
          == .performed(AtomicOutcome(old: 1, new: 0)))
      let cancelled = MapCancellation()
      cancelled.cancel()
      #expect(throws: ClientError.cancelled(applied: .no)) {
        try wait(WaitPlan(until: .equal, 0, then: take), cancelled)
      }
      #expect(try wait(WaitPlan(until: .equal, 0), free) == .satisfied(0))
      _ = try registers.run(.delete(name: "x"))
      #expect(throws: ClientError.notFound(name: "x")) {
        try wait(WaitPlan(until: .equal, 0), free)
      }
    }
  }

  @Test("many threads that take what many others give: nothing is taken twice or lost")
  func takesOnce() async throws {
    try await withRegister { registers, register in
      let take = try AtomicRequest(.sub, on: register.type, operand: 1)
      let give = try AtomicRequest(.add, on: register.type, operand: 1)
      let rounds = 500
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<rounds {
              let end = try await registers.wait(
                WaitPlan(until: .greaterOrEqual, 1, then: take), on: register)
              guard case .performed(let outcome) = end, outcome.old >= 1 else {
                throw ClientError.usage("\(end)")
              }
            }
          }
          group.addTask {
            for _ in 0..<rounds { _ = try registers.perform(give, on: register) }
          }
        }
        try await group.waitForAll()
      }
      let end = try await registers.wait(WaitPlan(until: .equal, 0), on: register)
      #expect(end == .satisfied(0))
    }
  }

  @Test("a watch whose owner only looks tells nothing before its interval is over")
  func keepsInterval() async throws {
    try await withRegister { registers, register in
      let watch = MappedWatch(register, interval: 3_600_000_000_000, of: registers)
      #expect(try watch.next(until: .now)?.kind == .value(0))
      try set(1, registers, register)
      #expect(try watch.next(until: .now) == nil)
      let hasty = MappedWatch(register, interval: 1, of: registers)
      #expect(try hasty.next(until: .now)?.kind == .value(1))
      try set(2, registers, register)
      #expect(try hasty.next(until: .now)?.kind == .value(2))
    }
  }

  @Test("a watch ends its thread with its consumer, and with its register")
  func endsThreads() async throws {
    try await withRegister { registers, register in
      let left = WatchFeed(WatchPlan(subject: .register(register)))
      try registers.watch(WatchPlan(subject: .register(register)), feed: left)
      #expect(try await left.next()?.kind == .value(0))
      left.leave()
      while registers.threadCount.load(ordering: .relaxed) > 0 { await Task.yield() }
      let stays = WatchFeed(WatchPlan(subject: .register(register)))
      try registers.watch(WatchPlan(subject: .register(register)), feed: stays)
      _ = try registers.run(.delete(name: "x"))
      while let event = try await stays.next() { #expect(event.name == "x") }
      while registers.threadCount.load(ordering: .relaxed) > 0 { await Task.yield() }
      #expect(throws: ClientError.notFound(name: "x")) {
        try registers.watch(WatchPlan(subject: .register(register)), feed: WatchFeed())
      }
    }
  }
}
