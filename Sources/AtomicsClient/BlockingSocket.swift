// SPDX-License-Identifier: Apache-2.0

import EventLoop
import TLSSession

/// A socket that the calling thread waits on, encrypted where the server's address says so: what
/// goes in and comes out is plain. After an error it is of no more use.
final class BlockingSocket {
  private let socket: Socket
  private let tls: (secure: SecureSpeech, session: TLSSession)?
  private var encrypted: [UInt8] = []
  /// Encrypted bytes that the socket did not take in time.
  private var unsent: [UInt8] = []
  /// Decrypted bytes that nobody has taken.
  private var plain: [UInt8] = []
  private var hasHeard = false

  /// Connects, and shakes hands where there is TLS.
  ///
  /// - Throws: ``ClientError/unreachable(server:reason:)``, and what `RemoteServer.addresses` does.
  init(to server: RemoteServer, deadline: Deadline) throws(ClientError) {
    socket = try Self.connect(to: server, deadline)
    guard let secure = server.secure else {
      tls = nil
      return
    }
    let session = try secure.makeSession()
    tls = (secure, session)
    encrypted = [UInt8](repeating: 0, count: 32 << 10)
    try sendEncrypted(deadline)
    while !session.isEstablished {
      guard try receiveEncrypted(deadline) else {
        throw .unreachable(server: server.name, reason: "no TLS handshake in time")
      }
    }
    try secure.checkProtocol(session)
  }

  private static func connect(
    to server: RemoteServer, _ deadline: Deadline
  ) throws(ClientError) -> Socket {
    try connect(toOneOf: try server.addresses(), named: server.name, deadline)
  }

  /// Connects to the first of `addresses` that answers. None takes the time of those behind it: a
  /// name may have an address that nothing ever comes back from.
  static func connect(
    toOneOf addresses: [SocketAddress], named name: String, _ deadline: Deadline
  ) throws(ClientError) -> Socket {
    var failure = ClientError.unreachable(server: name, reason: "it has no address")
    for (index, address) in addresses.enumerated() {
      do throws(EventLoopError) {
        return try Socket.connect(
          to: address, deadline: deadline.share(among: addresses.count - index, from: .now))
      } catch {
        failure = ClientError(connecting: error, to: name)
      }
    }
    throw failure
  }

  /// Bytes were taken over by ``send(_:deadline:)`` that are still here: send again, if nothing.
  var hasUnsent: Bool { !unsent.isEmpty }

  /// Sends `bytes` as far as the server takes them until `deadline`.
  ///
  /// - Returns: How many bytes need not be given again.
  /// - Throws: ``ClientError/connectionLost(reason:applied:)``; what went out before is unknown.
  func send(_ bytes: Span<UInt8>, deadline: Deadline) throws(ClientError) -> Int {
    guard let (_, session) = tls else { return try sendSome(bytes, deadline) }
    try sendEncrypted(deadline)
    if hasUnsent { return 0 }
    do throws(TLSError) {
      try session.send(bytes)
    } catch {
      throw failure(error)
    }
    try sendEncrypted(deadline)
    return bytes.count
  }

  /// Receives at least one byte into `buffer` from `offset` on, and returns how many; 0: the server
  /// sends no more; nil: nothing came until the deadline.
  func receive(
    into buffer: inout [UInt8], at offset: Int, deadline: Deadline
  ) throws(ClientError) -> Int? {
    guard let (_, session) = tls else {
      return try receiveSome(into: &buffer, at: offset, deadline)
    }
    while plain.isEmpty {
      switch session.inputState {
      case .open: if try !receiveEncrypted(deadline) { return nil }
      case .closed: return 0
      case .truncated: throw SecureSpeech.truncation
      }
    }
    let count = min(plain.count, buffer.count - offset)
    for index in 0..<count { buffer[offset + index] = plain[index] }
    if count == plain.count {
      plain.removeAll(keepingCapacity: true)
    } else {
      plain.removeFirst(count)
    }
    return count
  }

  /// Sends what the session has for the server, as far as it goes until `deadline`.
  private func sendEncrypted(_ deadline: Deadline) throws(ClientError) {
    guard let (_, session) = tls else { return }
    session.takeOutput(into: &unsent)
    do throws(ClientError) {
      unsent.removeFirst(try sendSome(unsent.span, deadline))
    } catch {
      // Why the server took no more may be here already.
      if !hasHeard, error.isLoss { while try receiveEncrypted(deadline) {} }
      throw error
    }
  }

  /// Takes encrypted bytes in, and answers them as TLS wants. False: none came until the deadline.
  private func receiveEncrypted(_ deadline: Deadline) throws(ClientError) -> Bool {
    guard let (secure, session) = tls else { return false }
    let count: Int?
    do throws(ClientError) {
      count = try receiveSome(into: &encrypted, at: 0, deadline)
    } catch {
      throw hasHeard ? error : secure.brokenOff(session)
    }
    guard let count else { return false }
    if count == 0 {
      session.endInput()
      if !hasHeard { throw secure.brokenOff(session) }
      return true
    }
    do throws(TLSError) {
      try session.receive(encrypted.span.extracting(0..<count), into: &plain)
    } catch {
      let failure = failure(error)
      // The alert tells the server; if it cannot be sent, the server knows as much as before.
      var alert: [UInt8] = []
      session.takeOutput(into: &alert)
      _ = try? sendSome(alert.span, deadline)
      throw failure
    }
    if !plain.isEmpty { hasHeard = true }
    if session.inputState == .closed, !hasHeard { throw secure.brokenOff(session) }
    try sendEncrypted(deadline)
    return true
  }

  private func failure(_ error: TLSError) -> ClientError {
    guard let (secure, session) = tls, !hasHeard else {
      return .connectionLost(reason: "\(error)", applied: .unknown)
    }
    return secure.refusal(session, error)
  }

  private func sendSome(
    _ bytes: Span<UInt8>, _ deadline: Deadline
  ) throws(ClientError) -> Int {
    do throws(EventLoopError) {
      return try socket.send(bytes, deadline: deadline)
    } catch {
      throw .connectionLost(reason: error.description, applied: .unknown)
    }
  }

  private func receiveSome(
    into buffer: inout [UInt8], at offset: Int, _ deadline: Deadline
  ) throws(ClientError) -> Int? {
    do throws(EventLoopError) {
      return try socket.receive(into: &buffer, at: offset, deadline: deadline)
    } catch {
      if error == .timedOut { return nil }
      throw .connectionLost(reason: error.description, applied: .unknown)
    }
  }
}

extension ClientError {
  /// Whether the connection broke.
  fileprivate var isLoss: Bool {
    if case .connectionLost = self { true } else { false }
  }
}
