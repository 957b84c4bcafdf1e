// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop

/// One connection under load: sets itself up, then sends a batch whenever the last is answered.
/// The batch is built once. Loop thread only.
final class LoadConnection: StreamHandler {
  private enum Phase {
    case connecting, preparing, ready
  }

  private let side: LoadSide
  private var phase = Phase.connecting
  private var preparation: LoadPreparation
  private var batch: [UInt8] = []
  private var lines: LineScanner
  private var frames = FrameScanner()
  private var inFlight = 0
  private var sentAt: UInt64 = 0
  private var failure: ClientError?

  init(_ side: LoadSide) {
    self.side = side
    preparation = LoadPreparation(side.target, side.plan, side.request)
    lines = LineScanner(side.target.wire)
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    switch phase {
    case .connecting:
      output.append(contentsOf: preparation.opening)
      phase = .preparing
      return prepare(input, &output, stream)
    case .preparing:
      return prepare(input, &output, stream)
    case .ready:
      if input.count > 0, !take(input) {
        stream.close()
        return StreamProgress(consumed: 0, next: .close)
      }
      if inFlight == 0, side.isActive { send(&output) }
      return StreamProgress(consumed: input.count, next: .needInput)
    }
  }

  /// Reads the answers to the opening; the batch follows from them.
  private func prepare(
    _ input: Span<UInt8>, _ output: inout OutputBuffer, _ stream: Stream
  ) -> StreamProgress {
    do throws(ClientError) {
      let consumed = try preparation.receive(input)
      if let batch = preparation.batch {
        self.batch = batch
        phase = .ready
        stream.clearDeadline()
        side.becameReady()
      }
      return StreamProgress(consumed: consumed, next: .needInput)
    } catch {
      failure = error
      stream.close()
      return StreamProgress(consumed: 0, next: .close)
    }
  }

  /// Counts replies; false when the server refused one.
  private func take(_ input: Span<UInt8>) -> Bool {
    let replies: Int
    if side.target.wire == .atr {
      replies = frames.scan(input)
      if let status = frames.refusal {
        failure = .rejected(
          code: "refused", text: "\(side.target.text) refused with status \(status).", applied: .no)
        return false
      }
    } else {
      replies = lines.scan(input)
      if let line = lines.refusal {
        let text = String(decoding: line, as: UTF8.self)
        failure = .rejected(
          code: "refused", text: "\(side.target.text) answered `\(text)`.", applied: .no)
        return false
      }
    }
    guard replies <= inFlight else {
      failure = .protocolViolation("\(side.target.text) sent more replies than requests")
      return false
    }
    inFlight -= replies
    side.replies += replies
    if inFlight == 0, replies > 0 {
      side.record(nanoseconds: Deadline.now.nanoseconds &- sentAt)
      // Told first: with the slice over, this may be the last.
      side.becameIdle()
    }
    return true
  }

  private func send(_ output: inout OutputBuffer) {
    output.append(contentsOf: batch)
    inFlight = side.plan.depth
    side.becameBusy()
    sentAt = Deadline.now.nanoseconds
  }

  func closed(_ reason: StreamCloseReason) {
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
