// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTPMessage
import JSONText
import RegisterService

/// Answers that come later, and answers without an end.
extension HTTPExchange {
  /// Events of one turn: those of many registers and many connections must not keep others waiting.
  private static var eventsOfTurn: Int { 32 }

  /// Begins what was asked in place of an answer.
  static func begin(
    _ asked: JSONAPI.Asked, _ lasting: LastingAnswers, _ stream: UInt32,
    _ response: inout HTTPResponse
  ) {
    do throws(Problem) {
      switch asked {
      case .wait(let question): try lasting.wait(question, for: stream)
      case .watch(let question):
        response.status = 200
        response.content = .eventStream
        response.isNeverStored = true
        // Proxies are not to keep events back until there are more of them.
        response.fields.append(name: "x-accel-buffering", value: "no")
        if question.wantsHeadOnly {
          lasting.noteHead()
        } else {
          response.body = try lasting.watch(question, for: stream)
        }
      }
    } catch {
      error.write(to: &response)
    }
  }

  /// Tells what has come about since, as much as the turn has room for.
  ///
  /// - Parameter isHeard: Whether the client has sent something just now.
  func tell(
    _ output: borrowing OutputBuffer, _ budget: inout ExecutionBudget, isHeard: Bool = false
  ) {
    forgetClosed()
    while !budget.isSpent, let (stream, response) = lasting.nextAnswer() {
      budget.spend(ExecutionBudget.message)
      respond(response, to: stream)
    }
    // What the socket has not taken yet would only be kept here, and grow old. Who asks for more
    // all the time may never have taken everything, and is told all the same.
    let isTaken = output.unsentCount == output.count
    guard !lasting.news.isEmpty, isTaken || isHeard && !output.isFull else { return }
    var left = Self.eventsOfTurn
    tellEvents(&left)
  }

  /// Writes events, `left` of them at most, to the streams that have taken what was written before.
  private func tellEvents(_ left: inout Int) {
    let now = Deadline.now.nanoseconds
    var text = EventText()
    for events in lasting.takeNews() {
      guard left > 0, session.unsentBytes(of: events.stream) < EventStream.unsentLimit else {
        lasting.putBack(events)
        continue
      }
      text.removeAll()
      let goesOn = events.write(into: &text, &left, now: now)
      if !text.isEmpty {
        events.writtenAt = now
        append(text, to: events.stream)
      }
      if !goesOn {
        finish(events.stream)
      } else if events.hasNews {
        lasting.putBack(events)
      }
    }
  }

  /// Whether there is something that can be told at once.
  func hasMoreToTell(_ output: borrowing OutputBuffer) -> Bool {
    if lasting.hasAnswers { return true }
    guard output.unsentCount == output.count else { return false }
    return lasting.news.contains {
      session.unsentBytes(of: $0.stream) < EventStream.unsentLimit
    }
  }

  // MARK: - Time

  /// Nanoseconds until a quiet stream may be due for a heartbeat; nil: none ever is.
  func nanosecondsToBeat(at now: UInt64) -> UInt64? {
    let next = lasting.nextBeat
    return next == .max ? nil : next > now ? next - now : 0
  }

  /// Sends heartbeats where they are due.
  ///
  /// - Parameter unsent: Bytes that the socket has not taken.
  /// - Returns: Nil: the reader is given up, as one that is dead.
  func beat(now: UInt64, unsent: Int, into output: inout OutputBuffer) -> StreamProgress? {
    if lasting.nextBeat <= now {
      guard lasting.isReaderAlive(unsent: unsent, received: receivedCount) else { return nil }
      let heartbeat = EventText.heartbeat
      lasting.forEachQuiet(now: now) { events in
        // Where something waits to be read, that will do.
        if unsent == 0, session.unsentBytes(of: events.stream) == 0 {
          session.append(heartbeat.span, to: events.stream)
          late.add(heartbeat.count, on: events.stream)
        }
      }
      flush(into: &output)
    }
    return StreamProgress(consumed: 0, next: session.outlook.hasOutput ? .yield : .needInput)
  }

  // MARK: - The end

  /// Answers everything that is open: the server ends.
  func endLasting() {
    lasting.shutDown()
    while let (stream, response) = lasting.nextAnswer() { respond(response, to: stream) }
    for events in lasting.takeNews() {
      var text = EventText()
      _ = events.writesEnd(into: &text)
      append(text, to: events.stream)
      finish(events.stream)
    }
  }

  private func append(_ text: EventText, to stream: UInt32) {
    session.append(text.bytes.span, to: stream)
    late.add(text.bytes.count, on: stream)
  }

  private func finish(_ stream: UInt32) {
    session.finish(stream)
    lasting.close(stream)
    late.end(stream)
  }
}
