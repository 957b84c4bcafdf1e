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
      let addresses = server.everyAddress
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

  @Test("what a plan says is what is made, and goes by its owner's tag; not over HTTP")
  func makesPlans() async throws {
    try await withServer { server in
      let type = try #require(RegisterType(name: "i128"))
      for address in server.everyAddress {
        let client = try await RegisterClient.connect(to: ServerAddress(address))
        let plan = RegisterPlan(
          name: "planned", type: type, initial: .max, label: "so it is", ownerTag: .max - 1)
        #expect(try await client.create(plan).created)
        let info = try await client.info(named: "planned")
        #expect(info.value == .max && info.label == "so it is")
        guard !address.hasPrefix("http") else {
          await #expect(throws: ClientError.self) {
            try await client.deleteOwned(tag: plan.ownerTag).count
          }
          await #expect(throws: ClientError.self) { try await client.arenaReport() }
          try await client.delete("planned")
          continue
        }
        #expect(info.ownerTag == plan.ownerTag)
        #expect(try await client.deleteOwned(tag: 1).count == 0)
        #expect(try await client.deleteOwned(tag: plan.ownerTag).count == 1)
        #expect(try await client.arenaReport().capacity == 1 << 25)
        #expect(try await client.list().registers.isEmpty)
      }
    }
  }

  @Test("a name that cannot be and a page beyond the limit come to the same over every transport")
  func checksAlike() throws {
    try withServer { server in
      for address in [
        "atr://\(server.address)", "http://\(server.address)", "shm:\(server.arenaPath)",
      ] {
        let client = try BlockingClient(ServerAddress(address))
        for name in [
          "", "a b", String(repeating: "a", count: 129), String(repeating: "a", count: 70_000),
        ] {
          let errors = [
            #expect(throws: ClientError.self) { try client.register(named: name) },
            #expect(throws: ClientError.self) { try client.delete(name) },
          ]
          for error in errors {
            guard case .rejected("invalid-name", let text, .no)? = error else {
              Issue.record("\(address): \(String(describing: error))")
              continue
            }
            #expect(name.count < 129 || text.contains("not \(name.count)"))
          }
        }
        #expect(try client.list(limit: .max).registers.isEmpty)
        #expect(try client.list(limit: -1).registers.isEmpty)
      }
    }
  }

  @Test("over every transport a client learns the same of the server")
  func tellsCapabilities() async throws {
    try await withServer { server in
      let addresses = server.everyAddress
      var all: [ServerCapabilities] = []
      for address in addresses {
        let server = try ServerAddress(address)
        all.append(try await RegisterClient.connect(to: server).capabilities())
        all.append(try BlockingClient(server).capabilities())
      }
      for capabilities in all {
        #expect(capabilities.operations == all[0].operations)
        #expect(capabilities.types == Set(RegisterType.all))
        #expect(capabilities.lockFreeWidths == all[0].lockFreeWidths)
        #expect(capabilities.arenaUUID == all[0].arenaUUID)
        #expect(capabilities.bootEpoch == all[0].bootEpoch)
        #expect(capabilities.inFlightLimit > 0)
      }
      #expect(all[0].operations == Set(AtomicOperation.allCases))
    }
  }

  @Test("a blocking client pipelines beyond what the server takes at once")
  func pipelines() throws {
    try withServer { server in
      let addresses = server.everyAddress
      for address in addresses {
        let client = try BlockingClient(
          ServerAddress(address), options: ClientOptions(timeoutMilliseconds: 2_000))
        let type = try #require(RegisterType(name: "bytes16"))
        let register = try client.create("p\(address.prefix(3))", type).register
        let change = try AtomicRequest(.xor, on: type, operand: .max)
        for _ in 0..<3_001 { try client.submit(change, on: register) }
        for _ in 0..<3_000 { _ = try client.nextOutcome() }
        #expect(try client.nextOutcome().new == .max, "\(address)")
      }
    }
  }

  @Test("without a server calls fail in time as unreachable, and nothing was changed")
  func endsWithTheServer() async throws {
    let clients = try await withServer { server in
      let options = ClientOptions(timeoutMilliseconds: 300)
      let tcp = try await RegisterClient.connect(
        to: ServerAddress("atr://\(server.address)"), options: options)
      let http = try await RegisterClient.connect(
        to: ServerAddress("http://\(server.address)"), options: options)
      try await tcp.ping()
      try await http.ping()
      return [tcp, http]
    }
    for client in clients {
      let error = await #expect(throws: ClientError.self) { try await client.ping() }
      guard case .unreachable(_, "Connection refused")? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }
}
