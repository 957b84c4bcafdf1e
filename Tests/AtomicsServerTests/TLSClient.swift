// SPDX-License-Identifier: Apache-2.0

import EventLoop
import TLSSession

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
