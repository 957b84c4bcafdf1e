// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import RegisterService
import Synchronization
import TLSSession
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

@Suite struct AuthenticatorTests {
  @Test("ten wrong tokens at once, then one a second, for each source by itself")
  func limiter() {
    var limiter = FailureLimiter()
    let second = FailureLimiter.nanosecondsPerFailure
    let source = FailureLimiter.Source.ipv4(1)
    var now: UInt64 = 1_000 * second
    /// How many of `count` failures at one moment are too many.
    func exceeded(_ count: Int, of source: FailureLimiter.Source) -> Int {
      (0..<count).filter { _ in limiter.isExceeded(by: source, at: now) }.count
    }
    #expect(exceeded(10, of: source) == 0 && exceeded(5, of: source) == 5)
    now += second - 1
    #expect(exceeded(1, of: source) == 1)
    now += 1
    #expect(exceeded(2, of: source) == 1)
    // Of some others one at least has another place in the table.
    #expect((2..<10).contains { exceeded(1, of: .ipv4($0)) == 0 })
    now += 1_000_000 * second
    #expect(exceeded(11, of: source) == 1)
  }

  @Test("sources are addresses, the half of an IPv6 one that a customer has, or users")
  func sources() {
    func source(_ address: SocketAddress?, isLocal: Bool = false) -> FailureLimiter.Source {
      FailureLimiter.Source(
        Peer(user: 5, mapsArena: false, isLocal: isLocal, address: address))
    }
    #expect(source(.ipv4(address: 7, port: 1)) == source(.ipv4(address: 7, port: 2)))
    #expect(source(.ipv6(high: 7, low: 1, port: 1)) == source(.ipv6(high: 7, low: 2, port: 1)))
    #expect(source(.ipv6(high: 7, low: 1, port: 1)) != source(.ipv6(high: 8, low: 1, port: 1)))
    #expect(source(nil, isLocal: true) == .user(5) && source(nil) == .unknown)
  }

  @Test("many failures are a line or two in the log, which has their number and no token")
  func log() throws {
    let lines = Lines()
    var logger = Logger(label: "test") { _ in lines }
    logger.logLevel = .trace
    let rules = TokenRules([("p", "", .read)])
    let authenticator = Authenticator(AccessControl(rules.rules, owner: 7), logger)
    let peer = Peer(
      user: 0, mapsArena: false, address: .ipv4(address: 0x7F00_0001, port: 9))
    // What would be a field of its own if it stood in the log as it is.
    let client = #"prober" wrong_token=0"#
    let start = Deadline.now
    for index in 0..<500 {
      let token = index % 2 == 0 ? TokenRules.token("wrong") : nil
      let evidence = authenticator.evidence(of: peer, token)
      _ = authenticator.identify(evidence, of: peer, client: client)
    }
    let seconds = Int((Deadline.now.nanoseconds - start.nanoseconds) / 1_000_000_000)
    let text = lines.text.withLock { $0 }
    #expect((1...(1 + seconds)).contains(text.count), "\(text.count) lines")
    #expect(text[0].contains(#""prober\" wrong_token=0""#) && text[0].contains("127.0.0.1:9"))
    #expect(!text.contains { $0.contains(TokenRules.text("wrong")) })
    // What came after the last line is told by whoever looks once a second.
    let end = ContinuousClock.now + .seconds(10)
    while lines.text.withLock({ $0.count }) == text.count, ContinuousClock.now < end {
      authenticator.logFailures()
    }
    let last = try #require(lines.text.withLock { $0.last })
    #expect(last.contains("wrong_token") && last.contains("without_identity"))
    #expect(lines.text.withLock { $0.count } == text.count + 1)
    authenticator.logFailures()
    #expect(lines.text.withLock { $0.count } == text.count + 1, "nothing new, no line")
  }

  @Test("names of a certificate count when it was verified")
  func certificates() {
    var certificate = TLSPeerCertificate(subject: "CN=a", commonName: "a", isVerified: true)
    certificate.dnsNames = ["b"]
    certificate.uris = ["c"]
    certificate.emails = ["d"]
    var peer = Peer(user: 0, mapsArena: false)
    peer.certificate = certificate
    #expect(peer.evidence.certificates == ["a", "b", "c", "d"])
    peer.certificate?.isVerified = false
    #expect(peer.evidence.certificates == [])
  }

  /// A log that is kept.
  private final class Lines: LogHandler, Sendable {
    let text = Mutex<[String]>([])
    var metadata: Logger.Metadata {
      get { [:] }
      set {}
    }
    var logLevel: Logger.Level {
      get { .trace }
      set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { nil }
      set {}
    }

    func log(event: LogEvent) {
      text.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
  }
}
