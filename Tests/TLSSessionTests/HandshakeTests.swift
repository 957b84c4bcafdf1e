// SPDX-License-Identifier: Apache-2.0
import TLSSession
import TestSupport
import Testing

/// Who gets through, and what is agreed.
@Suite struct HandshakeTests {
  @Test(
    "the server's preference decides among what both speak",
    arguments: [
      (["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (["atr/1"], "atr/1"),
      (["atr/1", "http/1.1"], "http/1.1"), (["x", "atr/1"], "atr/1"), (["http/1.1"], "http/1.1"),
    ])
  func protocols(offered: [String], chosen: String) throws {
    let made = try TestCertificates.made
    let pair = try TLSPair(server: made.serving(), client: made.asking(protocols: offered))
    pair.run()
    #expect(pair.client.isEstablished && pair.server.isEstablished)
    #expect(pair.client.negotiatedProtocol == chosen)
    #expect(pair.server.negotiatedProtocol == chosen)
    #expect(pair.server.version == "TLSv1.3")
  }

  @Test("no protocol offered is none chosen, and none known ends the handshake with its alert")
  func noProtocol() throws {
    let made = try TestCertificates.made
    let plain = try TLSPair(server: made.serving(), client: made.asking())
    plain.run()
    #expect(plain.server.isEstablished && plain.server.negotiatedProtocol == nil)

    let server = try TLSSession(TLSContext(made.serving()))
    let client = try TLSSession(
      TLSContext(made.asking(protocols: ["spdy/3", "h3"])), host: "localhost")
    var hello: [UInt8] = []
    client.takeOutput(into: &hello)
    var nothing: [UInt8] = []
    #expect(TLSPair.deliver(hello, to: server, &nothing) != nil)
    var alert: [UInt8] = []
    server.takeOutput(into: &alert)
    // Fatal, no_application_protocol (RFC 7301 §3.2).
    #expect(alert == [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 120])
    #expect(!server.isEstablished)
  }

  @Test(
    "a server is who its certificate says, for a name and for an address",
    arguments: ["localhost", "127.0.0.1", "::1"])
  func hosts(host: String) throws {
    let made = try TestCertificates.made
    let pair = try TLSPair(server: made.serving(), client: made.asking(), host: host)
    pair.run()
    #expect(pair.client.isEstablished)
    let certificate = try #require(pair.client.peerCertificate)
    #expect(certificate.commonName == "server")
    #expect(certificate.isVerified)
    #expect(certificate.dnsNames == ["localhost"])
  }

  @Test(
    "a server of another root, name or time is refused with the reason",
    arguments: [
      ("server", "stranger", "localhost", "issuer certificate"),
      ("server", "authority", "example.com", "hostname mismatch"),
      ("server", "authority", "127.0.0.2", "IP address mismatch"),
      ("elsewhere", "authority", "localhost", "hostname mismatch"),
      ("expired", "authority", "localhost", "expired"),
    ])
  func refused(server: String, authority: String, host: String, reason: String) throws {
    let made = try TestCertificates.made
    let pair = try TLSPair(
      server: made.serving(server), client: made.asking(trusting: authority), host: host)
    pair.run()
    #expect(!pair.client.isEstablished)
    let text = try #require(pair.clientError).description
    #expect(text.contains(reason), "\(text)")
    // The alert tells the server.
    #expect(pair.serverError != nil)
    // Who asks not to verify is connected, and told so.
    var careless = made.asking(trusting: authority)
    careless.verifiesServer = false
    let trusting = try TLSPair(server: made.serving(server), client: careless, host: host)
    trusting.run()
    #expect(trusting.client.isEstablished)
    #expect(trusting.client.peerCertificate?.isVerified == false)
  }

  @Test("what cannot be a host is refused before anything is sent", arguments: ["", "a\0b"])
  func noHost(host: String) throws {
    let made = try TestCertificates.made
    let context = try TLSContext(made.asking())
    #expect(throws: TLSError.badHost(host)) { try TLSSession(context, host: host) }
  }

  @Test("a client's certificate is read, name by name")
  func clientCertificate() throws {
    let made = try TestCertificates.made
    let pair = try TLSPair(
      server: made.serving(clients: .required), client: made.asking(as: "alice"))
    pair.run()
    var expected = TLSPeerCertificate(
      subject: "CN=alice,O=example", commonName: "alice", isVerified: true)
    expected.dnsNames = ["alice.test", "www.alice.test"]
    expected.uris = ["spiffe://example/alice"]
    expected.emails = ["alice@alice.test"]
    #expect(pair.server.peerCertificate == expected)
  }

  @Test(
    "who has no certificate, or a stranger's, is let in as configured",
    arguments: [
      (.none, nil, true, false), (.none, "alice", true, false),
      (.optional, nil, true, false), (.optional, "alice", true, true),
      (.optional, "mallory", false, false),
      (.required, nil, false, false), (.required, "alice", true, true),
      (.required, "mallory", false, false),
    ] as [(TLSClientCertificates, String?, Bool, Bool)])
  func clients(
    policy: TLSClientCertificates, client: String?, passes: Bool, isKnown: Bool
  ) throws {
    let made = try TestCertificates.made
    let pair = try TLSPair(
      server: made.serving(clients: policy), client: made.asking(as: client))
    pair.run()
    #expect(pair.server.isEstablished == passes)
    #expect((pair.serverError == nil) == passes)
    #expect((pair.server.peerCertificate != nil) == isKnown)
  }

  /// A ClientHello that offers nothing newer than `version`, as old clients send it.
  private func hello(version: UInt8) -> [UInt8] {
    var body: [UInt8] = [0x03, version] + [UInt8](repeating: 7, count: 32) + [0]
    // Suites of 1.0 to 1.2, no compression, signature_algorithms and supported_groups.
    body += [0x00, 0x04, 0xC0, 0x13, 0xC0, 0x2B, 0x01, 0x00]
    body += [0x00, 0x10, 0x00, 0x0D, 0x00, 0x04, 0x00, 0x02, 0x04, 0x03]
    body += [0x00, 0x0A, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17]
    let message: [UInt8] = [0x01, 0, 0, UInt8(body.count)] + body
    return [0x16, 0x03, 0x01, 0, UInt8(message.count)] + message
  }

  @Test("TLS 1.0 and 1.1 are refused with their alert", arguments: [1, 2] as [UInt8])
  func oldVersions(version: UInt8) throws {
    let made = try TestCertificates.made
    let server = try TLSSession(TLSContext(made.serving()))
    var nothing: [UInt8] = []
    #expect(TLSPair.deliver(hello(version: version), to: server, &nothing) != nil)
    var alert: [UInt8] = []
    server.takeOutput(into: &alert)
    // Fatal, protocol_version (RFC 8446 §6.2).
    #expect(alert.suffix(2) == [0x02, 70])
    #expect(alert.count == 7)
  }

  @Test("the same words in TLS 1.2 are answered")
  func version12() throws {
    let made = try TestCertificates.made
    let server = try TLSSession(TLSContext(made.serving()))
    var nothing: [UInt8] = []
    #expect(TLSPair.deliver(hello(version: 3), to: server, &nothing) == nil)
    var answer: [UInt8] = []
    server.takeOutput(into: &answer)
    #expect(answer.starts(with: [0x16, 0x03, 0x03]))
  }
}
