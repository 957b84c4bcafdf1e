// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP1Session
import HTTP2Session
import HTTPMessage
import RegisterService

/// What the two HTTP engines have in common for their server.
protocol HTTPServerSession: AnyObject {
  associatedtype Failure: Error
  /// Whether a peer that sends no more can still be answered.
  static var outlivesInput: Bool { get }
  /// What there is to do next.
  var outlook: HTTPOutlook { get }
  /// Asked with each head whether the body that follows is to be read; nil: it is.
  var wantsBody: ((_ head: HTTPRequest) -> Bool)? { get set }
  /// Takes bytes from the front of `bytes` and tells how many. Fewer than all: events wait.
  ///
  /// - Throws: When the connection is lost; what is to be sent still may be.
  func receive(_ bytes: Span<UInt8>) throws(Failure) -> Int
  /// Lends the next request to `answer`, which fills in the response; false: there is none now.
  func answerNext(
    _ answer: (borrowing HTTPRequest, HTTPRejection?, inout HTTPResponse) -> Void
  ) -> Bool
  /// Gives at most the first part of what the last answer added to the output.
  func takeAnswer(_ sink: (Span<UInt8>) -> Void)
  /// Gives the answer to a request that was not answered at once, or its beginning.
  ///
  /// - Returns: False if the stream is gone or has its answer already.
  @discardableResult
  func respond(_ response: consuming HTTPResponse, to stream: UInt32) -> Bool
  /// Adds to the body of an answer in pieces.
  ///
  /// - Returns: False if the stream is gone or its answer takes no more.
  @discardableResult
  func append(_ bytes: Span<UInt8>, to stream: UInt32) -> Bool
  /// Ends an answer in pieces; what was added is still sent.
  func finish(_ stream: UInt32)
  /// Body bytes of a stream that are not in the output yet.
  func unsentBytes(of stream: UInt32) -> Int
  /// A stream whose answer, put off or in pieces, is no longer wanted.
  func nextClosed() -> UInt32?
  /// Whether the date is to be set each second, also where nothing comes: there is a stream that
  /// stands still until its peer does something.
  var awaitsPeer: Bool { get }
  /// Sets the `Date` field of what is answered from now on, and tells the time by a clock that
  /// nobody sets, and whether output waits for the socket.
  func setDate(_ text: [UInt8], seconds: Int64, isHeldUp: Bool)
  /// Gives at most about `limit` bytes of what is to be sent, and tells how many.
  func takeOutput(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int
  /// Frees the buffers that are kept for reuse.
  func releaseIdleMemory()
  /// Takes no new requests; answers those that it has, then is finished.
  func beginShutdown()
}

extension HTTP1Session: HTTPServerSession {
  typealias Failure = Never
  func takeAnswer(_ sink: (Span<UInt8>) -> Void) {}
  /// Heads and bodies have deadlines of the connection.
  var awaitsPeer: Bool { false }
  static var outlivesInput: Bool { true }
}
extension HTTP2Session: HTTPServerSession {
  typealias Failure = HTTP2Error
  static var outlivesInput: Bool { false }
}

/// One HTTP connection: the session's requests go to the JSON face, its bytes to the loop.
final class HTTPExchange<Session: HTTPServerSession> {
  let session: Session
  private var api: JSONAPI
  private let clock: WallClock
  /// Nil: nothing is logged.
  private let accessLog: AccessLog?
  private let rules: BrowserRules
  var late: LateAnswers
  /// The peer, as the access log calls it.
  private let peerText: String
  /// What takes its time.
  let lasting: LastingAnswers
  /// Whether there are events that only wait for the socket to take what was written before.
  private(set) var awaitsSending = false
  /// Bytes that the session has taken so far.
  private(set) var receivedCount = 0
  /// Requests, whole or refused, that were answered so far.
  private(set) var messageCount = 0
  /// When the session was told the date.
  private var secondSet = Int64.min

  /// - Parameters:
  ///   - hub: Where the connection waits.
  ///   - wake: Has `process` called again.
  init(
    _ session: Session, _ context: ServerContext, _ clock: WallClock, _ peer: Peer, _ hub: WaitHub,
    wake: @escaping () -> Void
  ) {
    self.session = session
    self.clock = clock
    accessLog = context.accessLog
    rules = context.rules
    late = LateAnswers(context.rules, context.accessLog)
    peerText = accessLog == nil ? "" : "\(peer)"
    lasting = LastingAnswers(context, hub, wake: wake)
    let api = JSONAPI(context, peer)
    self.api = api
    // Who is nobody makes this side keep nothing, however long a body is and however slowly it
    // comes.
    if context.authenticator.control.isOn { session.wantsBody = { api.knows($0) } }
  }

  func process(_ input: Span<UInt8>, into output: inout OutputBuffer, endOfInput: Bool)
    -> StreamProgress
  {
    clock.update()
    if clock.unixSeconds != secondSet {
      secondSet = clock.unixSeconds
      session.setDate(
        clock.text, seconds: Int64(Deadline.now.nanoseconds / 1_000_000_000),
        isHeldUp: output.unsentCount > output.count)
    }
    var budget = ExecutionBudget()
    continueBatches(&budget)
    var consumed = 0
    var outlook: HTTPOutlook
    while true {
      guard let received = try? session.receive(input.extracting(consumed..<input.count)) else {
        flush(into: &output)
        lasting.close()
        return StreamProgress(consumed: input.count, next: .close)
      }
      consumed += received
      receivedCount += received
      let made = answer(&budget, into: &output)
      if lasting.isOpen { tell(output, &budget, isHeard: received > 0) }
      let sent = made + flush(into: &output)
      outlook = session.outlook
      if output.isFull || budget.isSpent || (received == 0 && sent == 0) { break }
      // Answers that went out may have made room for events, and events for input.
      if consumed == input.count && !outlook.hasEvents { break }
    }
    if endOfInput, lasting.isOpen {
      endInput(into: &output, &budget)
      outlook = session.outlook
    }
    // The loop ends the output, and for a second lets the peer send on and read its answer.
    if outlook.isOver {
      lasting.close()
      return StreamProgress(consumed: input.count, next: .close)
    }
    // A session may keep more than one flush takes: nothing else would come back for it.
    let isMoreToDo =
      outlook.hasEvents || outlook.hasOutput || !api.batches.isEmpty
      || consumed < input.count && (budget.isSpent || output.isFull)
      || lasting.isOpen && hasMoreToTell(output)
    if isMoreToDo { return StreamProgress(consumed: consumed, next: .yield) }
    awaitsSending = !lasting.news.isEmpty && output.unsentCount > output.count
    // A half-closed client still gets its answers.
    let isAwaited = endOfInput && lasting.isOpen && Session.outlivesInput
    return StreamProgress(consumed: consumed, next: isAwaited ? .wait : .needInput)
  }

  private func endInput(into output: inout OutputBuffer, _ budget: inout ExecutionBudget) {
    if Session.outlivesInput {
      lasting.endInput()
      tell(output, &budget)
      flush(into: &output)
    } else {
      lasting.close()
    }
  }

  /// Gives back what a busy connection keeps from turn to turn: idle ones are many.
  func releaseIdleMemory() {
    session.releaseIdleMemory()
  }

  func drain(into output: inout OutputBuffer) -> StreamProgress {
    session.beginShutdown()
    if lasting.isOpen { endLasting() }
    flush(into: &output)
    let outlook = session.outlook
    let next: StreamProgress.Next =
      outlook.isOver ? .close : outlook.hasOutput || !api.batches.isEmpty ? .yield : .needInput
    return StreamProgress(consumed: 0, next: next)
  }

  /// Whoever asked for a batch may have gone meanwhile: it is run all the same.
  private func continueBatches(_ budget: inout ExecutionBudget) {
    if !api.batches.isEmpty { forgetClosed() }
    while !budget.isSpent, let done = api.continueBatch(&budget) {
      respond(done.response, to: done.stream)
    }
  }

  /// - Returns: The number of bytes appended.
  private func answer(_ budget: inout ExecutionBudget, into output: inout OutputBuffer) -> Int {
    let start = output.count
    if accessLog != nil || rules.grantsAnything {
      while !budget.isSpent && !output.isFull && answerAndSettle(&budget) { messageCount &+= 1 }
    } else {
      // One access to the face for all answers of a turn.
      messageCount &+= Self.answer(session, &api, lasting, &budget, into: &output)
    }
    return output.count &- start
  }

  /// - Returns: The number of answers.
  private static func answer(
    _ session: Session, _ api: inout JSONAPI, _ lasting: LastingAnswers,
    _ budget: inout ExecutionBudget, into output: inout OutputBuffer
  ) -> Int {
    var count = 0
    while !budget.isSpent && !output.isFull {
      let hasAnswered = session.answerNext { request, rejection, response in
        answer(request, rejection, &response, &api, lasting, &budget)
      }
      guard hasAnswered else { break }
      session.takeAnswer { output.append($0) }
      count &+= 1
    }
    return count
  }

  private static func answer(
    _ request: borrowing HTTPRequest, _ rejection: HTTPRejection?,
    _ response: inout HTTPResponse, _ api: inout JSONAPI, _ lasting: LastingAnswers,
    _ budget: inout ExecutionBudget
  ) {
    if let rejection {
      budget.spend(ExecutionBudget.message)
      api.refuse(request, for: rejection, into: &response)
    } else {
      api.respond(to: request, into: &response, &budget)
      if response.delivery != .whole, let asked = api.takeAsked() {
        begin(asked, lasting, request.stream, &response)
      }
    }
  }

  /// Answers the next request where something is due with answers; false: there is none now.
  private func answerAndSettle(_ budget: inout ExecutionBudget) -> Bool {
    session.answerNext { request, rejection, response in
      let began = accessLog == nil ? 0 : Deadline.now.nanoseconds
      Self.answer(request, rejection, &response, &api, lasting, &budget)
      settle(request, &response, began: began)
    }
  }

  /// Adds to an answer, or to what is known of one that comes later, what is due with it.
  private func settle(
    _ request: borrowing HTTPRequest, _ response: inout HTTPResponse, began: UInt64
  ) {
    if rules.grantsAnything { rules.grant(api.foreignOrigin, &response) }
    if response.delivery == .whole {
      accessLog?.note(
        request, from: peerText, who: api.principal, status: response.status,
        bodyBytes: response.body.count, problem: Problem.slug(of: response), began: began)
    } else {
      late.expect(
        response, on: request.stream, origin: api.foreignOrigin,
        line: accessLog?.begin(request, from: peerText, who: api.principal, began: began))
    }
  }

  // MARK: - Answers that come later

  /// Forgets streams whose answers nobody wants any more.
  func forgetClosed() {
    while let stream = session.nextClosed() {
      lasting.close(stream)
      late.end(stream)
    }
  }

  func respond(_ response: consuming HTTPResponse, to stream: UInt32) {
    var response = response
    late.complete(&response, on: stream)
    session.respond(response, to: stream)
  }

  /// The connection is gone.
  func closed() {
    lasting.close()
    late.endAll()
  }

  /// - Returns: The number of bytes appended.
  @discardableResult
  func flush(into output: inout OutputBuffer) -> Int {
    session.takeOutput(upTo: 256 << 10) { output.append($0) }
  }
}
