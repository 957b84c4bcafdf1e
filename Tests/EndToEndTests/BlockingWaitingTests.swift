// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import AtomicsServer
import EventLoop
import TestSupport
import Testing

/// Waits and watches of a thread's client against a real server.
@Suite(.timeLimit(.minutes(5))) struct BlockingWaitingTests {
  private let u64: RegisterType
  private let increment: AtomicRequest

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
  }

  private func event(
    _ register: RegisterReference, _ kind: RegisterEvent.Kind
  ) -> RegisterEvent {
    RegisterEvent(name: register.name, type: register.type, kind: kind)
  }

  @Test("a wait ends with the value, with the operation's outcome, with its time or the register")
  func waits() throws {
    try withServer { server in
      for address in server.everyAddress {
        let client = try BlockingClient(ServerAddress(address))
        let name = "wait-\(address.prefix(3))"
        let register = try client.create(name, u64).register
        let later = WaitPlan(until: .greaterOrEqual, 3, timeout: .seconds(60))
        let other = try ServerAddress("unix:\(server.socketPath)")
        let writer = try LoopThread(name: "writer") { [increment] in
          do {
            let client = try BlockingClient(other)
            let register = try client.register(named: name)
            for _ in 0..<3 { _ = try client.perform(increment, on: register) }
          } catch {
            Issue.record(error)
          }
        }
        #expect(try client.wait(later, on: register) == .satisfied(3))
        writer.join()
        let taking = WaitPlan(until: .equal, 3, then: increment)
        #expect(
          try client.wait(taking, on: register) == .performed(AtomicOutcome(old: 3, new: 4)))
        let never = WaitPlan(until: .equal, 9, timeout: .milliseconds(5))
        #expect(try client.wait(never, on: register) == .timedOut(4))
        // HTTP has no request for it.
        if register.generation != 0 { try client.notify(register) }
        try client.delete(name)
        #expect(throws: ClientError.notFound(name: name)) {
          try client.wait(later, on: register)
        }
      }
    }
  }

  @Test("a wait that is longer than answers may take keeps its connection")
  func waitsLong() throws {
    try withServer { server in
      for scheme in ["atr", "http"] {
        let client = try BlockingClient(
          ServerAddress("\(scheme)://\(server.address)"),
          options: ClientOptions(timeoutMilliseconds: 100))
        let register = try client.create("long/\(scheme)", u64).register
        let plan = WaitPlan(until: .equal, 9, timeout: .milliseconds(500))
        #expect(try client.wait(plan, on: register) == .timedOut(0))
        #expect(try client.perform(increment, on: register).new == 1)
      }
    }
  }

  @Test("a watch tells of the value, of each later one, and of the end")
  func watches() throws {
    try withServer { server in
      for address in server.everyAddress {
        let client = try BlockingClient(ServerAddress(address))
        let register = try client.create("watch-\(address.prefix(3))", u64, initial: 5).register
        let watch = try client.watch(register)
        #expect(try watch.next(timeout: .seconds(20)) == event(register, .value(5)))
        #expect(try watch.next(timeout: .zero) == nil)
        #expect(try watch.next(timeout: .milliseconds(5)) == nil)
        _ = try client.perform(increment, on: register)
        #expect(try watch.next(timeout: .seconds(20)) == event(register, .value(6)))
        try client.delete(register.name)
        #expect(try watch.next(timeout: .seconds(20)) == event(register, .deleted))
        #expect(watch.hasEnded)
        #expect(try watch.next() == nil)
        #expect(throws: ClientError.notFound(name: register.name)) { try client.watch(register) }
      }
    }
  }

  @Test("a watch of a prefix needs a server, and ends with its object")
  func watchesPrefix() throws {
    try withServer { server in
      let mapped = try BlockingClient(ServerAddress("shm:\(server.arenaPath)"))
      guard
        case .usage? = #expect(
          throws: ClientError.self, performing: { try mapped.watch(prefix: "a/") })
      else {
        Issue.record("another error")
        return
      }
      for scheme in ["atr", "http", "http"] {
        let client = try BlockingClient(ServerAddress("\(scheme)://\(server.address)"))
        let watch = try client.watch(prefix: "a/")
        let register = try mapped.create("a/1", u64).register
        #expect(try watch.next(timeout: .seconds(20)) == event(register, .value(0)))
        try mapped.delete("a/1")
        #expect(try watch.next(timeout: .seconds(20)) == event(register, .deleted))
        #expect(!watch.hasEnded)
      }
    }
  }

  @Test("a watch goes on with the next server, and a gap tells what may have passed")
  func watchesAgain() throws {
    for scheme in ["atr", "http"] {
      try withTemporaryArenaPath { path in
        // The first server is gone when this returns, and the arena is free.
        let (place, client, register, watch) = try {
          let first = try RunningServer(arenaPath: path)
          defer { first.end() }
          let place = try SocketAddress(first.server.addresses[0])
          let client = try BlockingClient(
            ServerAddress("\(scheme)://\(place)"),
            options: ClientOptions(timeoutMilliseconds: 30_000))
          let register = try client.create("hits", u64).register
          let watch = try client.watch(register)
          #expect(try watch.next(timeout: .seconds(20)) == event(register, .value(0)))
          return (place, client, register, watch)
        }()
        let second = try RunningServer(arenaPath: path, port: place.port ?? 0)
        defer { second.end() }
        #expect(try watch.next(timeout: .seconds(30)) == event(register, .gap(0)))
        #expect(try client.perform(increment, on: register).new == 1)
        #expect(try watch.next(timeout: .seconds(20)) == event(register, .value(1)))
      }
    }
  }
}
