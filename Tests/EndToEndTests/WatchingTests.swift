// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import TestSupport
import Testing

/// Watches of the asynchronous client.
@Suite(.timeLimit(.minutes(5))) struct WatchingTests {
  private let increment: AtomicRequest

  init() throws {
    increment = try AtomicRequest(.increment, on: UInt64.registerType)
  }

  @Test("a watch tells the present value, each further one that is waited for, and the deletion")
  func watches() async throws {
    try await withServer { server in
      for address in server.everyAddress {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        let other = try await RegisterClient.connect(to: ServerAddress("shm:\(server.arenaPath)"))
        let register = try await client.typed("x", initial: 5).reference
        let changed = try await other.register(named: "x")
        var events = try await client.watch(register).makeAsyncIterator()
        func event(_ kind: RegisterEvent.Kind) -> RegisterEvent {
          RegisterEvent(name: "x", type: register.type, kind: kind)
        }
        #expect(try await events.next() == event(.value(5)), "\(address)")
        for value in 6...9 {
          try await other.perform(increment, on: changed)
          #expect(try await events.next() == event(.value(UInt128(value))), "\(address)")
        }
        try await other.delete("x")
        #expect(try await events.next() == event(.deleted), "\(address)")
        #expect(try await events.next() == nil, "\(address)")
        await #expect(throws: ClientError.notFound(name: "x")) {
          _ = try await client.watch(register)
        }
      }
    }
  }

  @Test("values of a typed register rise to the last one, and end with the register")
  func followsChanges() async throws {
    try await withServer { server in
      for address in server.everyAddress {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        let hits = try await client.typed("hits")
        let changes = try await hits.changes()
        let producer = Task {
          for _ in 0..<2_000 { try await client.perform(increment, on: hits.reference) }
        }
        var last: UInt64?
        for try await change in changes {
          #expect(last.map { change.value > $0 } ?? true)
          last = change.value
          if change.value == 2_000 { try await client.delete("hits") }
        }
        #expect(last == 2_000, "\(address)")
        try await producer.value
      }
    }
  }

  @Test("a prefix is watched with the registers that come and go; not over the map")
  func watchesPrefix() async throws {
    try await withServer { server in
      let map = try await RegisterClient.connect(to: ServerAddress("shm:\(server.arenaPath)"))
      let refusal = await #expect(throws: ClientError.self) {
        _ = try await map.watch(prefix: "jobs/")
      }
      guard case .usage? = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
      for address in server.everyAddress where !address.hasPrefix("shm") {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        _ = try await client.typed("jobs/1", initial: 1)
        _ = try await client.typed("work", initial: 3)
        var events = try await client.watch(prefix: "jobs/").makeAsyncIterator()
        #expect(try await events.next()?.kind == .value(1))
        _ = try await map.typed("jobs/2", initial: 2)
        let second = try await events.next()
        #expect(second?.name == "jobs/2" && second?.kind == .value(2))
        try await map.delete("jobs/1")
        let gone = try await events.next()
        #expect(gone?.name == "jobs/1" && gone?.kind == .deleted)
        try await map.delete("jobs/2")
        let error = await #expect(throws: ClientError.self) {
          _ = try await client.watch(prefix: "two words")
        }
        guard case .rejected("invalid-name", _, .no)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test("a watch that nobody takes from holds up neither others nor calls, and keeps the latest")
  func boundsSlowConsumers() async throws {
    try await withServer { server in
      // More than all the credit that a connection of atr/1 starts with.
      for (scheme, rounds) in [("atr", 3_000), ("http", 500)] {
        let client = try await RegisterClient.connect(
          to: ServerAddress("\(scheme)://\(server.address)"))
        let hits = try await client.typed(scheme).reference
        let stopped = try await client.watch(hits)
        var events = try await client.watch(hits).makeAsyncIterator()
        #expect(try await events.next()?.kind == .value(0))
        for value in 1...rounds {
          try await client.perform(increment, on: hits)
          #expect(try await events.next()?.kind == .value(UInt128(value)))
        }
        var late = stopped.makeAsyncIterator()
        #expect(try await late.next()?.kind == .gap(UInt128(rounds)))
      }
    }
  }

  @Test("dropped or cancelled, watches end at the server: more than it allows can come after")
  func endsAtServer() async throws {
    try await withServer { server in
      for address in server.everyAddress {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        let hits = try await client.typed("hits")
        // Over HTTP each is a reset, of which a server takes 200 at once and 20 a second.
        for index in 0..<(address.hasPrefix("http") ? 150 : 300) {
          let events: RegisterEvents
          do {
            events = try await client.watch(hits.reference)
          } catch ClientError.rejected("too-many-requests", _, _) where address.hasPrefix("shm") {
            // A thread ends when it comes to look.
            continue
          }
          if index % 3 == 0 {
            let task = Task {
              for try await _ in events {}
            }
            task.cancel()
            await #expect(throws: ClientError.cancelled(applied: .no)) { try await task.value }
          } else if index % 3 == 1 {
            for try await _ in events { break }
          }
        }
        var events = try await client.watch(hits.reference).makeAsyncIterator()
        #expect(try await events.next()?.kind == .value(0))
      }
    }
  }

  @Test("a watch goes on over the next connection, and tells that there was a gap")
  func outlivesConnections() async throws {
    for scheme in ["atr", "http"] {
      try await withTemporaryArenaPath { path in
        var first: RunningServer? = try RunningServer(arenaPath: path)
        let address = try #require(first.map { TestServer(server: $0.server).address })
        let client = try await RegisterClient.connect(to: ServerAddress("\(scheme)://\(address)"))
        let hits = try await client.typed("hits", initial: 1).reference
        var events = try await client.watch(hits).makeAsyncIterator()
        #expect(try await events.next()?.kind == .value(1))
        let wait = Task {
          try await client.wait(WaitPlan(until: .greaterOrEqual, 2), on: hits)
        }
        first?.end()
        // The arena is let go of.
        first = nil
        let map = try await RegisterClient.connect(to: ServerAddress("shm:\(path)"))
        try await map.perform(increment, on: try await map.register(named: "hits"))
        let port = try #require(UInt16(address.split(separator: ":")[1]))
        let second = try RunningServer(arenaPath: path, port: port)
        defer { second.end() }
        #expect(try await events.next()?.kind == .gap(2), "\(scheme)")
        #expect(try await wait.value == .satisfied(2), "\(scheme)")
      }
    }
  }

  @Test("the least interval between two values holds, and the last one still comes")
  func keepsInterval() async throws {
    try await withServer { server in
      for address in server.everyAddress {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        let hits = try await client.typed("hits")
        let start = ContinuousClock.now
        var changes = try await hits.changes(interval: .milliseconds(40)).makeAsyncIterator()
        #expect(try await changes.next()?.value == 0)
        let producer = Task {
          for _ in 0..<200 { try await client.perform(increment, on: hits.reference) }
        }
        var count = 1
        while let change = try await changes.next() {
          count += 1
          if change.value == 200 { break }
        }
        let elapsed = ContinuousClock.now - start
        #expect(count <= 2 + Int(elapsed / .milliseconds(40)), "\(address)")
        try await producer.value
        try await client.delete("hits")
      }
    }
  }
}
