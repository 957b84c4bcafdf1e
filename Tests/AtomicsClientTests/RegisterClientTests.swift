// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import SharedArena
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct RegisterClientTests {
  private let u64: RegisterType
  private let increment: AtomicRequest

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
  }

  @Test("every call works")
  func calls() async throws {
    let server = try ScriptedServer { FramePeer() }
    let client = try await server.connect()
    try await client.ping()
    let (hits, created) = try await client.create("hits", u64, initial: 40)
    #expect(created)
    #expect(try await client.perform(increment, on: hits).new == 41)
    #expect(try await client.register(named: "hits").type == u64)
    #expect(try await client.info(named: "hits").value == 41)
    #expect(try await client.list().registers.count == 1)
    #expect(try await client.capabilities().serverName == "peer")
    try await client.delete("hits")
    await #expect(throws: ClientError.notFound(name: "hits")) {
      try await client.perform(increment, on: hits)
    }
  }

  @Test("concurrent calls share a connection, and none is lost or run twice")
  func sharesConnection() async throws {
    let server = try ScriptedServer { FramePeer() }
    let client = try await server.connect(.patient(maximumInFlight: 64))
    let hits = try await client.create("hits", u64).register
    let olds = try await withThrowingTaskGroup(of: [UInt128].self) { group in
      for _ in 0..<100 {
        group.addTask {
          var olds: [UInt128] = []
          for _ in 0..<20 { olds.append(try await client.perform(increment, on: hits).old) }
          return olds
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(olds) == Set(0..<2000))
    #expect(olds.count == 2000)
  }

  @Test("a reply that makes no sense ends every call, also the one that it should have answered")
  func leavesConfusion() async throws {
    let server = try ScriptedServer { FramePeer(.confusesReply(2)) }
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<10 {
        group.addTask {
          let error = await #expect(throws: ClientError.self) {
            try await client.perform(increment, on: hits)
          }
          // Who comes late finds another peer, which has no registers.
          #expect(error?.isConnectionFailure == true || error == .notFound(name: "hits"))
        }
      }
    }
  }

  @Test("a server that does not answer ends the call after the time limit")
  func timesOut() async throws {
    let server = try ScriptedServer { FramePeer(.isSilent) }
    let client = try await server.connect(ClientOptions(timeoutMilliseconds: 50))
    await #expect(throws: ClientError.timeout(applied: .unknown)) {
      try await client.create("hits", u64)
    }
  }

  @Test("nobody listening, a foreign protocol and a bad address are told apart")
  func reportsBadServers() async throws {
    let server = try ScriptedServer { FramePeer() }
    let address = try ServerAddress("atr://\(server.address)")
    server.stop()
    await #expect(
      throws: ClientError.unreachable(server: "\(address)", reason: "Connection refused")
    ) {
      try await RegisterClient.connect(to: address)
    }
    let foreign = try ScriptedServer { Chatter() }
    let error = await #expect(throws: ClientError.self) { try await foreign.connect() }
    guard case .protocolViolation? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let bad = await #expect(throws: ClientError.self) {
      try await RegisterClient.connect(to: .tcp(host: "no number", port: 1))
    }
    guard case .usage? = bad else {
      Issue.record("\(String(describing: bad))")
      return
    }
  }

  @Test("closing ends calls under way, and later ones at once")
  func closes() async throws {
    let server = try ScriptedServer { FramePeer(.isSilent) }
    let client = try await server.connect()
    let pending = Task { try await client.ping() }
    client.close()
    await #expect(throws: ClientError.self) { try await pending.value }
    await #expect(throws: ClientError.closed) { try await client.ping() }
  }

  @Test("over the map the same calls run at once")
  func worksOnTheMap() async throws {
    try await withTemporaryArenaPath { path in
      let client = try await RegisterClient.connect(to: .map(path: path))
      let hits = try await client.create("hits", u64, initial: 1).register
      #expect(try await client.perform(increment, on: hits).new == 2)
      try await client.ping()
      client.close()
    }
  }

  @Test("over a map without an arena there is no register, which is no error where one is sought")
  func findsNothing() async throws {
    try await withTemporaryArenaPath { path in
      let client = try await RegisterClient.connect(to: .map(path: path))
      #expect(try await client.find(named: "hits") == nil)
    }
  }

  @Test("closing ends what is under way over the map, and operations")
  func closesMaps() async throws {
    try await withTemporaryArenaPath { path in
      let client = try await RegisterClient.connect(to: .map(path: path))
      let hits = try await client.create("hits", u64, initial: 1).register
      var events = try await client.watch(hits).makeAsyncIterator()
      #expect(try await events.next()?.kind == .value(1))
      let waiting = Task { try await client.wait(WaitPlan(until: .equal, 7), on: hits) }
      client.close()
      await #expect(throws: ClientError.closed) { try await waiting.value }
      await #expect(throws: ClientError.closed) { try await events.next() }
      await #expect(throws: ClientError.closed) { try await client.perform(increment, on: hits) }
      await #expect(throws: ClientError.closed) { try await client.create("x", u64) }
      await #expect(throws: ClientError.closed) { try await client.notify(hits) }
    }
  }

  @Test("a server that holds the directory and says nothing holds up no task longer than it allows")
  func boundsDirectoryCalls() async throws {
    try await withTemporaryArenaPath { path in
      let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 100)).arena
      let server = try ScriptedServer(at: .unix(path: arena.socketPath)) { FramePeer(.isSilent) }
      let client = try await RegisterClient.connect(to: .map(path: path), options: .patient())
      await #expect(throws: ClientError.timeout(applied: .unknown)) {
        try await client.create("x", u64, timeout: .milliseconds(20))
      }
      let cancelled = Task { try await client.create("x", u64) }
      cancelled.cancel()
      let error = await #expect(throws: ClientError.self) { try await cancelled.value }
      guard case .cancelled? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      let closed = Task { try await client.delete("y") }
      client.close()
      await #expect(throws: ClientError.self) { try await closed.value }
      server.stop()
    }
  }

  @Test("events keep their client, and let it go with them")
  func keepsClient() async throws {
    let server = try ScriptedServer { ScriptedConnection(ScriptedRegisters()) }
    weak var kept: RegisterClient?
    func events() async throws -> RegisterEvents {
      let client = try await server.connect()
      kept = client
      return try await client.watch(client.create("hits", u64).register)
    }
    var standing: RegisterEvents? = try await events()
    #expect(kept != nil)
    #expect(standing != nil)
    standing = nil
    #expect(kept == nil)
  }
}

/// Says something that is no protocol of ours.
private final class Chatter: StreamHandler {
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    output.append("SSH-2.0-OpenSSH_9.2\r\n")
    return StreamProgress(consumed: input.count, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}
}
