// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import SharedArena
import TestSupport
import Testing

@Suite struct BlockingClientTests {
  private let u64: RegisterType
  private let increment: AtomicRequest

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
  }

  private func address(_ server: ScriptedServer) throws -> ServerAddress {
    try ServerAddress("atr://\(server.address)")
  }

  @Test("every call works over TCP")
  func calls() throws {
    let server = try ScriptedServer { FramePeer() }
    let client = try BlockingClient(address(server))
    try client.ping()
    let (hits, created) = try client.create("hits", u64, initial: 40)
    #expect(created)
    #expect(try !client.create("hits", u64).created)
    #expect(try client.perform(increment, on: hits) == AtomicOutcome(old: 40, new: 41))
    let exchange = try AtomicRequest(
      .compareExchangeStrong, on: u64, operand: 1, expected: 2)
    #expect(
      try client.perform(exchange, on: hits)
        == AtomicOutcome(old: 41, new: 41, succeeded: false))
    #expect(try client.register(named: "hits").type == u64)
    #expect(throws: ClientError.notFound(name: "none")) { try client.register(named: "none") }
    let info = try client.info(named: "hits")
    #expect(info.value == 41)
    #expect(info.details?.slot == 11)
    _ = try client.create("other", u64)
    let page = try client.list(limit: 1)
    #expect(page.registers.map(\.name) == ["hits"])
    #expect(try client.list(from: page.next ?? 0).registers.map(\.name) == ["other"])
    try client.delete("hits")
    #expect(throws: ClientError.notFound(name: "hits")) { try client.perform(increment, on: hits) }
    let capabilities = try client.capabilities()
    #expect(capabilities.serverName == "peer")
    #expect(capabilities.bootEpoch == 3)
    #expect(capabilities.operations == [.load, .increment])
  }

  @Test("a Unix socket serves as well")
  func worksOverUnix() throws {
    let directory = try TemporaryArenaDirectory()
    let server = try ScriptedServer(at: .unix(path: "\(directory.path)/sock")) { FramePeer() }
    let client = try BlockingClient(.unix(path: "\(directory.path)/sock"))
    try client.ping()
    withExtendedLifetime((server, directory)) {}
  }

  @Test("many more requests than fit in flight are pipelined, and answered in order")
  func pipelines() throws {
    let server = try ScriptedServer { FramePeer() }
    let client = try BlockingClient(
      address(server), options: ClientOptions(maximumInFlight: 100))
    let hits = try client.create("hits", u64).register
    for _ in 0..<10_000 { try client.submit(increment, on: hits) }
    // A call in between does not disturb the outcomes that wait.
    #expect(try client.info(named: "hits").value == 10_000)
    #expect(client.pendingCount == 10_000)
    for old in 0..<10_000 { #expect(try client.nextOutcome().old == UInt128(old)) }
    #expect(throws: ClientError.self) { try client.nextOutcome() }
  }

  @Test("when the connection dies, what was sent is unknown, and what follows goes to the next one")
  func reportsUnknown() throws {
    // Create and open are answered, and two operations.
    let server = try ScriptedServer { FramePeer(.closesBeforeReply(4)) }
    let client = try BlockingClient(address(server))
    let hits = try client.create("hits", u64).register
    for _ in 0..<5 { try client.submit(increment, on: hits) }
    try client.submit(AtomicRequest(.load, on: u64), on: hits)
    #expect(try client.nextOutcome().old == 0)
    #expect(try client.nextOutcome().old == 1)
    for _ in 0..<3 {
      let error = #expect(throws: ClientError.self) { try client.nextOutcome() }
      #expect(error?.applied == .unknown)
      #expect(error?.isConnectionFailure == true)
    }
    // The peer's registers go with its connections.
    #expect(throws: ClientError.notFound(name: "hits")) { try client.nextOutcome() }
    try client.ping()
  }

  @Test("a server that does not answer is given up after the time limit")
  func timesOut() throws {
    let server = try ScriptedServer { FramePeer(.isSilent) }
    let client = try BlockingClient(
      address(server), options: ClientOptions(timeoutMilliseconds: 50))
    #expect(throws: ClientError.timeout(applied: .unknown)) { try client.create("hits", u64) }
    #expect(#expect(throws: ClientError.self) { try client.ping() }?.applied == .no)
  }

  @Test("a confused server is left")
  func leavesConfusion() throws {
    let server = try ScriptedServer { FramePeer(.confusesReply(2)) }
    let client = try BlockingClient(address(server))
    let hits = try client.create("hits", u64).register
    let error = #expect(throws: ClientError.self) { try client.perform(increment, on: hits) }
    guard case .protocolViolation? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.applied == .unknown)
  }

  @Test("a server of another version is not used")
  func refusesVersions() throws {
    let server = try ScriptedServer { FramePeer(.refusesVersion) }
    let client = try BlockingClient(address(server))
    #expect(#expect(throws: ClientError.self) { try client.ping() }?.isConnectionFailure == true)
  }

  @Test("nobody listening is told at once, with the address")
  func reportsRefusal() throws {
    let server = try ScriptedServer { FramePeer() }
    let address = try address(server)
    server.stop()
    let error = #expect(throws: ClientError.self) { try BlockingClient(address) }
    #expect(error == .unreachable(server: "\(address)", reason: "Connection refused"))
    #expect(throws: ClientError.self) { try BlockingClient(.unix(path: "/nowhere/sock")) }
    #expect(throws: ClientError.self) { try BlockingClient(.tcp(host: "no number", port: 1)) }
  }

  @Test("the map asks the server that holds the directory to create and delete")
  func asksTheServer() throws {
    try withTemporaryArenaPath { path in
      // This process holds the directory and answers from the arena itself.
      let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 100)).arena
      let server = try ScriptedServer(at: .unix(path: arena.socketPath)) { ArenaPeer(arena) }
      let client = try BlockingClient(.map(path: path))
      let made = try client.create("hits", u64, initial: 3)
      #expect(made.created)
      #expect(try client.perform(increment, on: made.register).old == 3)
      try client.delete("hits")
      #expect(throws: ClientError.notFound(name: "hits")) { try client.delete("hits") }
      server.stop()
      #expect(
        #expect(throws: ClientError.self) { try client.create("x", u64) }?.isConnectionFailure
          == true)
    }
  }
}
