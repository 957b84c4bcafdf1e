// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// A batch of which a part has run. It has its bytes: the connection may end before it does.
struct RunningBatch {
  let header: FrameHeader
  /// Bytes of whole operations.
  let body: [UInt8]
  let progress: BatchProgress
}

/// How far a batch has run.
struct BatchProgress {
  /// Where the next operation stands in the body.
  var offset = 0
  /// Operations that were run.
  var count = 0
}

/// BATCH: a turn's worth at a time, each a frame of the answer.
///
/// Where the answer is split follows from the batch alone, and not from what else the turn had to
/// do.
extension BinarySession {
  /// The longest reply to an operation: a refusal with the longest text.
  private static let longestReply = FrameHeader.byteCount + 8 + WireFailure.textLimit

  func beginBatch(
    _ header: FrameHeader, _ body: Span<UInt8>, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) throws(WireFailure) -> Execution {
    try requireNoFlags(header)
    guard header.argument <= BatchFrame.stopsAtFailure else {
      throw WireFailure(
        .badOperand, "BATCH's argument is 0, or 1 to stop at the first operation that fails")
    }
    try BatchFrame.check(body, limit: context.limits.batchOperations)
    var progress = BatchProgress()
    if runPart(of: header, body, &progress, into: &output, &budget) { return .done }
    // Copied from here: the input is the stream's, and ends with it.
    let rest = body.copy(from: progress.offset, count: body.count &- progress.offset)
    progress.offset = 0
    batch = RunningBatch(header: header, body: rest, progress: progress)
    return .unfinished
  }

  /// - Returns: Whether nothing is left of the batch.
  func continueBatch(
    into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) -> Bool {
    guard !output.isFull, let batch else { return self.batch == nil }
    return runPart(of: batch, into: &output, &budget)
  }

  /// Runs what is left of a batch at once: nobody will call again.
  func finishBatch(into output: inout OutputBuffer) {
    while let batch {
      var budget = ExecutionBudget()
      _ = runPart(of: batch, into: &output, &budget)
    }
  }

  /// Runs the next part of `batch`, and keeps what is left of it.
  ///
  /// - Returns: Whether nothing is.
  private func runPart(
    of batch: RunningBatch, into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) -> Bool {
    var progress = batch.progress
    let isDone = runPart(of: batch.header, batch.body.span, &progress, into: &output, &budget)
    // As a whole: the look at the property in each turn is then free of run-time exclusivity
    // checks.
    self.batch =
      isDone ? nil : RunningBatch(header: batch.header, body: batch.body, progress: progress)
    return isDone
  }

  /// Runs the next part of a batch whose client is gone.
  ///
  /// - Returns: Whether nothing is left of it.
  func continueBatchUnheard() -> Bool {
    var output = OutputBuffer()
    var budget = ExecutionBudget()
    return continueBatch(into: &output, &budget)
  }

  /// Runs a turn's worth of operations.
  ///
  /// - Returns: Whether those were the last.
  private func runPart(
    of header: FrameHeader, _ body: Span<UInt8>, _ progress: inout BatchProgress,
    into output: inout OutputBuffer, _ turn: inout ExecutionBudget
  ) -> Bool {
    let limit = min(clientFrameLimit, context.limits.frameBytes, FrameHeader.bodyByteLimit)
    let stops = header.argument == BatchFrame.stopsAtFailure
    var budget = ExecutionBudget()
    var frameStart = output.count
    output.append(word: 0)
    output.append(word: 0)
    while progress.offset < body.count, !budget.isSpent {
      var room = limit &- (output.count &- frameStart &- FrameHeader.byteCount)
      if room < Self.longestReply {
        finishFrame(header, at: frameStart, progress.count, hasMore: true, &output)
        frameStart = output.count
        output.append(word: 0)
        output.append(word: 0)
        room = limit
      }
      // Where the first failure is the last, operations run one by one.
      let atOnce = stops ? 1 : room / Self.longestReply
      let isGood = runNext(body, &progress, atMost: atOnce, into: &output, &budget)
      if stops, !isGood { progress.offset = body.count }
    }
    turn.spend(ExecutionBudget.turn &- budget.remaining)
    let isDone = progress.offset >= body.count
    finishFrame(header, at: frameStart, progress.count, hasMore: !isDone, &output)
    return isDone
  }

  /// Runs the next operation of a batch, or several as one.
  ///
  /// - Returns: Whether the status was OK or MISMATCH, where it is one that runs.
  private func runNext(
    _ body: Span<UInt8>, _ progress: inout BatchProgress, atMost limit: Int,
    into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) -> Bool {
    let header = FrameHeader(
      body.littleEndian64(at: progress.offset), body.littleEndian64(at: progress.offset &+ 8))
    let start = progress.offset &+ FrameHeader.byteCount
    let end = start &+ Int(header.bodyByteCount)
    if limit > 1, OperationRun.mayBegin(with: header, in: body, nextAt: end),
      let run = runTogether(
        header, in: body, at: progress.offset, atMost: limit, replyBytes: .max, into: &output,
        &budget)
    {
      progress.offset = run.end
      progress.count &+= run.count
      return true
    }
    progress.offset = end
    progress.count &+= 1
    do throws(WireFailure) {
      guard let operation = AtomicOperation(rawValue: header.opcode) else { return false }
      let operands = body.extracting(start..<end)
      let status: Status
      if header.flags == 0 {
        budget.spend(ExecutionBudget.operation)
        status = try perform(
          operation, header, operands: operands,
          on: try register(header.handleOrAuxiliary, to: Rights(for: operation)), into: &output)
      } else {
        status = try performFlagged(operation, header, operands, into: &output, &budget)
      }
      return status != .overflow
    } catch {
      output.append(contentsOf: error.frame(answering: header))
      budget.spend(ExecutionBudget.byName)
      return false
    }
  }

  private func finishFrame(
    _ header: FrameHeader, at start: Int, _ count: Int, hasMore: Bool,
    _ output: inout OutputBuffer
  ) {
    let answer = FrameHeader(
      opcode: header.opcode, flags: hasMore ? ReplyFlag.more : 0,
      bodyByteCount: UInt32(truncatingIfNeeded: output.count &- start &- FrameHeader.byteCount),
      sequence: header.sequence, handleOrAuxiliary: UInt32(truncatingIfNeeded: count))
    output.replace(word: answer.first, at: start)
    output.replace(word: answer.second, at: start &+ 8)
  }
}
