// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop
import TestSupport
import Testing

extension ScriptedRegisters {
  /// A server of these registers.
  func serve(
    at address: SocketAddress = .ipv4(address: 0x7F00_0001, port: 0)
  ) throws -> ScriptedServer {
    try ScriptedServer(at: address) { ScriptedConnection(self) }
  }

  /// Returns when `count` frames of `opcode` have come.
  func wait(for count: Int, _ opcode: UInt8) async throws {
    let end = ContinuousClock.now.advanced(by: .seconds(30))
    while self.count(opcode) < count {
      try #require(ContinuousClock.now < end)
      await Task.yield()
    }
  }
}

extension ScriptedServer {
  /// Where clients find it.
  var location: ServerAddress {
    get throws {
      let text = "\(address)"
      return try ServerAddress(text.hasPrefix("unix:") ? text : "atr://\(text)")
    }
  }

  func connect(_ options: ClientOptions = .patient()) async throws -> RegisterClient {
    try await RegisterClient.connect(to: location, options: options)
  }

  func connectBlocking(_ options: ClientOptions = .patient()) throws -> BlockingClient {
    try BlockingClient(location, options: options)
  }
}
