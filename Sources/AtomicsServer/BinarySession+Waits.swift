// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// Waiting: frames in, and answers that come whenever they come.
extension BinarySession {
  /// A turn of the connection: tells what there is to tell, executes frames, and tells what came of
  /// them.
  func turn(
    _ input: Span<UInt8>, into output: inout OutputBuffer, endOfInput: Bool
  ) -> StreamProgress {
    if hasOutdatedRights, !keepsRights(into: &output) {
      return StreamProgress(consumed: input.count, next: .close)
    }
    var news = Self.newsOfTurn
    if waits != nil { tellNews(into: &output, &news) }
    var progress = process(input, into: &output)
    guard let waits else { return progress }
    if progress.next == .close {
      finishNews(into: &output)
      return progress
    }
    inputEnded = endOfInput
    // Nobody may be there any more to hear that the wait took something, or to end it.
    if endOfInput { waits.client.giveUp() }
    tellNews(into: &output, &news)
    guard progress.next == .needInput else { return progress }
    if waits.hasNews {
      progress.next = .yield
    } else if endOfInput, waits.client.openWaits > 0 {
      progress.next = .wait
    }
    return progress
  }

  /// Tells what there is, `left` frames of it at most.
  private func tellNews(into output: inout OutputBuffer, _ left: inout Int) {
    guard let waits, waits.hasNews else { return }
    while left > 0, !output.isFull, let answer = waits.nextAnswer() {
      output.append(contentsOf: answer)
      left -= 1
    }
    guard left > 0, waits.hasNews else { return }
    let now = Deadline.now.nanoseconds
    while left > 0, !output.isFull, waits.appendPush(now: now, to: &output) { left -= 1 }
  }

  /// Answers and pushes of one turn: those of many registers and many connections must not keep
  /// others waiting.
  private static let newsOfTurn = 16

  /// Whether there is something that the client waits for or watches.
  var isWaiting: Bool { waits.map { $0.client.openWaits > 0 || $0.client.isWatching } ?? false }

  /// The connection ends: what was done is told, nothing more is done, and what is open is given
  /// up.
  func finishNews(into output: inout OutputBuffer) {
    guard let waits else { return }
    waits.client.stop()
    while let answer = waits.nextAnswer() { output.append(contentsOf: answer) }
    closeWaits()
  }

  /// Answers every wait that is open: the server ends.
  func endWaits(into output: inout OutputBuffer) {
    guard let waits else { return }
    waits.client.shutDown()
    while let answer = waits.nextAnswer() { output.append(contentsOf: answer) }
  }

  /// The connection is gone.
  func closeWaits() {
    waits?.client.close()
    waits = nil
  }

  var openedWaits: SessionWaits {
    if let waits { return waits }
    let client = hub.makeClient(ready: wake) { [weak self] in self?.reconsider() }
    let waits = SessionWaits(client, context.limits)
    self.waits = waits
    return waits
  }

  // MARK: - Frames

  func waiting(
    _ opcode: Opcode, _ header: FrameHeader, _ body: Span<UInt8>, into output: inout OutputBuffer,
    _ budget: inout ExecutionBudget
  ) throws(WireFailure) {
    budget.spend(ExecutionBudget.wait)
    switch opcode {
    case .waitUntil, .waitThen: try wait(header, body)
    case .cancel: try cancel(header, body, into: &output)
    case .watch: output.append(contentsOf: try watch(header, body))
    case .unwatch: output.append(contentsOf: try unwatch(header, body))
    case .credit: try credit(header, body)
    default:
      var header = header
      let isQuiet = header.flags & FrameFlag.quiet != 0
      header.flags &= ~FrameFlag.quiet
      let reply = try notify(header, body)
      if !isQuiet { output.append(contentsOf: reply) }
    }
  }

  private func wait(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) {
    let (register, rest) = try subject(header, body, to: .read)
    let frame = try WaitFrame(
      header: header, body: body.extracting(rest..<body.count), type: register.type)
    if let then = frame.then { _ = try subject(header, body, to: Rights(for: then.operation)) }
    let waits = openedWaits
    let key = header.sequence
    guard waits.questions[key] == nil else {
      throw WireFailure(
        .badOperand, "a wait with the sequence number \(key) is open: take another number")
    }
    let timeout: UInt64? =
      frame.timeoutMilliseconds == WaitFrame.withoutLimit
      ? nil : UInt64(frame.timeoutMilliseconds) * 1_000_000
    waits.questions[key] = SessionWaits.Question(
      header: header, type: register.type, then: frame.then, returns: frame.returns)
    do throws(ServiceError) {
      try waits.client.wait(
        key, for: register,
        until: WaitCondition(
          frame.predicate, frame.operand, order: frame.order, then: frame.then),
        timeout: timeout, now: Deadline.now.nanoseconds)
    } catch {
      waits.questions[key] = nil
      throw WireFailure(error)
    }
  }

  private func cancel(
    _ header: FrameHeader, _ body: Span<UInt8>, into output: inout OutputBuffer
  ) throws(WireFailure) {
    try requirePlainHeader(header)
    let wait = try CancelFrame(body: body).wait
    guard let waits, waits.client.cancel(wait),
      let question = waits.questions.removeValue(forKey: wait)
    else {
      throw WireFailure(.notFound, "no wait with the sequence number \(wait) is open")
    }
    output.append(contentsOf: SessionWaits.answer(to: question, .cancelled))
    output.append(contentsOf: ControlFrame.done(answering: header))
  }

  private func notify(_ header: FrameHeader, _ body: Span<UInt8>) throws(WireFailure) -> [UInt8] {
    try requireNoVariant(header)
    let (register, rest) = try subject(header, body, to: .operate)
    guard rest == body.count else {
      throw WireFailure(.badOperand, "nothing follows the register of NOTIFY")
    }
    do throws(ServiceError) {
      try service.notify(register)
    } catch {
      throw WireFailure(error)
    }
    return ControlFrame.done(answering: header)
  }

  // MARK: - What the frames have in common

  /// The register that a frame is about, by handle or by name, and where its body goes on.
  func subject(
    _ header: FrameHeader, _ body: Span<UInt8>, to right: Rights
  ) throws(WireFailure) -> (RegisterReference, rest: Int) {
    if header.flags == 0 { return (try register(header.handleOrAuxiliary, to: right), 0) }
    let block = try nameBlock(header, body)
    try requirePlain(block)
    try require(right, on: block, body)
    return (try find(block, body), block.byteCount)
  }

  func requireNoVariant(_ header: FrameHeader) throws(WireFailure) {
    guard header.orderOrStatus == 0, header.type == 0, header.argument == 0 else {
      throw WireFailure(.badOperand, "the order, type and argument bytes are 0 here")
    }
  }

  func requirePlainHeader(_ header: FrameHeader) throws(WireFailure) {
    try requireNoFlags(header)
    try requireNoVariant(header)
    guard header.handleOrAuxiliary == 0 else {
      throw WireFailure(.badOperand, "a request that is not about a register has handle 0")
    }
  }
}

extension Opcode {
  /// Whether the frames are about waiting or watching.
  var isAboutWaiting: Bool {
    switch self {
    case .cancel, .credit, .waitUntil, .waitThen, .watch, .unwatch, .notify: true
    default: false
    }
  }
}
