// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import AtomicsServer
import TestSupport
import Testing

/// Both clients over TLS against a real server.
@Suite(.timeLimit(.minutes(2))) struct ClientTLSTests {
  private let made: TestCertificates

  init() throws { made = try TestCertificates.shared.get() }

  private func serving(
    _ name: String = "server", clients: TLSConfiguration.ClientCertificates = .none
  ) -> (inout ServerConfiguration) -> Void {
    { [made] configuration in
      var tls = TLSConfiguration(
        certificatePath: made.certificate(name), keyPath: made.key(name))
      tls.clientCAPath = made.certificate("authority")
      tls.clientCertificates = clients
      configuration.tls = tls
    }
  }

  private func asking(
    trusting authority: String = "authority", as name: String? = nil, expecting host: String? = nil
  ) -> ClientOptions {
    ClientOptions(
      timeoutMilliseconds: 5_000,
      tls: ClientTLS(
        authorityPath: made.certificate(authority), certificatePath: name.map(made.certificate),
        keyPath: name.map(made.key), serverName: host))
  }

  /// What both clients say of the server at `address`, which they cannot use.
  private func failures(_ address: String, _ options: ClientOptions) async throws -> [ClientError] {
    let server = try ServerAddress(address)
    let blocking = #expect(throws: ClientError.self) {
      try BlockingClient(server, options: options).ping()
    }
    let asynchronous = await #expect(throws: ClientError.self) {
      try await RegisterClient.connect(to: server, options: options).ping()
    }
    return [try #require(blocking), try #require(asynchronous)]
  }

  private func expect(
    _ text: String, of address: String, _ options: ClientOptions,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    for failure in try await failures(address, options) {
      guard case .unreachable(address, let reason) = failure else {
        Issue.record("\(failure)", sourceLocation: sourceLocation)
        continue
      }
      #expect(reason.contains(text), "\(reason)", sourceLocation: sourceLocation)
    }
  }

  @Test("one register by both protocols and both clients, large answers too")
  func works() async throws {
    try await withServer(configure: serving()) { server in
      let type = try #require(RegisterType(name: "u64"))
      let increment = try AtomicRequest(.increment, on: type)
      var count: UInt128 = 0
      for scheme in ["atrs", "https"] {
        let address = try ServerAddress("\(scheme)://\(server.address)")
        let blocking = try BlockingClient(address, options: asking())
        let client = try await RegisterClient.connect(to: address, options: asking())
        let hits = try blocking.create("hits", type).register
        #expect(try blocking.perform(increment, on: hits).old == count)
        let found = try await client.register(named: "hits")
        #expect(try await client.perform(increment, on: found).old == count + 1)
        count += 2
        for _ in 0..<2_000 { try blocking.submit(increment, on: hits) }
        for _ in 0..<2_000 {
          #expect(try blocking.nextOutcome().old == count)
          count += 1
        }
        // Many records at once, into both.
        let label = String(repeating: "l", count: 60)
        for index in 0..<1_000 {
          _ = try blocking.create("\(scheme)/\(index)", type, label: label)
        }
        let page = try await client.list(prefix: "\(scheme)/", limit: 1_000)
        #expect(try blocking.list(prefix: "\(scheme)/", limit: 1_000) == page)
        #expect(!page.registers.isEmpty)
      }
    }
  }

  @Test("tasks at the same time share an encrypted connection")
  func sharesConnection() async throws {
    try await withServer(configure: serving()) { server in
      let type = try #require(RegisterType(name: "u64"))
      let increment = try AtomicRequest(.increment, on: type)
      let client = try await RegisterClient.connect(
        to: ServerAddress("atrs://\(server.address)"), options: asking())
      let register = try await client.create("sum", type).register
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<50 {
          group.addTask {
            for _ in 0..<100 { try await client.perform(increment, on: register) }
          }
        }
        try await group.waitForAll()
      }
      #expect(try await client.info(named: "sum").value == 5_000)
    }
  }

  @Test("a server that wants certificates knows who shows one, and others are told what is missing")
  func mutual() async throws {
    try await withServer(configure: serving(clients: .required)) { server in
      for scheme in ["atrs", "https"] {
        let address = "\(scheme)://\(server.address)"
        let alice = asking(as: "alice")
        try BlockingClient(ServerAddress(address), options: alice).ping()
        try await RegisterClient.connect(to: ServerAddress(address), options: alice).ping()
        try await expect("wants a client certificate", of: address, asking())
        try await expect(
          "does not trust the authority of the client certificate", of: address,
          asking(as: "mallory"))
      }
    }
  }

  @Test(
    "a server that cannot be who was asked for is not spoken to, and it is said why",
    arguments: [
      ("server", "stranger", nil, "an authority that is not trusted here"),
      ("server", "authority", "elsewhere.test", "not for elsewhere.test"),
      ("server", "authority", "127.0.0.2", "not for 127.0.0.2"),
      ("elsewhere", "authority", nil, "not for 127.0.0.1"),
      ("expired", "authority", nil, "has expired"),
    ])
  func refuses(server name: String, authority: String, host: String?, text: String) async throws {
    try await withServer(configure: serving(name)) { server in
      for scheme in ["atrs", "https"] {
        let address = "\(scheme)://\(server.address)"
        try await expect(text, of: address, asking(trusting: authority, expecting: host))
        var careless = asking(trusting: authority, expecting: host)
        careless.tls.trustsAnyServer = true
        try BlockingClient(ServerAddress(address), options: careless).ping()
        try await RegisterClient.connect(to: ServerAddress(address), options: careless).ping()
      }
    }
  }

  @Test("another name than the address's host can be asked for, and a host's name looked up")
  func names() throws {
    try withServer(configure: serving("elsewhere")) { server in
      let options = asking(expecting: "elsewhere.test")
      try BlockingClient(ServerAddress("atrs://\(server.address)"), options: options).ping()
    }
    try withServer(configure: serving()) { server in
      let port = server.address.split(separator: ":")[1]
      try BlockingClient(ServerAddress("https://localhost:\(port)"), options: asking()).ping()
    }
  }

  @Test("a server that speaks plainly is no TLS server")
  func speaksPlainly() async throws {
    try await withServer { server in
      for scheme in ["atrs", "https"] {
        try await expect("speak TLS there", of: "\(scheme)://\(server.address)", asking())
      }
    }
  }

  @Test("files that are no good are named before anything is sent")
  func namesFiles() async throws {
    var options = ClientOptions()
    let none = "/nowhere/ca.pem"
    func expect(_ path: String) async throws {
      for failure in try await failures("atrs://127.0.0.1:1", options) {
        guard case .usage(let text) = failure else {
          Issue.record("\(failure)")
          continue
        }
        #expect(text.contains(path), "\(text)")
      }
    }
    options.tls.authorityPath = none
    try await expect(none)
    options.tls.authorityPath = made.certificate("authority")
    options.tls.certificatePath = made.certificate("alice")
    options.tls.keyPath = made.key("mallory")
    try await expect(made.key("mallory"))
    options.tls.keyPath = made.key("encrypted")
    try await expect(made.key("encrypted"))
    options.tls.certificatePath = nil
    try await expect("certificate")
  }
}
