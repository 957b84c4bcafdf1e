// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Testing

@testable import AtomicsServer

@Suite struct ListenRulesTests {
  private static let combinations = (0..<8).map { bits in
    ListenRules(
      hasTLS: bits & 1 != 0, hasAuthentication: bits & 2 != 0, isInsecure: bits & 4 != 0)
  }

  @Test("loopback and Unix sockets need nothing", arguments: combinations)
  func local(rules: ListenRules) throws {
    for text in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "unix:/x"] {
      let address = try SocketAddress(text)
      #expect(try rules.check(address) == nil)
      let encryption: Encryption = rules.hasTLS && text != "unix:/x" ? .offered : .none
      #expect(rules.encryption(on: address) == encryption)
    }
  }

  @Test("beyond loopback what is missing is named, and insecure makes it a warning")
  func exposed() throws {
    let rows: [(tls: Bool, authentication: Bool, missing: String)] = [
      (false, false, "TLS and authentication"), (true, false, "authentication"),
      (false, true, "TLS"),
    ]
    for text in ["0.0.0.0:7070", "[::]:7070", "192.0.2.1:0", "[::ffff:7f00:1]:1"] {
      let address = try SocketAddress(text)
      for row in rows {
        var rules = ListenRules(
          hasTLS: row.tls, hasAuthentication: row.authentication, isInsecure: false)
        let error = #expect(throws: ServerError.self) { try rules.check(address) }
        #expect(error == .exposed(address: "\(address)", missing: row.missing))
        let description = try #require(error).description
        #expect(description.contains("\(address)") && description.contains("--insecure"))
        rules.isInsecure = true
        let warning = try #require(try rules.check(address))
        #expect(warning.hasPrefix("\(address) is without \(row.missing) (insecure): "))
        #expect(rules.encryption(on: address) == (row.tls ? .offered : .none))
      }
      var whole = ListenRules(hasTLS: true, hasAuthentication: true, isInsecure: false)
      #expect(try whole.check(address) == nil)
      #expect(whole.encryption(on: address) == .required)
      whole.isInsecure = true
      #expect(try whole.check(address)?.contains("plain connections") ?? false)
      #expect(whole.encryption(on: address) == .offered)
    }
  }
}
