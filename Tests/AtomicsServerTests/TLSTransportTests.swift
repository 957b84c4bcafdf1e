// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging
import TLSSession
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Encrypted connections over real sockets.
@Suite struct TLSTransportTests {
  /// A server with a certificate, and a connected client that speaks `offered`.
  private func withClient(
    offering offered: [String], _ configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (TLSClient) throws -> Void
  ) throws {
    let made = try TestCertificates.shared.get()
    try withTemporaryArenaPath { path in
      var configuration = ServerConfiguration(arenaPath: path)
      configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
      configuration.tls = TLSConfiguration(
        certificatePath: made.certificate("server"), keyPath: made.key("server"))
      configure(&configuration)
      let server = try Server(configuration, logger: Logger(label: "test"))
      let thread = try LoopThread(name: "test-server") { try? server.run() }
      defer {
        server.shutDown()
        thread.join()
      }
      let client = TLSClientConfiguration(
        authorityPath: made.certificate("authority"), protocols: offered)
      try body(TLSClient(SocketAddress(server.addresses[0]), TLSContext(client)))
    }
  }

  private static let get = Array(
    "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)

  @Test("an answer, then the goodbye", arguments: [["http/1.1"], []] as [[String]])
  func http1(offered: [String]) throws {
    try withClient(offering: offered) { client in
      try client.send(Self.get)
      let answer = try client.receiveAll()
      #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(client.session.inputState == .closed)
    }
  }

  @Test("the client's goodbye ends its input, and its answers still come")
  func halfClosed() throws {
    try withClient(offering: ["http/1.1"]) { client in
      let request = Array("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
      try client.send(request + request, closing: true)
      let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
      #expect(answer.ranges(of: "HTTP/1.1 200 OK").count == 2)
      #expect(client.session.inputState == .closed)
    }
  }

  @Test("what another thread has to make comes before the goodbye")
  func waiting() throws {
    try withClient(offering: ["atr/1"]) { client in
      let request = ControlFrame.request(.arenaStat, sequence: 9)
      try client.send(Hello().bytes + request + request, closing: true)
      let answer = try client.receiveAll()
      #expect(client.session.inputState == .closed)
      let isReply = (0..<answer.count - 16).filter { index in
        answer[index] == Opcode.arenaStat.rawValue && answer[index + 2] == 0
          && answer[index + 8] == 9 && answer[index + 9] == 0 && index % 8 == 0
      }
      #expect(isReply.count == 2)
    }
  }

  @Test("a frame that comes in many records is one frame")
  func binary() throws {
    try withClient(offering: ["atr/1"]) { client in
      try client.send(Hello().bytes)
      let body = [UInt8](repeating: 0x5A, count: Opcode.pingLimit)
      let ping = ControlFrame.ping(body, sequence: 9)
      for byte in ping { try client.send([byte]) }
      var received: [UInt8] = []
      while !received.suffix(ping.count).elementsEqual(ping) { received += try client.receive() }
    }
  }

  @Test("what a client does not read stops what is executed for it, and all of it comes at last")
  func backPressure() throws {
    let count = 40_000
    try withClient(
      offering: ["atr/1"], { $0.limits.outputHighWaterBytes = 16 << 10 },
      { client in
        try client.send(Hello().bytes)
        var pings: [UInt8] = []
        for sequence in 0..<count {
          pings += ControlFrame.ping(
            [UInt8](repeating: 7, count: 64), sequence: UInt32(sequence))
        }
        // More than the sockets hold both ways: the writer waits until the reader has begun.
        let writer = try client.sendInBackground(pings)
        var received = 0
        var last: [UInt8] = []
        while last != Array(pings.suffix(80)) {
          let more = try client.receive()
          received += more.count
          last = Array((last + more).suffix(80))
        }
        writer.join()
        #expect(received > count * 80)
      })
  }

  @Test("a handshake that stalls is closed in time, wherever it stalls", arguments: [1, 20, 200])
  func stalledHandshake(byteCount: Int) throws {
    try withClient(
      offering: [], { $0.limits.classificationNanoseconds = 50_000_000 },
      { client in
        let other = try TLSClient(client.address, client.context, handshake: false)
        var hello: [UInt8] = []
        other.session.takeOutput(into: &hello)
        try other.sendRaw(Array(hello.prefix(byteCount)))
        #expect(try other.receiveRaw().isEmpty)
      })
  }

  @Test("of too many handshakes the oldest gives way; who is through stays")
  func manyHandshakes() throws {
    try withClient(
      offering: ["atr/1"],
      {
        $0.limits.handshakes = 3
        // Nothing else ends them in time.
        $0.limits.classificationNanoseconds = 600_000_000_000
      },
      { client in
        try client.send(Hello().bytes)
        var welcome: [UInt8] = []
        while client.session.inputState == .open, welcome.isEmpty { welcome = try client.receive() }
        func begin() throws -> TLSClient {
          let other = try TLSClient(client.address, client.context, handshake: false)
          try other.sendRaw([0x16])
          return other
        }
        let stalled = try (0..<5).map { _ in try begin() }
        for other in stalled.prefix(2) { #expect(try other.receiveRaw().isEmpty) }
        // All three places are taken by those who stall, and one who does not gets through.
        let other = try TLSClient(client.address, client.context)
        #expect(other.session.isEstablished)
        #expect(try stalled[2].receiveRaw().isEmpty)
        let ping = ControlFrame.ping([1, 2, 3, 4, 5, 6, 7, 8], sequence: 9)
        try client.send(ping)
        var received: [UInt8] = []
        while client.session.inputState == .open, received.count < ping.count {
          received += try client.receive()
        }
        #expect(received == ping)
      })
  }

  /// A server's side that speaks as the test says.
  private final class Speech: StreamHandler {
    typealias Speak = (TLSTransport, Span<UInt8>, inout OutputBuffer) -> StreamProgress

    private let transport: TLSTransport?
    private let speak: Speak

    init(_ context: TLSContext, _ speak: @escaping Speak) {
      let limits = StreamLimits()
      // A handler is made on its loop, where nothing may be thrown.
      transport = try? TLSTransport(context, Workbench(limits), inputLimit: limits.inputLimit)
      self.speak = speak
    }

    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress {
      guard let transport else { return StreamProgress(consumed: input.count, next: .close) }
      return transport.process(input, into: &output, stream: stream, endOfInput: endOfInput) {
        plain, answer, _ in speak(transport, plain, &answer)
      }
    }

    func closed(_ reason: StreamCloseReason) {}
  }

  private func context(_ clients: TLSClientCertificates = .none) throws -> TLSContext {
    let made = try TestCertificates.shared.get()
    var configuration = TLSServerConfiguration(
      certificatePath: made.certificate("server"), keyPath: made.key("server"),
      protocols: TLSTransport.protocols)
    configuration.clientCAPath = made.certificate("authority")
    configuration.clientCertificates = clients
    return try TLSContext(configuration)
  }

  private func client(of server: ScriptedServer, as name: String? = nil) throws -> TLSClient {
    let made = try TestCertificates.shared.get()
    var configuration = TLSClientConfiguration(authorityPath: made.certificate("authority"))
    configuration.certificatePath = name.map(made.certificate)
    configuration.keyPath = name.map(made.key)
    return try TLSClient(server.address, TLSContext(configuration))
  }

  @Test("while a speech leaves what it has, nothing more is decrypted")
  func held() throws {
    let total = 3 << 20
    let context = try context()
    let server = try ScriptedServer {
      var (turns, taken, most) = (0, 0, 0)
      return Speech(context) { _, plain, answer in
        turns += 1
        most = max(most, plain.count)
        if plain.count > 0, turns % 50 != 0 { return StreamProgress(consumed: 0, next: .yield) }
        taken += plain.count
        guard taken == total else {
          return StreamProgress(consumed: plain.count, next: .needInput)
        }
        answer.append(contentsOf: Array("\(most)".utf8))
        return StreamProgress(consumed: plain.count, next: .close)
      }
    }
    let client = try client(of: server)
    let writer = try client.sendInBackground([UInt8](repeating: 1, count: total))
    let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
    let most = try #require(Int(answer))
    writer.join()
    // What one read brings, and a record that was begun before it.
    #expect(most <= (64 << 10) + (16 << 10), "\(most)")
  }

  @Test("a client is known by its certificate", arguments: ["alice", nil])
  func certificate(name: String?) throws {
    let context = try context(.optional)
    let server = try ScriptedServer {
      Speech(context) { transport, plain, answer in
        guard plain.count > 0 else { return StreamProgress(consumed: 0, next: .needInput) }
        let certificate = transport.certificate
        let text = "\(certificate?.commonName ?? "nobody") \(certificate?.uris ?? [])"
        answer.append(contentsOf: Array(text.utf8))
        return StreamProgress(consumed: plain.count, next: .close)
      }
    }
    let client = try client(of: server, as: name)
    try client.send([1])
    let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
    #expect(answer == (name == nil ? "nobody []" : "alice [\"spiffe://example/alice\"]"))
  }
}
