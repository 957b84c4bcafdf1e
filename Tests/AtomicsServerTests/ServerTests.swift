// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import TestSupport
import Testing

@testable import AtomicsServer

/// A server's start and end, without clients.
@Suite struct ServerTests {
  private static let anyPort = ListenAddress.tcp(host: "127.0.0.1", port: 0)

  private func configuration(_ path: String, _ listen: [ListenAddress]) -> ServerConfiguration {
    var configuration = ServerConfiguration(arenaPath: path)
    configuration.listen = listen
    return configuration
  }

  @Test("a start that fails lets go of the arena and of what it had bound")
  func failedStart() throws {
    try withTemporaryArenaPath { path in
      let logger = Logger(label: "test")
      #expect(throws: ServerError.self) {
        try Server(
          configuration(path, [Self.anyPort, .unix(path: "\(path)/no/such/directory/sock")]),
          logger: logger)
      }
      let server = try Server(configuration(path, [Self.anyPort]), logger: logger)
      #expect(server.adopted)
      // Asked to end before it runs, it ends as soon as it does.
      server.shutDown()
      server.shutDown()
      try server.run()
    }
  }

  @Test(
    "nothing to listen on, and what is not loopback, are refused before the arena is touched",
    arguments: [
      ([], ServerError.noAddress),
      (
        [.tcp(host: "0.0.0.0", port: 0)],
        .exposed(address: "0.0.0.0:0", missing: .both)
      ),
      (
        [anyPort, .tcp(host: "::", port: 0)],
        .exposed(address: "[::]:0", missing: .both)
      ),
    ] as [([ListenAddress], ServerError)])
  func refused(listen: [ListenAddress], error: ServerError) throws {
    try withTemporaryArenaPath { path in
      #expect(throws: error) {
        try Server(configuration(path, listen), logger: Logger(label: "test"))
      }
    }
  }
}
