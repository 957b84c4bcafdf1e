// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import TestSupport
import Testing

/// Both clients and TLS servers that do not do as they should.
@Suite(.timeLimit(.minutes(1))) struct TLSConnectionTests {
  private let options: ClientOptions

  init() throws {
    let made = try TestCertificates.shared.get()
    options = ClientOptions(
      timeoutMilliseconds: 5_000, tls: ClientTLS(authorityPath: made.certificate("authority")))
  }

  /// What both clients say of a server that they cannot use.
  private func reasons(_ server: ScriptedServer, scheme: String = "atrs") async throws -> [String] {
    let address = try ServerAddress("\(scheme)://\(server.address)")
    let blocking = #expect(throws: ClientError.self) {
      try BlockingClient(address, options: options).ping()
    }
    let asynchronous = await #expect(throws: ClientError.self) {
      try await RegisterClient.connect(to: address, options: options).ping()
    }
    return try [blocking, asynchronous].map { error in
      guard case .unreachable("\(address)", let reason) = try #require(error) else {
        throw ClientError.usage("\(String(describing: error))")
      }
      return reason
    }
  }

  @Test("a server that speaks something else, or agrees on nothing, is refused")
  func wantsProtocol() async throws {
    let other = try TLSPeer.serve(protocols: ["h2"]) { FramePeer() }
    for reason in try await reasons(other) { #expect(reason.contains("does not speak atr/1")) }
    let silent = try TLSPeer.serve(protocols: []) { FramePeer() }
    for reason in try await reasons(silent) + reasons(silent, scheme: "https") {
      #expect(reason.contains("ALPN"), "\(reason)")
    }
  }

  @Test("a server that hangs up right after the handshake may want a certificate")
  func hangsUp() async throws {
    let server = try TLSPeer.serve(.hangsUp) { FramePeer() }
    for reason in try await reasons(server) {
      #expect(reason.contains("may want a client certificate"), "\(reason)")
    }
  }

  @Test("a server that says nothing is given up in time", arguments: [false, true])
  func isSilent(hasTLS: Bool) async throws {
    let server =
      hasTLS ? try TLSPeer.serve { MuteSpeech() } : try ScriptedServer { MuteSpeech() }
    let address = try ServerAddress("atrs://\(server.address)")
    var options = options
    options.timeoutMilliseconds = 100
    let errors = [
      #expect(throws: ClientError.self) { try BlockingClient(address, options: options) },
      await #expect(throws: ClientError.self) {
        try await RegisterClient.connect(to: address, options: options)
      },
    ]
    for error in errors {
      guard case .unreachable? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
  }

  @Test("what is cut off is a lost connection that is told apart from an orderly end")
  func isCutOff() async throws {
    for (fault, isCut) in [(TLSPeer.Fault.cutsOff, true), (.none, false)] {
      // CREATE and OPEN are answered, and nothing after them.
      let server = try TLSPeer.serve(fault) { FramePeer(.closesBeforeReply(2)) }
      let address = try ServerAddress("atrs://\(server.address)")
      let type = try #require(RegisterType(name: "u64"))
      let increment = try AtomicRequest(.increment, on: type)
      let blocking = try BlockingClient(address, options: options)
      let hits = try blocking.create("hits", type).register
      let client = try await RegisterClient.connect(to: address, options: options)
      let others = try await client.create("others", type).register
      let errors = [
        #expect(throws: ClientError.self) { try blocking.perform(increment, on: hits) },
        await #expect(throws: ClientError.self) {
          try await client.perform(increment, on: others)
        },
      ]
      for error in errors {
        guard case .connectionLost(let reason, .unknown)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(reason.contains("cut off") == isCut, "\(reason)")
      }
    }
  }

  @Test("a blocking client takes more encrypted bytes at once than it has room for")
  func takesMuch() throws {
    let server = try TLSPeer.serve { FramePeer() }
    let client = try BlockingClient(
      ServerAddress("atrs://\(server.address)"), options: options)
    let type = try #require(RegisterType(name: "u64"))
    let hits = try client.create("hits", type).register
    let increment = try AtomicRequest(.increment, on: type)
    for _ in 0..<10_000 { try client.submit(increment, on: hits) }
    for old in 0..<10_000 { #expect(try client.nextOutcome().old == UInt128(old)) }
  }
}

/// Never says anything.
private final class MuteSpeech: StreamHandler {
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    StreamProgress(consumed: input.count, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}
}
