// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation
import Logging
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsServer

/// Connections over real sockets: how they open, and how they end.
@Suite struct ConnectionTests {
  private static let http2Preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// A server that gives its clients 50 ms to open, and as long to finish a head.
  private func withHastyServer(
    headNanoseconds: UInt64 = 50_000_000, _ body: (SocketAddress) throws -> Void
  ) throws {
    try withTemporaryArenaPath { path in
      var configuration = ServerConfiguration(arenaPath: path)
      configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
      configuration.limits.classificationNanoseconds = 50_000_000
      configuration.limits.headNanoseconds = headNanoseconds
      configuration.limits.drainNanoseconds = 1_000_000_000
      let server = try Server(configuration, logger: Logger(label: "test"))
      let thread = try LoopThread(name: "test-server") { try? server.run() }
      defer {
        server.shutDown()
        thread.join()
      }
      try body(try SocketAddress(server.addresses[0]))
    }
  }

  private func receiveAll(_ socket: borrowing Socket) throws -> [UInt8] {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let deadline = Deadline.after(nanoseconds: 10_000_000_000)
    while true {
      let count = try socket.receive(into: &buffer, at: 0, deadline: deadline)
      if count == 0 { return received }
      received += buffer[..<count]
    }
  }

  @Test(
    "a peer that does not say what it speaks, or does not greet, is closed in time",
    arguments: [
      [], [0x50], Array("PR".utf8), [Hello.firstByte], Array(Hello().bytes.dropLast()),
      http2Preface, Array(http2Preface.prefix(10)),
    ] as [[UInt8]])
  func opening(bytes: [UInt8]) throws {
    try withHastyServer { address in
      let socket = try Socket.connect(to: address, deadline: .after(nanoseconds: 5_000_000_000))
      try socket.sendAll(bytes.span, deadline: .after(nanoseconds: 5_000_000_000))
      // The end comes from the server: nothing more is sent here.
      _ = try receiveAll(socket)
    }
  }

  @Test("a head that stays incomplete is answered 408")
  func slowHead() throws {
    try withHastyServer { address in
      let socket = try Socket.connect(to: address, deadline: .after(nanoseconds: 5_000_000_000))
      let head = Array("GET /livez HTTP/1.1\r\nHost: lo".utf8)
      try socket.sendAll(head.span, deadline: .after(nanoseconds: 5_000_000_000))
      let answer = String(decoding: try receiveAll(socket), as: UTF8.self)
      #expect(answer.hasPrefix("HTTP/1.1 408 "))
      #expect(answer.contains("/problems/timeout"))
    }
  }

  @Test("each request of a busy connection has a time of its own", arguments: ["", "hello"])
  func busy(body: String) throws {
    let limit: UInt64 = 1_000_000_000
    try withHastyServer(headNanoseconds: limit) { address in
      let far = Deadline.after(nanoseconds: 20_000_000_000)
      let socket = try Socket.connect(to: address, deadline: far)
      let request =
        "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
      let bytes = Array((request + body).utf8)
      // What is sent always ends within a request: in its head, or in its body.
      let cut = bytes.count - 3
      try socket.sendAll(Array(bytes[..<cut]).span, deadline: far)
      let end = Deadline.after(nanoseconds: limit + limit / 2)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      while Deadline.now < end {
        #expect(throws: EventLoopError.timedOut) {
          try socket.receive(into: &buffer, at: 0, deadline: .after(nanoseconds: limit / 10))
        }
        try socket.sendAll(Array(bytes[cut...] + bytes[..<cut]).span, deadline: far)
        let count = try socket.receive(into: &buffer, at: 0, deadline: far)
        let answer = String(decoding: buffer[..<count], as: UTF8.self)
        guard answer.hasPrefix("HTTP/1.1 200 ") else {
          Issue.record("\(answer)")
          return
        }
      }
    }
  }

  @Test("bytes of no protocol are told so in HTTP/1.1, TLS by its alert")
  func unknown() throws {
    try withHastyServer { address in
      let expected: [([UInt8], [UInt8])] = [
        ([0x00, 0x01], Array("HTTP/1.1 400 Bad Request\r\n".utf8)),
        ([0x16, 0x03, 0x01], [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
      ]
      for (bytes, prefix) in expected {
        let socket = try Socket.connect(to: address, deadline: .after(nanoseconds: 5_000_000_000))
        try socket.sendAll(bytes.span, deadline: .after(nanoseconds: 5_000_000_000))
        #expect(try receiveAll(socket).starts(with: prefix))
      }
    }
  }

  @Test("a greeted binary peer may be idle for longer")
  func idle() throws {
    try withHastyServer { address in
      let socket = try Socket.connect(to: address, deadline: .after(nanoseconds: 5_000_000_000))
      let far = Deadline.after(nanoseconds: 5_000_000_000)
      try socket.sendAll(Hello().bytes.span, deadline: far)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      #expect(try socket.receive(into: &buffer, at: 0, deadline: far) >= Welcome.byteCount)
      // Three times the deadline that would have ended it.
      #expect(throws: EventLoopError.timedOut) {
        try socket.receive(into: &buffer, at: 0, deadline: .after(nanoseconds: 150_000_000))
      }
      let ping = ControlFrame.ping([UInt8](repeating: 1, count: 8), sequence: 4)
      try socket.sendAll(ping.span, deadline: far)
      #expect(try socket.receive(into: &buffer, at: 0, deadline: far) == 24)
    }
  }
}
