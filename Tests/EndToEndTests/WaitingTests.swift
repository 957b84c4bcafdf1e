// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import AtomicsServer
import TestSupport
import Testing

/// Waits of the asynchronous client, over each transport.
@Suite(.timeLimit(.minutes(5))) struct WaitingTests {
  /// Runs `body` with a register of each transport, and with a second client's of the same one.
  private func withRegisters(
    initial: UInt64 = 0, _ body: (Register<UInt64>, Register<UInt64>) async throws -> Void
  ) async throws {
    try await withServer { server in
      for (index, address) in server.everyAddress.enumerated() {
        let own = try await RegisterClient.connect(to: ServerAddress(address))
        let other = try await RegisterClient.connect(
          to: ServerAddress(server.everyAddress[(index + 1) % server.everyAddress.count]))
        let name = "r\(index)"
        try await body(
          try await own.typed(name, initial: initial), try await other.typed(name))
      }
    }
  }

  @Test("a wait ends when another client has brought the value about")
  func waits() async throws {
    try await withRegisters(initial: 7) { mine, others in
      #expect(try await mine.wait(until: .equal(to: 7)) == .satisfied(7))
      async let end = mine.wait(until: .atLeast(10), timeout: .seconds(60))
      for _ in 0..<3 {
        _ = try await others.client.perform(
          AtomicRequest(.increment, on: others.reference.type), on: others.reference)
      }
      #expect(try await end == .satisfied(10))
    }
  }

  @Test("each condition holds for what it says, and no other value")
  func compares() async throws {
    try await withRegisters(initial: 6) { mine, _ in
      for (condition, holds) in [
        (ValueCondition<UInt64>.equal(to: 6), true), (.equal(to: 5), false),
        (.notEqual(to: 6), false), (.notEqual(to: 5), true), (.less(than: 7), true),
        (.less(than: 6), false), (.atMost(6), true), (.atMost(5), false),
        (.greater(than: 5), true), (.greater(than: 6), false), (.atLeast(6), true),
        (.atLeast(7), false), (.anyBits(3), true), (.anyBits(9), false), (.allBits(6), true),
        (.allBits(7), false), (.changed, false),
      ] {
        let end = try await mine.wait(until: condition, timeout: .zero)
        #expect(end == (holds ? .satisfied(6) : .timedOut(6)), "\(condition)")
      }
    }
  }

  @Test("time: none and less than none only look, more is over when it is")
  func timesOut() async throws {
    try await withRegisters(initial: 1) { mine, _ in
      for timeout in [Duration.zero, .seconds(-1), .nanoseconds(1), .milliseconds(20)] {
        let start = ContinuousClock.now
        let end = try await mine.wait(until: .atLeast(2), timeout: timeout)
        #expect(end == .timedOut(1))
        #expect(ContinuousClock.now - start >= timeout)
        let taken = try await mine.wait(until: .atLeast(2), then: .sub(1), timeout: timeout)
        #expect(taken == .timedOut(1))
      }
    }
  }

  @Test("an operation runs on the value that was waited for, or declines")
  func performs() async throws {
    try await withRegisters(initial: 3) { mine, others in
      #expect(
        try await mine.wait(until: .atLeast(2), then: .sub(2)) == .performed(old: 3, new: 1))
      #expect(
        try await mine.wait(until: .atLeast(1), then: .add(5, within: 0...5)) == .declined(1))
      async let end = mine.wait(until: .equal(to: 4), then: .exchange(40), timeout: .seconds(60))
      _ = try await others.client.perform(
        AtomicRequest(.add, on: others.reference.type, operand: 3), on: others.reference)
      #expect(try await end == .performed(old: 4, new: 40))
      #expect(try await others.wait(until: .atLeast(0)) == .satisfied(40))
    }
  }

  @Test("many who wait for few places over every transport: each is taken once, none is lost")
  func sharesPlaces() async throws {
    try await withServer { server in
      let places = 3
      let clients = try await server.everyAddress.asyncMap {
        try await RegisterClient.connect(to: ServerAddress($0))
      }
      _ = try await clients[0].typed("places", initial: UInt64(places))
      _ = try await clients[0].typed("inside")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for client in clients {
          for _ in 0..<4 {
            group.addTask {
              let free = try await client.typed("places")
              let inside = try await client.typed("inside")
              for _ in 0..<25 {
                let taken = try await free.wait(until: .atLeast(1), then: .sub(1))
                #expect(taken.isPerformed)
                let entered = try await client.perform(
                  AtomicRequest(.increment, on: inside.reference.type), on: inside.reference)
                #expect(entered.new <= places)
                _ = try await client.perform(
                  AtomicRequest(.decrement, on: inside.reference.type), on: inside.reference)
                _ = try await client.perform(
                  AtomicRequest(.increment, on: free.reference.type), on: free.reference)
              }
            }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await clients[0].info(named: "places").value == UInt128(places))
      #expect(try await clients[0].info(named: "inside").value == 0)
    }
  }

  @Test("a deletion ends a wait, and none begins on a register that is gone")
  func endsWithRegister() async throws {
    try await withRegisters { mine, others in
      let end = Task { try await mine.wait(until: .atLeast(1)) }
      try await others.client.delete(mine.name)
      await #expect(throws: ClientError.notFound(name: mine.name)) { try await end.value }
      await #expect(throws: ClientError.notFound(name: mine.name)) {
        try await mine.wait(until: .atLeast(0))
      }
      // Another register of that name is not the one that was meant.
      _ = try await others.client.typed(mine.name)
      for register in [mine, others] where !register.isByName {
        await #expect(throws: ClientError.notFound(name: mine.name)) {
          try await register.wait(until: .atLeast(0), timeout: .zero)
        }
      }
    }
  }

  @Test("cancelled, a wait ends at the server, too, and takes nothing any more")
  func cancels() async throws {
    try await withRegisters { mine, others in
      for operation in [nil, ValueOperation<UInt64>.sub(1)] {
        let (waiting, isWaiting) = AsyncStream<Void>.makeStream()
        let task = Task {
          isWaiting.finish()
          if let operation {
            _ = try await mine.wait(until: .atLeast(1), then: operation)
          } else {
            _ = try await mine.wait(until: .atLeast(1))
          }
        }
        for await _ in waiting {}
        task.cancel()
        let applied: Applied = operation != nil && mine.isByName ? .unknown : .no
        await #expect(throws: ClientError.cancelled(applied: applied)) { try await task.value }
      }
      _ = try await others.client.perform(
        AtomicRequest(.add, on: others.reference.type, operand: 1), on: others.reference)
      #expect(
        try await others.wait(until: .equal(to: 0), timeout: .milliseconds(60)) == .timedOut(1))
    }
  }

  @Test("whatever the moment of a cancellation, what was taken is told")
  func tellsWhatWasTaken() async throws {
    try await withRegisters { mine, others in
      var taken: UInt128 = 0
      var unknown: UInt128 = 0
      let rounds: UInt128 = 40
      for round in 0..<rounds {
        let task = Task { try await mine.wait(until: .atLeast(1), then: .sub(1)).isPerformed }
        let add = Task {
          _ = try await others.client.perform(
            AtomicRequest(.add, on: others.reference.type, operand: 1), on: others.reference)
        }
        for _ in 0..<round { await Task.yield() }
        task.cancel()
        try await add.value
        do {
          taken += try await task.value ? 1 : 0
        } catch {
          let error = try #require(error as? ClientError)
          if mine.isByName, error == .cancelled(applied: .unknown) {
            unknown += 1
          } else {
            #expect(error == .cancelled(applied: .no))
          }
        }
      }
      let left = try await others.client.info(named: mine.name).value
      #expect(rounds - taken - unknown <= left && left <= rounds - taken)
    }
  }

  @Test("an idle connection with a wait without limit is not taken for dead, and is one with limit")
  func waitsLong() async throws {
    try await withServer { server in
      for scheme in ["atr", "http"] {
        let address = try ServerAddress("\(scheme)://\(server.address)")
        let client = try await RegisterClient.connect(
          to: address, options: ClientOptions(timeoutMilliseconds: 100))
        let mine = try await client.typed(scheme)
        async let end = mine.wait(until: .atLeast(1))
        // Several times as long as any reply may take.
        #expect(
          try await mine.wait(until: .atLeast(1), timeout: .milliseconds(500)) == .timedOut(0))
        let others = try await RegisterClient.connect(to: address).typed(scheme)
        _ = try await others.client.perform(
          AtomicRequest(.increment, on: others.reference.type), on: others.reference)
        #expect(try await end == .satisfied(1))
      }
    }
  }

  @Test("notifying has those look who wait for what another program wrote")
  func notifies() async throws {
    try await withRegisters { mine, others in
      guard !others.isByName else {
        let error = await #expect(throws: ClientError.self) { try await others.notify() }
        guard case .usage(let text)? = error, text.contains("atr://") else {
          Issue.record("\(String(describing: error))")
          return
        }
        return
      }
      try await others.notify()
      try await others.client.delete(mine.name)
      await #expect(throws: ClientError.notFound(name: mine.name)) { try await others.notify() }
    }
  }

  @Test("what no register of the type has is refused before anything is sent")
  func checks() async throws {
    try await withServer { server in
      for address in server.everyAddress {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        let f64 = try await client.create("f64", Double.registerType).register
        let u8 = try await client.create("u8", UInt8.registerType).register
        for (plan, register, code) in [
          (WaitPlan(until: .anyBits, 1), f64, "unsupported-operation"),
          (WaitPlan(until: .equal, 256), u8, "value-out-of-range"),
          (WaitPlan(until: .changed, 1), u8, "value-out-of-range"),
          (WaitPlan(until: .equal, 1, order: .releasing), u8, "invalid-order"),
          (
            WaitPlan(until: .equal, 1, then: try AtomicRequest(.add, on: f64.type)), u8,
            "type-mismatch"
          ),
        ] {
          let error = await #expect(throws: ClientError.self) {
            try await client.wait(plan, on: register)
          }
          guard case .rejected(code, _, .no)? = error else {
            Issue.record("\(address), \(code): \(String(describing: error))")
            continue
          }
        }
      }
    }
  }

  @Test("a wait over HTTP is many requests where the server lets none be long, and misses nothing")
  func waitsInRounds() async throws {
    try await withServer {
      $0.limits.waitLimitNanoseconds = 20_000_000
    } _: { server in
      let client = try await RegisterClient.connect(to: ServerAddress("http://\(server.address)"))
      let mine = try await client.typed("x", initial: 7)
      let start = ContinuousClock.now
      #expect(
        try await mine.wait(until: .changed, timeout: .milliseconds(150)) == .timedOut(7))
      #expect(ContinuousClock.now - start >= .milliseconds(150))
      let other = try await RegisterClient.connect(to: ServerAddress("shm:\(server.arenaPath)"))
      let others = try await other.typed("x")
      let waits = try await withThrowingTaskGroup(of: RegisterWait<UInt64>.self) { group in
        for _ in 0..<20 { group.addTask { try await mine.wait(until: .changed) } }
        // Several rounds of each.
        #expect(
          try await mine.wait(until: .atLeast(8), timeout: .milliseconds(100)) == .timedOut(7))
        _ = try await other.perform(
          AtomicRequest(.increment, on: others.reference.type), on: others.reference)
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(waits == [RegisterWait<UInt64>](repeating: .satisfied(8), count: 20))
    }
  }
}

extension Register {
  /// Whether the server tells which register of the name it is.
  var isByName: Bool { reference.generation == 0 }
}

extension RegisterClient {
  /// A register of `UInt64`, made where it is missing.
  func typed(_ name: String, initial: UInt64 = 0) async throws -> Register<UInt64> {
    try await register(named: name, as: UInt64.self, initial: initial)
  }
}

extension Sequence {
  func asyncMap<Result>(_ transform: (Element) async throws -> Result) async rethrows -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await transform(element)) }
    return results
  }
}
