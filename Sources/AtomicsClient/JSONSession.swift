// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP2Session
import HTTPMessage
import WireProtocol

/// The client's side of the HTTP/2 interface: every command is a request on a stream of its own.
final class JSONSession: ClientSession {
  struct Awaited {
    var ticket: UInt64
    var command: ClientCommand
  }

  let connection: UInt64
  private let session: HTTP2Session
  private let authority: [UInt8]
  private let scheme: HTTPScheme
  /// The value of `Authorization`; nil: none is sent.
  private let authorization: [UInt8]?
  private var awaited: [UInt32: Awaited] = [:]
  private var replies = RequestQueue<SessionReply>()
  /// What the session gives, on its way to the connection's buffer.
  private var scratch: [UInt8] = []
  /// A request beyond that would wait in the session, as if the server had it.
  var inFlightLimit: Int { session.peerStreamLimit }
  let farewell: String? = nil
  private(set) var isReady = false

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

  var outstandingCount: Int { awaited.count }

  func nextReply() -> SessionReply? { replies.popFirst() }

  func nextEvent() -> SessionEvent? { nil }

  func cancel(ticket: UInt64, into output: inout OutputBuffer) {}

  func begin(into output: inout OutputBuffer) { pump(&output) }

  func submit(_ command: ClientCommand, ticket: UInt64, into output: inout OutputBuffer) {
    guard let request = JSONRequest(command) else {
      let reason = "HTTP has no request `\(command.title)`: use atr://, unix: or shm: instead."
      return replies.append(SessionReply(ticket: ticket, result: .failure(.usage(reason))))
    }
    do throws(HTTP2Error) {
      var fields = HTTPFields()
      if !request.body.isEmpty { fields.append(name: "content-type", value: "application/json") }
      if let authorization { fields.append(name: "authorization", value: authorization) }
      let stream = try session.submit(
        HTTPRequest(
          method: request.method, target: Array(request.target.utf8), authority: authority,
          scheme: scheme, fields: fields, body: request.body))
      awaited[stream] = Awaited(ticket: ticket, command: command)
    } catch {
      replies.append(
        SessionReply(
          ticket: ticket,
          result: .failure(
            .connectionLost(reason: "the server takes no more requests", applied: .no))))
    }
    pump(&output)
  }

  func receive(_ bytes: Span<UInt8>, into output: inout OutputBuffer) throws(ClientError) -> Int {
    let foreign = ClientError.protocolViolation("it does not speak HTTP/2 with prior knowledge")
    // RFC 9113 §3.4: a server begins with SETTINGS, whose length has a first byte of 0.
    if !isReady, bytes.count > 0 {
      guard bytes[0] == 0 else { throw foreign }
      isReady = true
    }
    let taken: Int
    do throws(HTTP2Error) {
      taken = try session.receive(bytes)
    } catch {
      throw foreign
    }
    while let event = session.nextEvent() {
      switch event {
      case .response(let response, let stream):
        guard let request = awaited.removeValue(forKey: stream) else { continue }
        let result = JSONResponse(response).result(of: request.command, connection: connection)
        replies.append(SessionReply(ticket: request.ticket, result: result))
      case .closed(let stream, let code):
        guard let request = awaited.removeValue(forKey: stream) else { continue }
        // RFC 9113 §8.7: REFUSED_STREAM (7) promises that nothing was processed.
        let applied = code == 7 ? .no : request.command.appliedWhenLost
        replies.append(
          SessionReply(
            ticket: request.ticket,
            result: .failure(
              .connectionLost(reason: "the server ended the request", applied: applied))))
      case .responseHead, .piece, .responseEnd:
        // No request here asks for its response in pieces.
        break
      case .request, .rejected:
        throw .protocolViolation("it sends requests")
      }
    }
    pump(&output)
    if session.isFinished, !awaited.isEmpty {
      throw .connectionLost(reason: "the server ended the connection", applied: .unknown)
    }
    return taken
  }

  func abandon(_ reason: AbandonReason) {
    for request in awaited.values {
      replies.append(
        SessionReply(
          ticket: request.ticket,
          result: .failure(reason.error(request.command.appliedWhenLost))))
    }
    awaited.removeAll()
  }

  private func pump(_ output: inout OutputBuffer) {
    session.takeOutput(into: &scratch)
    output.append(contentsOf: scratch)
    scratch.removeAll(keepingCapacity: true)
  }
}
