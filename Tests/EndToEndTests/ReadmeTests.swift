// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Testing

@Suite struct ReadmeTests {
  /// The example as it stands in the README, but for the port.
  private func example(_ server: String) async throws -> UInt128 {
    let atomics = try await RegisterClient.connect(to: ServerAddress(server))
    let hits = try await atomics.create("hits", RegisterType(name: "u64")!).register
    let outcome = try await atomics.perform(AtomicRequest(.increment, on: hits.type), on: hits)
    return outcome.new
  }

  @Test("the example increments, over every transport")
  func increments() async throws {
    try await withServer { server in
      let addresses = [
        "atr://\(server.address)", "http://\(server.address)", "unix:\(server.socketPath)",
        "shm:\(server.arenaPath)",
      ]
      for (index, address) in addresses.enumerated() {
        let value = try await example(address)
        #expect(value == UInt128(index + 1))
      }
    }
  }
}
