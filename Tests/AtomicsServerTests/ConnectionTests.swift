// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
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
    try withServer(
      limitedBy: { limits in
        limits.classificationNanoseconds = 50_000_000
        limits.headNanoseconds = headNanoseconds
      }, body)
  }

  private func withServer(
    limitedBy limit: (inout ServerLimits) -> Void, _ body: (SocketAddress) throws -> Void
  ) throws {
    try withTemporaryArenaPath { path in
      var configuration = ServerConfiguration(arenaPath: path)
      configuration.listen = [.tcp(host: "127.0.0.1", port: 0)]
      configuration.limits.drainNanoseconds = 1_000_000_000
      limit(&configuration.limits)
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

  /// A server that asks after 30 ms of silence, and with `idle` ends who asks nothing for so long.
  private func withAskingServer(
    idle: UInt64 = 0, _ body: (SocketAddress) throws -> Void
  ) throws {
    try withServer(
      limitedBy: { limits in
        limits.keepAliveNanoseconds = 30_000_000
        limits.idleNanoseconds = idle
      }, body)
  }

  private func greet(_ address: SocketAddress, answersPings: Bool) throws -> Socket {
    let far = Deadline.after(nanoseconds: 10_000_000_000)
    let socket = try Socket.connect(to: address, deadline: far)
    try socket.sendAll(Hello(answersPings: answersPings).bytes.span, deadline: far)
    return socket
  }

  /// The whole frames behind WELCOME.
  private func frames(_ received: [UInt8]) throws -> [FrameHeader] {
    let welcome = try #require(try Welcome.decode(received.span))
    #expect(welcome.0.keepAliveMilliseconds == 30)
    var offset = welcome.byteCount
    var frames: [FrameHeader] = []
    while offset + FrameHeader.byteCount <= received.count {
      let header = FrameHeader(
        received.span.littleEndian64(at: offset), received.span.littleEndian64(at: offset + 8))
      frames.append(header)
      offset += FrameHeader.byteCount + Int(header.bodyByteCount)
    }
    return frames
  }

  @Test("a client that said that it answers, and does not, is asked three times and sent away")
  func silentClient() throws {
    try withAskingServer { address in
      let socket = try greet(address, answersPings: true)
      let frames = try frames(try receiveAll(socket))
      #expect(frames.map(\.opcode) == [0xE3, 0xE3, 0xE3, 0x04])
      #expect(frames.map(\.sequence) == [1, 2, 3, 0])
      #expect(frames.last?.orderOrStatus == Status.limit.rawValue)
    }
  }

  @Test("a client that answers stays, and so does one that never said that it would")
  func answeringClient() throws {
    try withAskingServer { address in
      let far = Deadline.after(nanoseconds: 20_000_000_000)
      let quiet = try greet(address, answersPings: false)
      let socket = try greet(address, answersPings: true)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      var received: [UInt8] = []
      var answered = 0
      while answered < 6 {
        let count = try socket.receive(into: &buffer, at: 0, deadline: far)
        #expect(count > 0)
        received += buffer[..<count]
        for question in try frames(received)[answered...] {
          #expect(question.opcode == 0xE3 && question.sequence == UInt32(answered + 1))
          let pong = ControlFrame.request(.pong, sequence: question.sequence)
          try socket.sendAll(pong.span, deadline: far)
          answered += 1
        }
      }
      for one in [0, 1] {
        let ping = ControlFrame.ping([], sequence: 9)
        if one == 0 {
          try quiet.sendAll(ping.span, deadline: far)
        } else {
          try socket.sendAll(ping.span, deadline: far)
        }
      }
      received = []
      while try received.isEmpty || frames(received).isEmpty {
        let count = try quiet.receive(into: &buffer, at: 0, deadline: far)
        #expect(count > 0)
        received += buffer[..<count]
      }
      #expect(try frames(received).map(\.opcode) == [0x01])
    }
  }

  @Test("who asks nothing for the configured time is sent away, though it answers")
  func idleClient() throws {
    try withAskingServer(idle: 100_000_000) { address in
      let socket = try greet(address, answersPings: false)
      let frames = try frames(try receiveAll(socket))
      #expect(frames.map(\.opcode) == [0x04] && frames[0].orderOrStatus == Status.limit.rawValue)
    }
  }
}
