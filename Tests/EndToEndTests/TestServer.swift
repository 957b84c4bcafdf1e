// SPDX-License-Identifier: Apache-2.0

import AtomicsServer
import EventLoop
import Foundation
import Logging
import TestSupport

/// A server within the test's own process, on a free port, with an arena of its own.
struct TestServer {
  let server: Server
  /// `127.0.0.1:PORT`.
  var address: String { server.addresses[0] }
  /// The arena's directory.
  var arenaPath: String { server.arenaPath }
  /// The arena's socket.
  var socketPath: String { "\(server.arenaPath)/sock" }
  /// The server by each transport, the map last.
  var everyAddress: [String] {
    ["atr://\(address)", "http://\(address)", "unix:\(socketPath)", "shm:\(arenaPath)"]
  }
}

/// Runs `body` beside a server that drains and ends with it.
func withServer<Result>(
  configure: (inout ServerConfiguration) -> Void = { _ in }, _ body: (TestServer) throws -> Result
) throws -> Result {
  try withTemporaryArenaPath { path in
    let running = try RunningServer(arenaPath: path, configure)
    defer { running.end() }
    return try body(TestServer(server: running.server))
  }
}

/// As above, for asynchronous tests.
func withServer<Result>(
  isolation: isolated (any Actor)? = #isolation,
  configure: (inout ServerConfiguration) -> Void = { _ in },
  _ body: (TestServer) async throws -> Result
) async throws -> Result {
  try await withTemporaryArenaPath { path in
    let running = try RunningServer(arenaPath: path, configure)
    defer { running.end() }
    return try await body(TestServer(server: running.server))
  }
}

/// A server on a thread of its own.
struct RunningServer {
  let server: Server
  private let thread: LoopThread

  /// - Parameter port: 0: a free one.
  init(
    arenaPath: String, port: UInt16 = 0, _ configure: (inout ServerConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = ServerConfiguration(arenaPath: arenaPath)
    configuration.listen = [.tcp(host: "127.0.0.1", port: port)]
    configuration.limits.drainNanoseconds = 1_000_000_000
    configure(&configuration)
    let server = try Server(configuration, logger: Logger(label: "test"))
    thread = try LoopThread(name: "test-server") { try? server.run() }
    self.server = server
  }

  func end() {
    server.shutDown()
    thread.join()
  }
}
