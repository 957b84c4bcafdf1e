// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import TestSupport
import Testing

/// The asynchronous client against a real server, over every transport at once.
@Suite(.timeLimit(.minutes(2))) struct RegisterClientTests {
  @Test("additions of many tasks over four transports to one register are all there")
  func addsUp() async throws {
    let taskCount = 20
    let additions = 50
    let total = try await withServer { server in
      let addresses = [
        "atr://\(server.address)", "http://\(server.address)", "unix:\(server.socketPath)",
        "shm:\(server.arenaPath)",
      ]
      let type = try #require(RegisterType(name: "i128"))
      let add = try AtomicRequest(.add, on: type, operand: 3)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for address in addresses {
          let client = try await RegisterClient.connect(to: ServerAddress(address))
          let register = try await client.create("sum", type).register
          for _ in 0..<taskCount {
            group.addTask {
              for _ in 0..<additions {
                let outcome = try await client.perform(add, on: register)
                #expect(outcome.new == outcome.old + 3)
              }
            }
          }
        }
        try await group.waitForAll()
      }
      let client = try await RegisterClient.connect(to: ServerAddress(addresses[1]))
      let info = try await client.info(named: "sum")
      #expect(try await client.list().registers.map(\.name) == ["sum"])
      try await client.delete("sum")
      await #expect(throws: ClientError.notFound(name: "sum")) {
        try await client.register(named: "sum")
      }
      return info.value
    }
    #expect(total == UInt128(4 * taskCount * additions * 3))
  }

  @Test("when the server shuts down, calls fail as lost connections and say what is known")
  func endsWithTheServer() async throws {
    let clients = try await withServer { server in
      let tcp = try await RegisterClient.connect(to: ServerAddress("atr://\(server.address)"))
      let http = try await RegisterClient.connect(to: ServerAddress("http://\(server.address)"))
      try await tcp.ping()
      try await http.ping()
      return [tcp, http]
    }
    for client in clients {
      let error = await #expect(throws: ClientError.self) { try await client.ping() }
      #expect(error?.isConnectionFailure == true)
      #expect(error?.applied == .no)
    }
  }
}
