// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// Frames that ask the same of registers that they name.
extension BinarySession {
  /// A frame whose name is looked up, and how far that is.
  private struct Look: BitwiseCopyable {
    var frame = NamedFrame()
    var probe = RegisterProbe()
  }

  /// Runs the frame at `start` and those behind it that ask the same, one after another.
  ///
  /// The replies may pass the bound of the output by one.
  ///
  /// - Returns: Where the last one ends that was answered; nil: the first is to run alone.
  @inline(never)
  func runNamed(
    _ header: FrameHeader, in input: Span<UInt8>, at start: Int, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) -> Int? {
    guard let series = namedSeries(header, input, at: start) else { return nil }
    // Of rules that are in force for all of this turn.
    let access = mayDoEverything ? nil : caller?.access
    let right = Rights(for: series.operation)
    var end = start
    var looks = InlineArray<32, Look>(repeating: Look())
    while !budget.isSpent, !output.isFull {
      let room = output.room / OperationSeries.replyByteCount &+ 1
      let most = min(
        (budget.remaining &+ ExecutionBudget.byName &- 1) / ExecutionBudget.byName, room)
      let count = lookUp(
        series, in: input, at: end, atMost: min(most, Self.lookAhead), into: &looks)
      if count == 0 { break }
      // By a span: an element of the array itself is had by copying all of it.
      let span = looks.span
      for index in 0..<count {
        let frame = span[index].frame
        let name = input.extracting(frame.name)
        if access?.allows(right, on: name) ?? true,
          let register = service.find(name, by: span[index].probe),
          register.type == series.type, !register.isLimited,
          runNamed(series, input, frame, on: register, into: &output, &budget)
        {
          end = frame.end
          continue
        }
        guard runAlone(series.operation, input, frame, into: &output, &budget) else {
          return end == start ? nil : end
        }
        end = frame.end
        if budget.isSpent || output.isFull { return end }
      }
    }
    return end == start ? nil : end
  }

  /// What frames like the one at `start` ask, of registers of the type that its own has.
  @inline(__always)
  private func namedSeries(_ header: FrameHeader, _ input: Span<UInt8>, at start: Int)
    -> OperationSeries?
  {
    if let namedSeries, OperationSeries.isAlike(namedSeries.word, header.first) {
      return namedSeries
    }
    return newNamedSeries(header, input, at: start)
  }

  @inline(never)
  private func newNamedSeries(_ header: FrameHeader, _ input: Span<UInt8>, at start: Int)
    -> OperationSeries?
  {
    let bodyStart = start &+ FrameHeader.byteCount
    let body = input.extracting(bodyStart..<bodyStart &+ Int(header.bodyByteCount))
    guard let operation = AtomicOperation(rawValue: header.opcode),
      let block = try? NameBlock(body),
      // Who may not look finds out alone.
      (try? require(Rights(for: operation), on: block, body)) != nil,
      let register = try? service.find(body.extracting(block.nameRange)),
      let made = OperationSeries(
        header, operands: body.extracting(block.byteCount..<body.count), on: register.type)
    else { return nil }
    namedSeries = made
    return made
  }

  /// Takes frames of the series from `start` on, and has the processor fetch what their look-ups
  /// read and then their registers: each step for all of them, so that they wait together.
  ///
  /// - Returns: How many there are in `looks`.
  @inline(__always)
  private func lookUp(
    _ series: OperationSeries, in input: Span<UInt8>, at start: Int, atMost limit: Int,
    into looks: inout InlineArray<32, Look>
  ) -> Int {
    var looks = looks.mutableSpan
    var offset = start
    var count = 0
    while count < limit, let frame = series.named(input, at: offset) {
      looks[count] = Look(frame: frame, probe: service.probe(input.extracting(frame.name)))
      offset = frame.end
      count &+= 1
    }
    for index in 0..<count { service.anticipate(looks[index].probe) }
    return count
  }

  /// Runs a frame on the register that it names.
  ///
  /// - Returns: False, and nothing has happened, where the frame has a value that is none.
  @inline(__always)
  private func runNamed(
    _ series: OperationSeries, _ input: Span<UInt8>, _ frame: NamedFrame,
    on register: RegisterReference, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) -> Bool {
    do throws(ServiceError) {
      guard
        try run(
          series, input, at: frame.start, operandsAt: frame.operands, on: register, into: &output)
      else { return false }
    } catch {
      refuse(error, input, at: frame.start, into: &output, &budget)
    }
    budget.spend(ExecutionBudget.byName)
    return true
  }

  /// Runs a frame of a series as if it was none, because of what its register is or is not.
  ///
  /// - Returns: False where it is no frame at all, after which nothing is read: then nothing was
  ///   answered.
  @inline(never)
  private func runAlone(
    _ operation: AtomicOperation, _ input: Span<UInt8>, _ frame: NamedFrame,
    into output: inout OutputBuffer, _ budget: inout ExecutionBudget
  ) -> Bool {
    let (first, second) = input.littleEndianPair(at: frame.start)
    let header = FrameHeader(first, second)
    let body = input.extracting(frame.start &+ FrameHeader.byteCount..<frame.end)
    do throws(WireFailure) {
      try performFlagged(operation, header, body, into: &output, &budget)
    } catch {
      if error.status == .badFrame { return false }
      output.append(contentsOf: error.frame(answering: header))
      budget.spend(ExecutionBudget.byName)
    }
    return true
  }
}
