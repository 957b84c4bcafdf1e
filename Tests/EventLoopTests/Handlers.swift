// SPDX-License-Identifier: Apache-2.0
import EventLoop
import Synchronization

/// Sends back every `unit` bytes as they become whole, so that incomplete ones stay in the stream.
class EchoHandler: StreamHandler {
  let unit: Int
  let record: StreamRecord

  init(unit: Int = 1, record: StreamRecord = StreamRecord()) {
    self.unit = unit
    self.record = record
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    let count = input.count / unit * unit
    output.append(input.extracting(first: count))
    record.noteCall(input: input.count, unsent: output.unsentCount)
    return StreamProgress(consumed: count, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) { record.noteClosed(reason) }
}

/// Whatever a test wants, as closures that run on the loop.
final class ClosureHandler: StreamHandler {
  typealias Process = (Span<UInt8>, inout OutputBuffer, Stream, Bool) -> StreamProgress
  let record: StreamRecord
  let body: Process

  init(record: StreamRecord = StreamRecord(), _ body: @escaping Process) {
    self.record = record
    self.body = body
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    let progress = body(input, &output, stream, endOfInput)
    record.noteCall(input: input.count, unsent: output.unsentCount)
    return progress
  }

  func closed(_ reason: StreamCloseReason) { record.noteClosed(reason) }
}

/// What happened to a handler, for the test to read.
final class StreamRecord: Sendable {
  struct State {
    var calls = 0
    var largestInput = 0
    var largestUnsent = 0
    var closeReasons: [StreamCloseReason] = []
  }

  private let state = Mutex(State())
  let closed = Signal()

  var current: State { state.withLock { $0 } }

  func noteCall(input: Int, unsent: Int) {
    state.withLock {
      $0.calls += 1
      $0.largestInput = max($0.largestInput, input)
      $0.largestUnsent = max($0.largestUnsent, unsent)
    }
  }

  func noteClosed(_ reason: StreamCloseReason) {
    state.withLock { $0.closeReasons.append(reason) }
    closed.set()
  }

  /// Waits for the close; nil when it does not come.
  func closeReason() -> StreamCloseReason? {
    closed.wait() ? current.closeReasons.first : nil
  }
}
