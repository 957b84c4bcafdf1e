// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// One connection of a `BlockingConnection`: a session over a socket that the calling thread waits
/// on. After an error it is of no more use.
final class BlockingChannel {
  let session: any ClientSession
  /// What is to be sent with the next flush.
  var output = OutputBuffer()
  /// Nothing is submitted any more: the server takes its leave.
  var isLeaving = false
  /// The connection knows that the server has greeted.
  var isKnown = false
  /// The server was asked whether it is there, and owes the answer.
  var isAsked = false
  /// Nanoseconds spent listening since something came last.
  private(set) var silence: UInt64 = 0

  private let socket: BlockingSocket
  private let options: ClientOptions
  private var input = [UInt8](repeating: 0, count: 64 << 10)
  /// Bytes at the front of `input` that are no whole message yet.
  private var inputCount = 0

  /// Connects.
  ///
  /// - Parameter greets: Whether to wait for the server's greeting. Without, requests leave
  ///   together with the client's own; with TLS the server has its say about the client first.
  init(
    to server: RemoteServer, options: ClientOptions, deadline: Deadline, greets: Bool
  ) throws(ClientError) {
    socket = try BlockingSocket(to: server, deadline: deadline)
    session = try server.makeSession(options)
    self.options = options
    session.begin(into: &output)
    guard greets || server.secure != nil else { return }
    try flush()
    while !session.isReady {
      guard try receive(until: deadline) else {
        throw .unreachable(server: server.name, reason: "no answer in time")
      }
      try flush()
    }
  }

  /// Sends what is queued.
  func flush() throws(ClientError) {
    guard output.count > 0 else { return }
    let failure = output.withBytes { bytes -> ClientError? in
      do throws(ClientError) {
        try socket.send(bytes, deadline: .after(nanoseconds: options.timeoutNanoseconds))
        return nil
      } catch {
        return error
      }
    }
    output.removeAll()
    if let failure { throw failure }
  }

  /// Waits for bytes and hands them to the session. False: none came until `deadline`.
  func receive(until deadline: Deadline) throws(ClientError) -> Bool {
    if inputCount == input.count { input += [UInt8](repeating: 0, count: input.count) }
    let start = deadline == .never ? deadline : Deadline.now
    guard let count = try socket.receive(into: &input, at: inputCount, deadline: deadline) else {
      silence += Deadline.now.nanoseconds - start.nanoseconds
      return false
    }
    silence = 0
    isAsked = false
    guard count > 0 else {
      throw .connectionLost(reason: "the server closed it", applied: .unknown)
    }
    inputCount += count
    // Taken out for the call, so that it is not copied.
    var bytes = input
    input = []
    let consumed = try session.receive(bytes.span.extracting(0..<inputCount), into: &output)
    inputCount -= consumed
    // Usually nothing is left; what is, is part of one message.
    for index in 0..<inputCount { bytes[index] = bytes[consumed + index] }
    input = bytes
    return true
  }

  /// What came before does not count: the server owes something new.
  func listenAnew() { silence = 0 }

  /// When the server has been silent for too long, if nothing comes; `.never`: it may be silent.
  ///
  /// - Parameter hasWatches: Whether it may push.
  func silenceEnd(hasWatches: Bool) -> Deadline {
    guard session.outstandingCount > 0 || session.quietlyAwaitedCount > 0 || hasWatches else {
      return .never
    }
    let limit = options.timeoutNanoseconds
    return .after(nanoseconds: limit > silence ? limit - silence : 0)
  }

  /// Whether it has been silent for too long, or as good as: a call that waited for all of that
  /// time has spent a little of it otherwise.
  var isSilent: Bool {
    let limit = options.timeoutNanoseconds
    return silence >= limit - limit / 8
  }
}
