// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// Waits end when they should. Where the test is about being woken, a sleeper that is not woken
/// sleeps on beyond the test's patience.
@Suite struct ArenaWaitTests {
  static let type = RegisterType.all[3]
  static let patience = Duration.seconds(20)
  static let asleep = Duration.seconds(60)

  static func make(_ name: String, in arena: Arena, initial: UInt128 = 0) throws -> RegisterHandle {
    try arena.create(
      RegisterSpecification(name: name, type: type, initial: initial, ownerUser: 0)
    ).handle
  }

  static func isAwaited(_ handle: RegisterHandle, in arena: Arena) -> Bool {
    arena.event(ofSlot: Int(handle.slot)).current & EventWord.awaited != 0
  }

  @Test("a value that is there already is not waited for, and time that is up is told")
  func immediate() throws {
    try withTemporaryArena { arena in
      let handle = try Self.make("n", in: arena, initial: 7)
      let found = try arena.wait(on: handle, until: { $0 == 7 }, timeout: .zero)
      #expect(found == .satisfied(7))
      for timeout in [Duration.zero, .seconds(-1), .milliseconds(1)] {
        let outcome = try arena.wait(on: handle, until: { $0 == 8 }, timeout: timeout)
        #expect(outcome == .timedOut(7))
      }
      #expect(try arena.delete(named: "n"))
      let outcome = try arena.wait(on: handle, until: { _ in true }, timeout: .seconds(20))
      #expect(outcome == .deleted)
    }
  }

  @Test("a typed register waits for values of its type")
  func typed() throws {
    try withTemporaryArena { arena in
      let level = try arena.register(named: "level", as: Int16.self, initial: -3)
      level.notify()
      #expect(try level.wait(until: { $0 < 0 }, timeout: .zero) == .satisfied(-3))
      #expect(try level.wait(until: { $0 > 0 }, timeout: .zero) == .timedOut(-3))
      #expect(try arena.delete(named: "level"))
      #expect(try level.wait(until: { $0 > 0 }, timeout: .zero) == .deleted)
    }
  }

  @Test("timeouts of any length are whole nanoseconds")
  func durations() {
    #expect(Duration.zero.wholeNanoseconds == 0)
    #expect(Duration.seconds(-5).wholeNanoseconds == 0)
    #expect(Duration.milliseconds(1500).wholeNanoseconds == 1_500_000_000)
    #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
    #expect(SystemClock.deadline(after: .seconds(Int64.max)) == .max)
  }

  /// Waits, in a process of its own, while a child of it sees that and runs `change`.
  private func whileWaiting(
    longestSleep: Duration = Self.asleep,
    _ change: @escaping @Sendable (Arena, RegisterHandle) throws -> Int32,
    expect expected: WaitOutcome<UInt128>, ending: Int32 = 0
  ) throws {
    try withTemporaryArena { arena in
      let handle = try Self.make("n", in: arena)
      let child = try ChildProcess {
        guard becomesTrue({ Self.isAwaited(handle, in: arena) }) else { return 98 }
        return try change(arena, handle)
      }
      let outcome = try arena.wait(
        on: handle, until: { $0 != 0 }, timeout: Self.patience, longestSleep: longestSleep)
      #expect(outcome == expected)
      #expect(child.wait() == ending)
    }
  }

  @Test("an operation of another process wakes who waits")
  func operation() async {
    await #expect(processExitsWith: .success) {
      try ArenaWaitTests().whileWaiting(
        { arena, handle in
          let request = try AtomicRequest(.store, on: handle.type, operand: 3)
          return arena.perform(request, on: handle) == nil ? 1 : 0
        }, expect: .satisfied(3))
    }
  }

  @Test("so does whatever is done within a call of withCell")
  func scoped() async {
    await #expect(processExitsWith: .success) {
      try ArenaWaitTests().whileWaiting(
        { arena, handle in arena.withCell(of: handle) { $0.store(4) } == nil ? 1 : 0 },
        expect: .satisfied(4))
    }
  }

  @Test("an operation on a cell that was kept wakes nobody until it is followed by notify")
  func kept() async {
    await #expect(processExitsWith: .success) {
      try ArenaWaitTests().whileWaiting(
        { arena, handle in
          arena.cell(of: handle)?.store(5)
          guard ArenaWaitTests.isAwaited(handle, in: arena) else { return 1 }
          arena.notify(handle)
          return 0
        }, expect: .satisfied(5))
    }
  }

  @Test("a load wakes nobody")
  func load() async {
    await #expect(processExitsWith: .success) {
      try ArenaWaitTests().whileWaiting(
        { arena, handle in
          let load = try AtomicRequest(.load, on: handle.type)
          for _ in 0..<100 { _ = arena.perform(load, on: handle) }
          guard ArenaWaitTests.isAwaited(handle, in: arena) else { return 1 }
          arena.withCell(of: handle) { $0.store(6) }
          return 0
        }, expect: .satisfied(6))
    }
  }

  @Test("programs that do not notify are seen all the same, by the look every 50 ms")
  func foreign() async {
    await #expect(processExitsWith: .success) {
      try ArenaWaitTests().whileWaiting(
        longestSleep: Arena.longestSleep,
        { arena, handle in
          arena.cell(of: handle)?.store(7)
          return 0
        }, expect: .satisfied(7))
    }
  }

  @Test("a process that is killed between its operation and its wake-up delays, and no more")
  func killed() async {
    await #expect(processExitsWith: .success) {
      for isClaimed in [false, true] {
        try ArenaWaitTests().whileWaiting(
          longestSleep: Arena.longestSleep,
          { arena, handle in
            arena.cell(of: handle)?.store(8)
            let isAwaited = !isClaimed || arena.event(ofSlot: Int(handle.slot)).claim()
            kill(getpid(), isAwaited ? SIGKILL : SIGTERM)
            return 1
          }, expect: .satisfied(8), ending: -SIGKILL)
      }
    }
  }

  @Test("a deletion wakes who waits, also when the name is made again at once")
  func deletion() async {
    await #expect(processExitsWith: .success) {
      for isMadeAgain in [false, true] {
        try ArenaWaitTests().whileWaiting(
          { arena, handle in
            let own = try Arena.open(at: arena.path)
            guard try own.delete(named: "n") else { return 1 }
            if isMadeAgain { _ = try ArenaWaitTests.make("n", in: own, initial: 9) }
            return 0
          }, expect: .deleted)
      }
    }
  }

  @Test("one operation wakes all who wait")
  func all() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let handle = try ArenaWaitTests.make("n", in: arena)
        let ready = try ArenaWaitTests.make("ready", in: arena)
        let children = try (0..<3).map { _ in
          try ChildProcess {
            _ = arena.perform(try AtomicRequest(.increment, on: ready.type), on: ready)
            let outcome = try arena.wait(
              on: handle, until: { $0 == 1 }, timeout: ArenaWaitTests.patience,
              longestSleep: ArenaWaitTests.asleep)
            return outcome == .satisfied(1) ? 0 : 1
          }
        }
        let three = try arena.wait(on: ready, until: { $0 == 3 }, timeout: .seconds(20))
        #expect(three == .satisfied(3))
        #expect(becomesTrue { ArenaWaitTests.isAwaited(handle, in: arena) })
        arena.withCell(of: handle) { $0.store(1) }
        for child in children { #expect(child.wait() == 0) }
      }
    }
  }

  @Test("observers wait, too: they cannot say so, and look")
  func observer() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let handle = try ArenaWaitTests.make("n", in: arena)
        let child = try ChildProcess {
          let observer = try Arena.open(at: arena.path, access: .readOnly)
          let outcome = try observer.wait(on: handle, until: { $0 == 1 }, timeout: .seconds(20))
          return outcome == .satisfied(1) ? 0 : 1
        }
        arena.withCell(of: handle) { $0.store(1) }
        #expect(child.wait() == 0)
        #expect(!ArenaWaitTests.isAwaited(handle, in: arena))
      }
    }
  }

  @Test("who waits does not keep what is deleted from being used again")
  func quiescence() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let handle = try ArenaWaitTests.make("n", in: arena)
        let other = try ArenaWaitTests.make("other", in: arena)
        let waiter = Thread {
          let outcome = try? arena.wait(on: handle, until: { $0 == 1 }, timeout: .seconds(20))
          if outcome == .satisfied(1) { arena.withCell(of: other) { $0.store(1) } }
        }
        waiter.start()
        #expect(becomesTrue { ArenaWaitTests.isAwaited(handle, in: arena) })
        _ = try ArenaWaitTests.make("gone", in: arena)
        #expect(try arena.delete(named: "gone"))
        #expect(becomesTrue { arena.quiesce() })
        arena.withCell(of: handle) { $0.store(1) }
        let done = try arena.wait(on: other, until: { $0 == 1 }, timeout: .seconds(20))
        #expect(done == .satisfied(1))
      }
    }
  }
}
