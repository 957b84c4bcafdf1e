// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import RegisterService
import WireProtocol

/// What a binary connection waits for and watches, and what of its answers only it knows.
final class SessionWaits {
  let client: WaitClient
  /// How each open wait is answered, by its sequence number.
  var questions: [UInt32: Question] = [:]
  /// Events that the client still takes.
  private(set) var credits: Int
  private let creditLimit: Int

  struct Question {
    var header: FrameHeader
    var type: RegisterType
    /// What a WAIT_THEN runs, and which value its answer has.
    var then: AtomicRequest?
    var returns: ReturnMode
  }

  init(_ client: WaitClient, _ limits: ServerLimits) {
    self.client = client
    credits = min(limits.eventCredits, limits.eventCreditLimit)
    creditLimit = limits.eventCreditLimit
  }

  func addCredits(_ count: UInt32) { credits = min(creditLimit, credits + Int(count)) }

  /// Whether there is something to tell.
  var hasNews: Bool { client.hasResults || credits > 0 && client.hasEvents }

  /// The frame of the next answer.
  func nextAnswer() -> [UInt8]? {
    while let (key, result) = client.nextResult() {
      if let question = questions.removeValue(forKey: key) {
        return Self.answer(to: question, result)
      }
    }
    return nil
  }

  static func answer(to question: Question, _ result: WaitResult) -> [UInt8] {
    let header = question.header
    switch result {
    case .satisfied(let value):
      return WaitFrame.answer(to: header, .ok, value: value, type: question.type)
    case .timedOut(let value):
      return WaitFrame.answer(to: header, .timeout, value: value, type: question.type)
    case .performed(let outcome, _):
      guard let then = question.then else { return [] }
      return OperationFrame.reply(
        to: header, then, outcome, returns: question.returns, type: question.type
      ).bytes
    case .refused(let error):
      return WireFailure(error).frame(answering: header)
    case .cancelled:
      return WireFailure(.cancelled, "the wait was cancelled").frame(answering: header)
    case .shuttingDown:
      return WireFailure(.shuttingDown, "the server ends: connect again, and wait anew")
        .frame(answering: header)
    }
  }

  /// Appends the frame of the next event, which costs a credit.
  ///
  /// - Returns: False: there is none.
  func appendPush(now: UInt64, to output: inout OutputBuffer) -> Bool {
    guard credits > 0, let event = client.nextEvent(now: now) else { return false }
    credits -= 1
    let kind: WatchPush.Kind
    var value: UInt128 = 0
    switch event.kind {
    case .ended(let error):
      output.append(
        contentsOf: WatchPush.ended(WireFailure(error), sequence: event.key, watch: event.watch))
      return true
    case .deleted: kind = .deleted
    case .value(let found, let skips): (kind, value) = (skips ? .gap : .event, found)
    }
    guard let type = event.type else { return false }
    let push = WatchPush(
      kind, sequence: event.key, watch: event.watch, type: type, changes: event.changes,
      leftOut: event.leftOut, generation: event.generation, slot: event.slot, value: value,
      name: event.name)
    let words = push.words
    for index in 0..<words.count { output.append(word: words.words[index]) }
    output.append(event.name.utf8.span)
    for _ in 0..<push.padding { output.append(0) }
    return true
  }
}
