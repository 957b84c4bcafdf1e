// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// A session over a socket that the calling thread waits on. One thread at a time.
final class BlockingConnection {
  private let socket: BlockingSocket
  private let session: any ClientSession
  private let options: ClientOptions
  private var output = OutputBuffer()
  private var input = [UInt8](repeating: 0, count: 64 << 10)
  /// Bytes at the front of `input` that are no whole message yet.
  private var inputCount = 0
  private var nextTicket: UInt64 = 0
  /// Replies that have come and nobody has asked for.
  private var arrived: [UInt64: Result<ClientReply, ClientError>] = [:]
  /// What ended the connection.
  private var failure: ClientError?

  /// Connects, and sends nothing yet.
  init(
    to server: RemoteServer, options: ClientOptions
  ) throws(ClientError) {
    socket = try BlockingSocket(to: server, deadline: options.deadline)
    session = try server.makeSession(options)
    self.options = options
    session.begin(into: &output)
  }

  /// Queues `command`; returns the ticket for its reply. Sends when a buffer's worth is queued.
  func submit(_ command: ClientCommand) throws(ClientError) -> UInt64 {
    if let failure { throw failure.repeated }
    // More in flight, and both sides could wait for the other to read.
    let limit = min(options.maximumInFlight, session.inFlightLimit)
    if session.outstandingCount >= limit {
      try flush()
      // To half of it, so that the next requests leave in one piece too. What the session itself
      // has to say meanwhile, such as that it can take more, must not wait.
      while session.outstandingCount > limit / 2 {
        try receive()
        try flush()
      }
      if let failure { throw failure.repeated }
    }
    nextTicket += 1
    session.submit(command, ticket: nextTicket, into: &output)
    collect()
    if output.count >= 32 << 10 { try flush() }
    return nextTicket
  }

  /// Sends what is queued.
  func flush() throws(ClientError) {
    if let failure { throw failure.repeated }
    guard output.count > 0 else { return }
    let result = output.withBytes { bytes -> ClientError? in
      do throws(ClientError) {
        try socket.send(bytes, deadline: options.deadline)
        return nil
      } catch {
        return error
      }
    }
    output.removeAll()
    if let result { end(result) }
  }

  /// Waits for the reply of `ticket`.
  func reply(to ticket: UInt64) throws(ClientError) -> ClientReply {
    while true {
      if let result = arrived.removeValue(forKey: ticket) { return try result.get() }
      try flush()
      if arrived[ticket] == nil { try receive() }
    }
  }

  /// One command and its reply.
  func call(_ command: ClientCommand) throws(ClientError) -> ClientReply {
    try reply(to: submit(command))
  }

  /// Waits for bytes and takes them in. A failure ends the connection, and every reply that is
  /// still awaited becomes an error.
  private func receive() throws(ClientError) {
    if let failure { throw failure.repeated }
    if inputCount == input.count { input += [UInt8](repeating: 0, count: input.count) }
    let count: Int?
    do throws(ClientError) {
      count = try socket.receive(into: &input, at: inputCount, deadline: options.deadline)
    } catch {
      return end(error)
    }
    guard let count else { return end(.timeout(applied: .unknown)) }
    guard count > 0 else {
      return end(.connectionLost(reason: "the server closed it", applied: .unknown))
    }
    inputCount += count
    do throws(ClientError) {
      let consumed = try session.receive(
        input.span.extracting(0..<inputCount), into: &output)
      inputCount -= consumed
      // Usually nothing is left; what is, is part of one message.
      for index in 0..<inputCount { input[index] = input[consumed + index] }
    } catch {
      collect()
      return end(.broken(error), error)
    }
    collect()
  }

  private func collect() {
    while let reply = session.nextReply() { arrived[reply.ticket] = reply.result }
  }

  private func end(_ error: ClientError) {
    if case .timeout = error { return end(.timeout, error) }
    let error = session.farewell.map { .connectionLost(reason: $0, applied: .unknown) } ?? error
    end(.broken(error), error)
  }

  private func end(_ reason: AbandonReason, _ error: ClientError) {
    failure = error
    session.abandon(reason)
    collect()
  }
}

extension ClientOptions {
  var deadline: Deadline {
    .after(nanoseconds: UInt64(clamping: timeoutMilliseconds) &* 1_000_000)
  }
}

extension ClientError {
  /// The same failure for a call that was never sent.
  var repeated: ClientError {
    switch self {
    case .connectionLost(let reason, _): .connectionLost(reason: reason, applied: .no)
    case .timeout: .connectionLost(reason: "the server did not answer in time", applied: .no)
    case .protocolViolation(let text): .connectionLost(reason: text, applied: .no)
    default: self
    }
  }
}
