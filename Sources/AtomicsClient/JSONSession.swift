// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP2Session
import HTTPMessage
import WireProtocol

/// The client's side of the HTTP/2 interface: every command is a request on a stream of its own.
///
/// The server limits the streams. Those that last must leave some to the others, a question whether
/// the server is there among them:
///
///     128 streams:  watches, at most 7/8   waits, at most half of what they leave   all others
final class JSONSession: ClientSession {
  struct Awaited {
    var ticket: UInt64
    var command: ClientCommand
    /// A wait that was given up: what is awaited is that the server knows.
    var isCancelled = false

    /// The error where it ends with `error` instead of an answer.
    func error(_ error: @autoclosure () -> ClientError) -> ClientError {
      isCancelled ? .cancelled(applied: command.appliedWhenLost) : error()
    }
  }

  let connection: UInt64
  let session: HTTP2Session
  private let authority: [UInt8]
  private let scheme: HTTPScheme
  /// The value of `Authorization`; nil: none is sent.
  private let authorization: [UInt8]?
  var awaited: [UInt32: Awaited] = [:]
  /// Open waits by the streams of their present rounds.
  var waits: [UInt32: OpenWait] = [:]
  /// How long one round of a wait may be: shorter where the server's limit is.
  var roundMilliseconds = JSONSession.longestRound
  var watches: [UInt32: OpenWatch] = [:]
  /// The stream of each ticket's wait or watch.
  var streams: [UInt64: UInt32] = [:]
  var replies = RequestQueue<SessionReply>()
  var events = RequestQueue<SessionEvent>()
  /// No round of a wait is begun any more.
  private(set) var isLeaving = false
  /// What the session gives, on its way to the connection's buffer.
  private var scratch: [UInt8] = []
  let farewell: String? = nil
  /// Its SETTINGS have come, and with them how many streams it takes.
  var isReady: Bool { session.hasPeerSettings }
  private var hasHeard = false

  init(
    authority: String, isSecure: Bool = false, connection: UInt64, token: BearerToken? = nil
  ) throws(ClientError) {
    self.authority = Array(authority.utf8)
    scheme = isSecure ? .https : .http
    authorization = token.map { Array("Bearer ".utf8) + $0.bytes }
    self.connection = connection
    do throws(HTTP2Error) {
      session = try HTTP2Session(role: .client)
    } catch {
      throw .connectionLost(reason: "no HTTP/2 session can be made", applied: .no)
    }
  }

  var outstandingCount: Int {
    watches.isEmpty ? awaited.count : awaited.count + watches.values.count { !$0.isAgreed }
  }

  var quietlyAwaitedCount: Int { waits.count }

  /// A request beyond that would wait in the session, as if the server had it.
  var inFlightLimit: Int { max(1, session.peerStreamLimit - waits.count - watches.count) }

  var waitLimit: Int { max(1, (session.peerStreamLimit - watches.count) / 2) }

  func nextReply() -> SessionReply? { replies.popFirst() }

  func nextEvent() -> SessionEvent? { events.popFirst() }

  func cancel(ticket: UInt64, into output: inout OutputBuffer) {
    guard let stream = streams.removeValue(forKey: ticket) else { return }
    session.cancel(stream)
    cancelWait(stream)
    cancelWatch(stream)
    pump(&output)
  }

  func begin(into output: inout OutputBuffer) { pump(&output) }

  func submit(_ command: ClientCommand, ticket: UInt64, into output: inout OutputBuffer) {
    switch command {
    case .wait(let plan, let register): submit(plan, on: register, ticket: ticket)
    case .watch(let plan): submit(plan, ticket: ticket)
    default:
      if let stream = request(command, ticket: ticket) {
        awaited[stream] = Awaited(ticket: ticket, command: command)
      }
    }
    pump(&output)
  }

  /// Sends the request of a command; returns its stream. Nil: it is refused, and replied to.
  func request(_ command: ClientCommand, ticket: UInt64, inPieces: Bool = false) -> UInt32? {
    do throws(ClientError) {
      return try send(command, inPieces: inPieces)
    } catch {
      fail(ticket, error)
      return nil
    }
  }

  /// Sends the request of a command; returns its stream.
  func send(_ command: ClientCommand, inPieces: Bool = false) throws(ClientError) -> UInt32 {
    guard let request = JSONRequest(command) else {
      throw .usage(
        "HTTP has no request `\(command.title)`: use atr://, unix: or shm: instead.")
    }
    var fields = HTTPFields()
    if !request.body.isEmpty { fields.append(name: "content-type", value: "application/json") }
    if let authorization { fields.append(name: "authorization", value: authorization) }
    do throws(HTTP2Error) {
      return try session.submit(
        HTTPRequest(
          method: request.method, target: Array(request.target.utf8), authority: authority,
          scheme: scheme, fields: fields, body: request.body), inPieces: inPieces)
    } catch {
      throw .connectionLost(reason: "the server takes no more requests", applied: .no)
    }
  }

  func reply(_ ticket: UInt64, _ result: Result<ClientReply, ClientError>) {
    replies.append(SessionReply(ticket: ticket, result: result))
  }

  func fail(_ ticket: UInt64, _ error: ClientError) { reply(ticket, .failure(error)) }

  func receive(_ bytes: Span<UInt8>, into output: inout OutputBuffer) throws(ClientError) -> Int {
    let foreign = ClientError.protocolViolation("it does not speak HTTP/2 with prior knowledge")
    // RFC 9113 §3.4: a server begins with SETTINGS, whose length has a first byte of 0.
    if !hasHeard, bytes.count > 0 {
      guard bytes[0] == 0 else { throw foreign }
      hasHeard = true
    }
    let taken: Int
    do throws(HTTP2Error) {
      taken = try session.receive(bytes)
    } catch {
      throw foreign
    }
    while let event = session.nextEvent() {
      switch event {
      case .response(let response, let stream): take(response, stream)
      case .closed(let stream, let code): closed(stream, code)
      case .responseHead(let head, let stream): takeHead(head, stream)
      case .piece(let bytes, let stream): takePiece(bytes, stream)
      case .responseEnd(let stream): takeEnd(stream)
      case .request, .rejected: throw .protocolViolation("it sends requests")
      }
    }
    pump(&output)
    if session.isFinished, !awaited.isEmpty || !waits.isEmpty || !watches.isEmpty {
      throw .connectionLost(reason: "the server ended the connection", applied: .unknown)
    }
    return taken
  }

  private func take(_ response: HTTPResponse, _ stream: UInt32) {
    if let request = awaited.removeValue(forKey: stream) {
      if request.isCancelled { return fail(request.ticket, request.error(.closed)) }
      let result = JSONResponse(response).result(of: request.command, connection: connection)
      reply(request.ticket, result)
    } else {
      takeAnswer(JSONResponse(response), stream)
    }
  }

  private func closed(_ stream: UInt32, _ code: UInt32) {
    // RFC 9113 §8.7: REFUSED_STREAM (7) promises that nothing was processed.
    func error(_ command: ClientCommand) -> ClientError {
      .connectionLost(
        reason: "the server ended the request", applied: code == 7 ? .no : command.appliedWhenLost)
    }
    if let request = awaited.removeValue(forKey: stream) {
      fail(request.ticket, request.error(error(request.command)))
    } else if let wait = waits.removeValue(forKey: stream) {
      streams[wait.ticket] = nil
      fail(wait.ticket, error(wait.command))
    } else {
      cutOff(stream)
    }
  }

  /// Waits that last would keep all calls from the next connection. Those with an operation stay
  /// for the rest of their round, as nobody would know whether it has run.
  func leave() {
    isLeaving = true
    for (stream, wait) in waits where wait.plan.then == nil {
      waits[stream] = nil
      streams[wait.ticket] = nil
      session.cancel(stream)
      fail(wait.ticket, .connectionLost(reason: "the connection is given up", applied: .no))
    }
  }

  func abandon(_ reason: AbandonReason) {
    for request in awaited.values {
      fail(
        request.ticket, request.error(reason.error(request.command.appliedWhenLost)))
    }
    for wait in waits.values { fail(wait.ticket, reason.error(wait.command.appliedWhenLost)) }
    for watch in watches.values where !watch.isAgreed { fail(watch.ticket, reason.error(.no)) }
    awaited.removeAll()
    waits.removeAll()
    watches.removeAll()
    streams.removeAll()
  }

  private func pump(_ output: inout OutputBuffer) {
    session.takeOutput(into: &scratch)
    output.append(contentsOf: scratch)
    scratch.removeAll(keepingCapacity: true)
  }
}
