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

  /// Leaves all it is given for a while, then takes it, and says goodbye at the end of it.
  private final class SlowSpeech: StreamHandler {
    private let transport: TLSTransport
    private let total: Int
    private var turns = 0
    private var taken = 0
    private var most = 0

    init(_ context: TLSContext, total: Int) throws(TLSError) {
      transport = try TLSTransport(
        context, Workbench(StreamLimits()), inputLimit: StreamLimits().inputLimit)
      self.total = total
    }

    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress {
      transport.process(input, into: &output, stream: stream, endOfInput: endOfInput) {
        plain, answer, _ in
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

    func closed(_ reason: StreamCloseReason) {}
  }

  private final class Closed: StreamHandler {
    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress { StreamProgress(consumed: input.count, next: .close) }
    func closed(_ reason: StreamCloseReason) {}
  }

  @Test("while a speech leaves what it has, nothing more is decrypted")
  func held() throws {
    let made = try TestCertificates.shared.get()
    let context = try TLSContext(
      TLSServerConfiguration(
        certificatePath: made.certificate("server"), keyPath: made.key("server"), protocols: ["x"]))
    let total = 3 << 20
    // A handler is made on its loop, where nothing may be thrown.
    let server = try ScriptedServer {
      guard let speech = try? SlowSpeech(context, total: total) else { return Closed() }
      return speech
    }
    let asking = TLSClientConfiguration(authorityPath: made.certificate("authority"))
    let client = try TLSClient(server.address, TLSContext(asking))
    let writer = try client.sendInBackground([UInt8](repeating: 1, count: total))
    let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
    let most = try #require(Int(answer))
    writer.join()
    // What one read brings, and a record that was begun before it.
    #expect(most <= (64 << 10) + (16 << 10), "\(most)")
  }
}
