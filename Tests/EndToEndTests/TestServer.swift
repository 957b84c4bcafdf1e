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
  /// The arena's socket.
  var socketPath: String { "\(server.arenaPath)/sock" }
}

/// Runs `body` beside a server that drains and ends with it.
func withServer<Result>(
  _ configure: (inout ServerConfiguration) -> Void = { _ in },
  _ body: (TestServer) throws -> Result
) throws -> Result {
  try withTemporaryArenaPath { path in
    var configuration = ServerConfiguration(arenaPath: path)
    configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
    configuration.limits.drainNanoseconds = 1_000_000_000
    configure(&configuration)
    let server = try Server(configuration, logger: Logger(label: "test"))
    let thread = try LoopThread(name: "test-server") { try? server.run() }
    defer {
      server.shutDown()
      thread.join()
    }
    return try body(TestServer(server: server))
  }
}
