// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// One connection of a `BlockingConnection`: a session over a socket that the calling thread waits
/// on. After an error it is of no more use.
final class BlockingChannel {
  let session: any ClientSession
  /// What is to be sent with the next flush.
  var output = OutputBuffer()
  /// Nothing is submitted any more: the server takes its leave.
  private(set) var isLeaving = false
  /// The connection knows that the server has greeted.
  var isKnown = false
  /// Nanoseconds spent on the server since something came last: listening, or waiting for it to
  /// take what is sent.
  private(set) var silence: UInt64 = 0
  /// The server has been sent nothing that it owes an answer: what is queued would be the first.
  private var owesNothing = true

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
    while try flush(until: deadline) {
      if session.isReady { return }
      guard try receive(until: deadline) else { break }
    }
    throw .unreachable(server: server.name, reason: "no answer in time")
  }

  /// Sends what is queued. False: not all of it went out until `deadline`; the rest stays queued.
  ///
  /// - Throws: `connectionLost`, which nothing has run of where it says so.
  func flush(until deadline: Deadline) throws(ClientError) -> Bool {
    guard output.count > 0 || socket.hasUnsent else { return true }
    if owesNothing { try lookBeforeSending() }
    owesNothing = false
    let start = Deadline.now
    let sent = output.withBytes { bytes -> Result<Int, ClientError> in
      do throws(ClientError) {
        return .success(try socket.send(bytes, deadline: deadline))
      } catch {
        return .failure(error)
      }
    }
    switch sent {
    case .success(let count): output.removeFirst(count)
    case .failure(let error):
      output.removeAll()
      takeLastWords()
      throw error
    }
    if output.count == 0, !socket.hasUnsent { return true }
    silence += Deadline.now.nanoseconds - start.nanoseconds
    return false
  }

  /// Replies were taken: where none is left to come, what is sent next is the first that the server
  /// may run.
  func noteReplies() {
    if session.outstandingCount == 0, session.quietlyAwaitedCount == 0 { owesNothing = true }
  }

  /// The server may have left while nobody listened: what is not sent to it has not run.
  private func lookBeforeSending() throws(ClientError) {
    do throws(ClientError) {
      _ = try receive(until: .now)
    } catch .connectionLost(let reason, _) {
      throw .connectionLost(reason: reason, applied: .no)
    }
    if let farewell = session.farewell { throw .connectionLost(reason: farewell, applied: .no) }
  }

  /// Nothing can be sent any more, but why, and what was answered before, may be here already.
  private func takeLastWords() {
    // Not for ever: who takes nothing may still talk.
    for _ in 0..<64 { guard (try? receive(until: .now)) == true else { return } }
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

  /// The server is about to end: what is under way may still be answered.
  func leave() {
    guard !isLeaving else { return }
    isLeaving = true
    session.leave()
  }

  /// The server owes an answer at once, if only its greeting.
  var isOwed: Bool { session.outstandingCount > 0 || !session.isReady }

  /// What came before does not count: the server owes something new.
  func listenAnew() { silence = 0 }

  /// When the server has been silent for too long, if nothing comes; `.never`: it may be silent.
  ///
  /// - Parameter hasWatches: Whether it may push.
  func silenceEnd(hasWatches: Bool) -> Deadline {
    guard isOwed || session.quietlyAwaitedCount > 0 || hasWatches else { return .never }
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
