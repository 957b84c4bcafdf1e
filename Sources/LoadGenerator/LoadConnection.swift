// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop

/// One connection under load: sets itself up, then sends a batch whenever the last is answered, or
/// requests when they are due. Loop thread only.
final class LoadConnection<Wire: LoadWire>: StreamHandler, LoadLane {
  private enum Phase {
    case connecting, settling, loaded, cleaning
    /// To be cleaned, and not asked yet.
    case dirty
  }

  private let side: LoadSide
  /// Its number among all connections to the target.
  private let number: Int
  private var wire: Wire
  private var phase = Phase.connecting
  private var stream: Stream?
  private var inFlight = 0
  private var sentAt: UInt64 = 0
  /// Of an open loop's slice: requests sent and answered.
  private var sent = 0
  private var answered = 0
  /// Of an open loop: requests sent in the slices before.
  private var sentBefore = 0
  private var failure: ClientError?
  /// When the server is to have answered, while the connection is set up or cleaned.
  private var patience = Deadline.never

  init(_ side: LoadSide, number: Int, _ wire: Wire) {
    self.side = side
    self.number = number
    self.wire = wire
  }

  func opened(_ stream: Stream) {
    self.stream = stream
    expectAnswer(stream)
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    do throws(ClientError) {
      return StreamProgress(consumed: try advance(input, &output, stream), next: .needInput)
    } catch {
      failure = error
      stream.close()
      return StreamProgress(consumed: 0, next: .close)
    }
  }

  private func advance(
    _ input: Span<UInt8>, _ output: inout OutputBuffer, _ stream: Stream
  ) throws(ClientError) -> Int {
    switch phase {
    case .connecting:
      wire.begin(into: &output)
      phase = .settling
      return try settle(input, &output, stream)
    case .dirty:
      wire.beginCleaning(into: &output)
      phase = .cleaning
      return try settle(input, &output, stream)
    case .settling, .cleaning:
      return try settle(input, &output, stream)
    case .loaded:
      if input.count > 0 { try take(input, &output) }
      if side.isActive { try send(&output) }
      return input.count
    }
  }

  /// Reads answers to the setup, or to the cleaning.
  private func settle(
    _ input: Span<UInt8>, _ output: inout OutputBuffer, _ stream: Stream
  ) throws(ClientError) -> Int {
    let consumed = try wire.settle(input, into: &output)
    if wire.isSettled {
      stream.clearDeadline()
      phase = .loaded
      side.becameSettled()
    } else if consumed > 0 {
      expectAnswer(stream)
    }
    return consumed
  }

  private func expectAnswer(_ stream: Stream) {
    patience = .after(nanoseconds: side.plan.timeoutNanoseconds)
    stream.setDeadline(afterNanoseconds: side.plan.timeoutNanoseconds)
  }

  /// How late a loop is that others hold up, or that has so many names to open that it has not
  /// looked at all answers.
  private static var latenessNanoseconds: UInt64 { 100_000_000 }

  func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    if Deadline.now > patience.advanced(by: Self.latenessNanoseconds) {
      expectAnswer(stream)
      return StreamProgress(consumed: 0, next: .needInput)
    }
    stream.close(.deadline)
    return StreamProgress(consumed: 0, next: .close)
  }

  // MARK: - The load

  private func take(_ input: Span<UInt8>, _ output: inout OutputBuffer) throws(ClientError) {
    let replies = try wire.take(input, into: &output)
    if replies == 0 { return }
    guard replies <= inFlight else {
      throw .protocolViolation("\(side.target.text) sent more replies than requests")
    }
    inFlight -= replies
    side.replies += replies
    let now = Deadline.now.nanoseconds
    if let schedule = side.schedule {
      let requests = wire.answered
      for reply in 0..<replies {
        let index = requests.map { $0[reply] - sentBefore } ?? answered + reply
        side.record(nanoseconds: now &- schedule.due(index, connection: number))
      }
      answered += replies
    } else if inFlight == 0 {
      side.record(nanoseconds: now &- sentAt)
    }
    // Told before more is sent: with the slice over, this may be the last.
    if inFlight == 0 { side.becameIdle() }
  }

  private func send(_ output: inout OutputBuffer) throws(ClientError) {
    let now = Deadline.now.nanoseconds
    let count: Int
    if let schedule = side.schedule {
      let due = schedule.count(dueAt: now, connection: number) - sent
      count = min(due, side.plan.depth - inFlight)
      sent += max(0, count)
    } else {
      count = inFlight == 0 ? side.plan.depth : 0
    }
    guard count > 0 else { return }
    try wire.append(count, to: &output)
    if inFlight == 0 { side.becameBusy() }
    inFlight += count
    sentAt = now
  }

  func begin() {
    sentBefore += sent
    sent = 0
    answered = 0
    if side.schedule == nil { wake() }
  }

  func end() {
    guard let schedule = side.schedule else { return }
    let due = schedule.count(dueAt: Deadline.now.nanoseconds, connection: number)
    if due > sent { side.recordUnsent(sent..<due, connection: number, in: schedule) }
  }

  func wake() { stream?.requestTurn() }

  func clean() {
    phase = .dirty
    if let stream { expectAnswer(stream) }
    wake()
  }

  // MARK: - The end

  func closed(_ reason: StreamCloseReason) {
    stream = nil
    if reason == .loopStopped { return }
    side.onFailure(failure ?? error(for: reason))
  }

  private func error(for reason: StreamCloseReason) -> ClientError {
    switch reason {
    case .connectFailed(let code):
      ClientError(connecting: .cannotConnect("", errno: code), to: side.target.text)
    case .deadline: ClientError(connecting: .timedOut, to: side.target.text)
    default:
      .connectionLost(reason: "\(side.target.text) closed a connection", applied: .unknown)
    }
  }
}
