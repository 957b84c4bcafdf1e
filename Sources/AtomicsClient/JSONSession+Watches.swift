// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTP2Session
import HTTPMessage
import JSONText

/// Watches: requests whose answers are server-sent events and go on.
///
/// What comes is taken at once, whatever becomes of it then: one watch whose events nobody takes
/// holds up no other.
extension JSONSession {
  struct OpenWatch {
    enum Stage {
      /// The server has not answered.
      case asked
      /// It refuses; what has come of the reason.
      case refused(HTTPResponse)
      /// Its events come.
      case agreed(EventStreamReader)
    }

    var ticket: UInt64
    var plan: WatchPlan
    var stage = Stage.asked

    var isAgreed: Bool { if case .agreed = stage { true } else { false } }
  }

  /// The longest reason that is read.
  private static let problemLimit = 64 << 10

  func submit(_ plan: WatchPlan, ticket: UInt64) {
    let command = ClientCommand.watch(plan)
    let limit = max(1, session.peerStreamLimit - max(1, session.peerStreamLimit / 8))
    guard waits.count + watches.count < limit else {
      let text =
        "The server takes \(limit) waits and watches of one HTTP connection: end some, watch a "
        + "prefix, or use atr://."
      return fail(ticket, .rejected(code: "too-many-requests", text: text, applied: .no))
    }
    guard let stream = request(command, ticket: ticket, inPieces: true) else { return }
    watches[stream] = OpenWatch(ticket: ticket, plan: plan)
    streams[ticket] = stream
  }

  /// Nobody wants the watch any more.
  func cancelWatch(_ stream: UInt32) {
    guard let watch = watches.removeValue(forKey: stream) else { return }
    let kept = events.removeAll().filter { $0.ticket != watch.ticket }
    for event in kept { events.append(event) }
    if !watch.isAgreed { fail(watch.ticket, .cancelled(applied: .no)) }
  }

  private func forget(_ stream: UInt32) -> OpenWatch? {
    guard let watch = watches.removeValue(forKey: stream) else { return nil }
    streams[watch.ticket] = nil
    return watch
  }

  // MARK: - What comes

  func takeHead(_ head: HTTPResponse, _ stream: UInt32) {
    guard let ticket = watches[stream]?.ticket else { return }
    let type = head.fields.text(.contentType)?.lowercased()
    guard head.status == 200, let type, type.hasPrefix("text/event-stream") else {
      watches[stream]?.stage = .refused(head)
      return
    }
    watches[stream]?.stage = .agreed(EventStreamReader())
    reply(ticket, .success(.watching))
  }

  func takePiece(_ bytes: [UInt8], _ stream: UInt32) {
    guard var watch = watches[stream] else { return }
    let stage = watch.stage
    // Taken out everywhere, so that what it has is not copied with each piece.
    watch.stage = .asked
    watches[stream]?.stage = .asked
    switch consume stage {
    case .asked: break
    case .refused(var response):
      response.body += bytes
      watches[stream]?.stage = .refused(response)
      if response.body.count > Self.problemLimit {
        session.cancel(stream)
        takeEnd(stream)
      }
    case .agreed(var reader):
      var found: [EventStreamReader.Event] = []
      do throws(EventStreamReader.Malformed) {
        try reader.take(bytes.span, into: &found)
      } catch {
        return breakOff(stream, .protocolViolation("an event that does not end"))
      }
      watch.stage = .agreed(reader)
      watches[stream] = watch
      for event in found where watches[stream] != nil { take(event, watch, stream) }
    }
  }

  /// The answer is complete.
  func takeEnd(_ stream: UInt32) {
    guard let watch = watches[stream] else { return }
    guard case .refused(let response) = watch.stage else { return cutOff(stream) }
    _ = forget(stream)
    reply(
      watch.ticket, JSONResponse(response).result(of: .watch(watch.plan), connection: connection))
  }

  /// The watch's stream has ended, and the server has not said why: it is to be asked again, though
  /// not here, where that could go on for ever.
  func cutOff(_ stream: UInt32) {
    guard let watch = forget(stream) else { return }
    leave()
    if watch.isAgreed {
      tell(.interrupted, watch)
    } else {
      fail(watch.ticket, .connectionLost(reason: "the server ended the request", applied: .no))
    }
  }

  private func take(
    _ text: EventStreamReader.Event, _ watch: OpenWatch, _ stream: UInt32
  ) {
    guard let event = JSONWatchEvent(text) else {
      return breakOff(stream, .protocolViolation("an event of a watch that makes no sense"))
    }
    switch event {
    case .unknown, .gapOfAll: break
    case .ended(let problem): end(watch, problem, stream)
    case .event(let event):
      switch watch.plan.subject {
      case .prefix(let prefix):
        guard event.name.hasPrefix(prefix) else { return refuseForeign(stream) }
        tell(.event(event), watch)
      case .register(let register):
        guard event.name == register.name else { return refuseForeign(stream) }
        guard event.type == register.type else {
          // The reference goes by its name, which means another register by now.
          return breakOff(
            stream, .typeMismatch(name: register.name, event.type, expected: register.type))
        }
        tell(.event(event), watch)
        if event.kind == .deleted { _ = forget(stream) }
      }
    }
  }

  /// The server has said why it ends the watch.
  private func end(_ watch: OpenWatch, _ problem: [UInt8], _ stream: UInt32) {
    let response = JSONResponse(HTTPResponse(status: 500, body: problem))
    switch response.problem(with: .watch(watch.plan)) {
    // The next connection tells whether it may go on.
    case .rejected("shutting-down", _, _), .rejected("unauthorized", _, _): cutOff(stream)
    case let error: breakOff(stream, error)
    }
  }

  private func refuseForeign(_ stream: UInt32) {
    breakOff(stream, .protocolViolation("an event of a register that is not watched"))
  }

  /// Nothing of the watch is taken any more.
  private func breakOff(_ stream: UInt32, _ error: ClientError) {
    guard let watch = forget(stream) else { return }
    session.cancel(stream)
    tell(.ended(error), watch)
  }

  private func tell(_ kind: SessionEvent.Kind, _ watch: OpenWatch) {
    events.append(SessionEvent(ticket: watch.ticket, kind: kind))
  }
}
