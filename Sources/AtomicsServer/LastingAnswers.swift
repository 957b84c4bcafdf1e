// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTPMessage
import RegisterService

/// The answers of one HTTP connection that take their time: waits, and event streams.
///
///     request ──▶ JSONAPI ──▶ wait, watch ──▶ WaitClient ──▶ hub
///     response ◀── HTTPExchange.tell ◀── news, nextAnswer ◀── ready, wake
///
/// All waits are one client of the hub; each stream is one of its own, so that a reader that is
/// slow on one loses nothing on the others.
///
/// **Thread safety**: the loop's thread.
final class LastingAnswers {
  private let context: ServerContext
  private let hub: WaitHub
  /// Has the connection called again.
  private let wake: () -> Void
  /// Of the waits; made with the first answer that lasts. The streams share its limits.
  private var client: WaitClient?
  private var questions: [UInt32: WaitQuestion] = [:]
  private var streams: [UInt32: EventStream] = [:]
  /// Waits that ended for a reason of their own.
  private var refusals: [(stream: UInt32, problem: Problem)] = []
  /// Streams that have something to tell, in turns.
  private(set) var news: [EventStream] = []
  /// Whether anything is asked that was not answered to its end.
  private(set) var isOpen = false
  /// Since when nothing was heard of the reader, nor taken of what waits for it; nil: it was.
  private var stall: (unsent: Int, received: Int, beats: Int)?
  /// When the next stream may be due for a heartbeat.
  private(set) var nextBeat = UInt64.max

  init(_ context: ServerContext, _ hub: WaitHub, wake: @escaping () -> Void) {
    self.context = context
    self.hub = hub
    self.wake = wake
  }

  private var openedClient: WaitClient {
    if let client { return client }
    let client = hub.makeClient(ready: wake) { [weak self] in self?.reconsiderWaits() }
    self.client = client
    return client
  }

  private func updateIsOpen() { isOpen = !questions.isEmpty || !streams.isEmpty }

  // MARK: - Waits

  var isWaiting: Bool { !questions.isEmpty }

  /// Waits for a register on behalf of a request. Its answer may be there when this returns.
  ///
  /// - Throws: ``Problem`` where it cannot be waited for.
  func wait(_ question: WaitQuestion, for stream: UInt32) throws(Problem) {
    questions[stream] = question
    defer { updateIsOpen() }
    do throws(ServiceError) {
      try openedClient.wait(
        stream, for: question.register, until: question.condition,
        timeout: question.timeoutNanoseconds, now: Deadline.now.nanoseconds)
    } catch {
      questions[stream] = nil
      throw question.refusal(Problem(error))
    }
  }

  var hasAnswers: Bool { !refusals.isEmpty || client?.hasResults ?? false }

  /// The next answer to a wait.
  func nextAnswer() -> (stream: UInt32, response: HTTPResponse)? {
    defer { updateIsOpen() }
    if let (stream, problem) = refusals.popLast() {
      if let question = questions.removeValue(forKey: stream) {
        return (stream, question.refusal(problem).response)
      }
    }
    while let (stream, result) = client?.nextResult() {
      if let question = questions.removeValue(forKey: stream) {
        return (stream, question.answer(result))
      }
    }
    return nil
  }

  /// The rules have changed: who may not ask any more what is waited for hears that instead.
  private func reconsiderWaits() {
    for (stream, question) in questions {
      guard let caller = question.caller, caller.isOutdated else { continue }
      guard let renewed = caller.renewed else {
        refuse(
          stream,
          JSONAPI.unauthorized("Bearer", "the access rules have changed, and know you no more"))
        continue
      }
      let missing = question.rights.subtracting(
        renewed.access.rights(on: question.name.utf8.span))
      if missing.isEmpty {
        questions[stream]?.caller = renewed
      } else {
        refuse(
          stream, Problem(.forbidden, renewed.access.denial(of: missing, on: question.name)))
      }
    }
  }

  private func refuse(_ stream: UInt32, _ problem: Problem) {
    // Else it has ended before, and that is what is told.
    guard client?.cancel(stream) ?? false else { return }
    refusals.append((stream, problem))
    wake()
  }

  // MARK: - Streams

  var isWatching: Bool { !streams.isEmpty }

  /// Begins an event stream as the answer to a request.
  ///
  /// - Returns: The first text of it.
  /// - Throws: ``Problem`` where it cannot begin.
  func watch(_ question: WatchQuestion, for stream: UInt32) throws(Problem) -> [UInt8] {
    let limit = context.limits.watches
    guard streams.count < limit else {
      var problem = Problem(
        .tooManyRequests, "a connection has at most \(limit) event streams: end some")
      problem.retryAfterSeconds = 1
      throw problem
    }
    let now = Deadline.now.nanoseconds
    let id = EventID(epoch: context.service.bootEpoch, stream: context.nextEventStream())
    let events = EventStream(stream, question, id, now: now)
    let client = hub.makeClient(sharingLimitWith: openedClient) { [weak self, weak events] in
      if let self, let events { list(events) }
    } reconsider: { [weak self, weak events] in
      if let self, let events, events.reconsider() { list(events) }
    }
    do throws(ServiceError) {
      try events.begin(question, with: client, now: now)
    } catch {
      end(events)
      throw Problem(error)
    }
    streams[stream] = events
    isOpen = true
    let interval = context.limits.heartbeatNanoseconds
    if interval > 0 { nextBeat = min(nextBeat, now &+ interval) }
    var text = EventText()
    events.begin(&text, isResumed: question.isResumed)
    return text.bytes
  }

  /// An answer has begun that turns out to be complete: its session tells so.
  func noteHead() { isOpen = true }

  /// The stream has something to tell.
  private func list(_ events: EventStream) {
    guard !events.isListed else { return }
    events.isListed = true
    news.append(events)
    wake()
  }

  /// Takes all that have something to tell.
  func takeNews() -> [EventStream] {
    let taken = news
    news = []
    for events in taken { events.isListed = false }
    return taken
  }

  /// It has something to tell that cannot be told now.
  func putBack(_ events: EventStream) {
    guard !events.isListed, streams[events.stream] != nil else { return }
    events.isListed = true
    news.append(events)
  }

  // MARK: - Heartbeats

  /// Runs `body` on the streams that are due for a heartbeat.
  func forEachQuiet(now: UInt64, _ body: (EventStream) -> Void) {
    let interval = context.limits.heartbeatNanoseconds
    nextBeat = .max
    for events in streams.values {
      if now >= events.writtenAt &+ interval {
        events.writtenAt = now
        body(events)
      }
      nextBeat = min(nextBeat, events.writtenAt &+ interval)
    }
  }

  /// Beats after which a reader is given up that takes nothing of what waits for it.
  private static let beatsOfStall = 4

  /// Whether the reader was heard or has taken something since the last beat, or is not yet given
  /// up.
  ///
  /// - Parameters:
  ///   - unsent: Bytes that its socket has not taken.
  ///   - received: Bytes that have come from it.
  func isReaderAlive(unsent: Int, received: Int) -> Bool {
    guard unsent > 0 else {
      stall = nil
      return true
    }
    guard let last = stall, unsent >= last.unsent, received == last.received else {
      stall = (unsent, received, 0)
      return true
    }
    stall = (unsent, received, last.beats + 1)
    return last.beats + 1 < Self.beatsOfStall
  }

  // MARK: - The end

  /// Nobody wants the answer any more.
  func close(_ stream: UInt32) {
    if questions.removeValue(forKey: stream) != nil { _ = client?.cancel(stream) }
    if let events = streams.removeValue(forKey: stream) { end(events) }
    updateIsOpen()
  }

  private func end(_ events: EventStream) {
    events.close()
    guard events.isListed else { return }
    events.isListed = false
    news.removeAll { $0 === events }
  }

  /// The client says nothing more: where an operation would run when its wait ends, or events go on
  /// for ever, nobody may be there any more.
  func endInput() {
    client?.giveUp()
    for events in streams.values {
      events.endSoon()
      list(events)
    }
  }

  /// Answers everything: the server ends.
  func shutDown() {
    client?.shutDown()
    for events in streams.values {
      events.end(Problem(.shuttingDown, "the server ends: connect again, and watch anew"))
      list(events)
    }
  }

  /// The connection is gone.
  func close() {
    client?.close()
    client = nil
    for events in streams.values { events.close() }
    (questions, streams, refusals, news) = ([:], [:], [], [])
    nextBeat = .max
    isOpen = false
  }
}
