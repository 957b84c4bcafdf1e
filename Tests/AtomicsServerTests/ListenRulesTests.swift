// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Testing

@testable import AtomicsServer

@Suite struct ListenRulesTests {
  private static let combinations = (0..<16).map { bits in
    ListenRules(
      hasTLS: bits & 1 != 0, hasAccessRules: bits & 2 != 0,
      requiresCertificates: bits & 9 == 9, isInsecure: bits & 4 != 0)
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
    let rows: [(tls: Bool, rules: Bool, missing: ServerError.Protection)] = [
      (false, false, .both), (true, false, .authentication), (false, true, .encryption),
    ]
    for text in Self.beyondLoopback {
      let address = try SocketAddress(text)
      for row in rows {
        var rules = ListenRules(
          hasTLS: row.tls, hasAccessRules: row.rules, requiresCertificates: false,
          isInsecure: false)
        let error = #expect(throws: ServerError.self) { try rules.check(address) }
        #expect(error == .exposed(address: "\(address)", missing: row.missing))
        let description = try #require(error).description
        #expect(description.contains("\(address)") && description.contains("--insecure"))
        // Nobody is told to give what he gave.
        #expect(description.contains("--tls-certificate FILE") == !row.tls)
        #expect(description.contains("--access FILE") == !row.rules)
        #expect(description.contains("--tls-client-ca") == !row.rules)
        rules.isInsecure = true
        let warning = try #require(try rules.check(address))
        #expect(warning.hasPrefix("\(address) is without \(row.missing) (insecure): "))
        #expect(warning.contains("change every register") == !row.rules)
        #expect(rules.encryption(on: address) == (row.tls ? .offered : .none))
      }
    }
  }

  private static let beyondLoopback = [
    "0.0.0.0:7070", "[::]:7070", "192.0.2.1:0", "[::ffff:7f00:1]:1",
  ]

  @Test("access rules ask plain connections, too", arguments: beyondLoopback)
  func accessRules(text: String) throws {
    let address = try SocketAddress(text)
    for requires in [false, true] {
      var rules = ListenRules(
        hasTLS: true, hasAccessRules: true, requiresCertificates: requires, isInsecure: false)
      #expect(try rules.check(address) == nil)
      #expect(rules.encryption(on: address) == .required)
      rules.isInsecure = true
      #expect(try rules.check(address)?.contains("plain connections") ?? false)
      #expect(rules.encryption(on: address) == .offered)
    }
  }

  @Test(
    "certificates are an identity only where plain bytes are refused", arguments: beyondLoopback)
  func certificatesAlone(text: String) throws {
    let address = try SocketAddress(text)
    for isInsecure in [false, true] {
      let rules = ListenRules(
        hasTLS: true, hasAccessRules: false, requiresCertificates: true, isInsecure: isInsecure)
      #expect(try rules.check(address) == nil)
      #expect(rules.encryption(on: address) == .required)
    }
  }
}
