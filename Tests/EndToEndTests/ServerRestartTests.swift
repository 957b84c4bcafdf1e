// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import AtomicsServer
import EventLoop
import TestSupport
import Testing

/// Clients whose server ends and comes back.
@Suite(.timeLimit(.minutes(2))) struct ServerRestartTests {
  @Test(
    "a client goes on with the next server at the same address, with the references that it had")
  func goesOn() async throws {
    let type = try #require(RegisterType(name: "u64"))
    let increment = try AtomicRequest(.increment, on: type)
    try await withTemporaryArenaPath { path in
      var running: RunningServer? = try RunningServer(arenaPath: path)
      defer { running?.end() }
      let place = try SocketAddress(#require(running).server.addresses[0])
      var clients: [(client: RegisterClient, register: RegisterReference)] = []
      for address in ["atr://\(place)", "http://\(place)", "unix:\(path)/sock"] {
        let client = try await RegisterClient.connect(
          to: ServerAddress(address), options: ClientOptions(timeoutMilliseconds: 30_000))
        let register = try await client.create("hits", type).register
        try await client.perform(increment, on: register)
        clients.append((client, register))
      }
      running = stop(running)
      let calls = clients.map { client, register in
        Task { try await client.perform(increment, on: register).new }
      }
      await #expect(throws: ClientError.self) {
        try await clients[0].client.ping(timeout: .milliseconds(120))
      }
      running = try RunningServer(arenaPath: path, port: place.port ?? 0)
      var values: Set<UInt128> = []
      for call in calls { values.insert(try await call.value) }
      #expect(values == [4, 5, 6])
    }
  }

  @Test(
    "operations of many tasks while the server restarts: none is run twice, none is lost silently")
  func accountsForAll() async throws {
    let type = try #require(RegisterType(name: "u64"))
    let increment = try AtomicRequest(.increment, on: type)
    try await withTemporaryArenaPath { path in
      var running: RunningServer? = try RunningServer(arenaPath: path)
      defer { running?.end() }
      let place = try SocketAddress(#require(running).server.addresses[0])
      let client = try await RegisterClient.connect(
        to: ServerAddress("atr://\(place)"), options: ClientOptions(timeoutMilliseconds: 30_000))
      let register = try await client.create("hits", type).register
      var tasks: [Task<(sure: Int, unknown: Int), any Error>] = []
      for _ in 0..<20 {
        tasks.append(Task { try await increments(client, register, increment) })
      }
      for _ in 0..<3 {
        let before = try await client.info(named: "hits").value
        while try await client.info(named: "hits").value < before + 200 {}
        running = stop(running)
        running = try RunningServer(arenaPath: path, port: place.port ?? 0)
      }
      try await client.ping()
      for task in tasks { task.cancel() }
      var (sure, unknown) = (0, 0)
      for task in tasks {
        let (itsSure, itsUnknown) = try await task.value
        sure += itsSure
        unknown += itsUnknown
      }
      let value = Int(try await client.info(named: "hits").value)
      #expect(sure <= value && value <= sure + unknown)
    }
  }

  /// Ends a server. Nothing of it is left then: it holds its arena as long as it is there.
  private func stop(_ running: consuming RunningServer?) -> RunningServer? {
    running?.end()
    return nil
  }

  /// Increments until the task is cancelled; returns how many ran, and how many may have.
  private func increments(
    _ client: RegisterClient, _ register: RegisterReference, _ increment: AtomicRequest
  ) async throws -> (sure: Int, unknown: Int) {
    var (sure, unknown) = (0, 0)
    while !Task.isCancelled {
      do {
        try await client.perform(increment, on: register)
        sure += 1
      } catch {
        switch error {
        case .cancelled(.no): break
        case .cancelled, .connectionLost(_, .unknown): unknown += 1
        default: throw error
        }
      }
    }
    return (sure, unknown)
  }
}
