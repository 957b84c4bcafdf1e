// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation
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
      #expect(answer.components(separatedBy: "HTTP/1.1 200 OK").count == 3)
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
}

/// A client's side of an encrypted connection over a blocking socket.
final class TLSClient {
  let session: TLSSession
  let address: SocketAddress
  let context: TLSContext
  private let socket: Socket
  private let deadline = Deadline.after(nanoseconds: 20_000_000_000)

  init(_ address: SocketAddress, _ context: TLSContext, handshake: Bool = true) throws {
    self.address = address
    self.context = context
    session = try TLSSession(context, host: "localhost")
    socket = try Socket.connect(to: address, deadline: deadline)
    guard handshake else { return }
    while !session.isEstablished { _ = try receive() }
    try flush()
  }

  func sendRaw(_ bytes: [UInt8]) throws { try socket.sendAll(bytes.span, deadline: deadline) }

  func receiveRaw() throws -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = try socket.receive(into: &buffer, at: 0, deadline: deadline)
    return Array(buffer[..<count])
  }

  func flush() throws {
    var bytes: [UInt8] = []
    session.takeOutput(into: &bytes)
    if !bytes.isEmpty { try sendRaw(bytes) }
  }

  func send(_ bytes: [UInt8], closing: Bool = false) throws {
    try session.send(bytes.span)
    if closing { session.close() }
    try flush()
  }

  /// Encrypts `bytes` now and sends them on a thread of its own.
  func sendInBackground(_ bytes: [UInt8]) throws -> LoopThread {
    try session.send(bytes.span)
    var encrypted: [UInt8] = []
    session.takeOutput(into: &encrypted)
    let sender = BackgroundSender(socket: self, bytes: encrypted)
    return try LoopThread(name: "test-sender") { sender.run() }
  }

  /// Some plain bytes; none at the end, or while the handshake goes on.
  func receive() throws -> [UInt8] {
    try flush()
    let bytes = try receiveRaw()
    if bytes.isEmpty { session.endInput() }
    var plaintext: [UInt8] = []
    try session.receive(bytes.span, into: &plaintext)
    return plaintext
  }

  func receiveAll() throws -> [UInt8] {
    var all: [UInt8] = []
    while session.inputState == .open { all += try receive() }
    return all
  }

  /// Sendable because: only the socket is used by both threads, each for one direction.
  private final class BackgroundSender: @unchecked Sendable {
    let socket: TLSClient
    let bytes: [UInt8]

    init(socket: TLSClient, bytes: [UInt8]) {
      self.socket = socket
      self.bytes = bytes
    }

    func run() { try? socket.sendRaw(bytes) }
  }
}
