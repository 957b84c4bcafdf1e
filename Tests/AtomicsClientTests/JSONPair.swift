// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP2Session
import HTTPMessage

@testable import AtomicsClient

/// A client's session and a server's, joined in memory.
final class JSONPair {
  let client: JSONSession
  let server: HTTP2Session
  private var output = OutputBuffer()
  /// Requests that were not answered at once.
  private(set) var open: [HTTPRequest] = []

  init(limits: HTTPLimits = HTTPLimits()) throws {
    client = try JSONSession(authority: "127.0.0.1:7070", connection: 1)
    server = try HTTP2Session(role: .server, limits: limits)
    client.begin(into: &output)
    try run()
  }

  /// Carries all bytes both ways.
  func run() throws {
    while true {
      let sent = output.withBytes { bytes in bytes.indices.map { bytes[$0] } }
      output.removeAll()
      if !sent.isEmpty { try server.receive(sent.span) }
      while case .request(let request)? = server.nextEvent() { open.append(request) }
      var received: [UInt8] = []
      server.takeOutput(into: &received)
      if sent.isEmpty, received.isEmpty { return }
      _ = try client.receive(received.span, into: &output)
    }
  }

  func submit(_ command: ClientCommand, _ ticket: UInt64) throws {
    client.submit(command, ticket: ticket, into: &output)
    try run()
  }

  func cancel(_ ticket: UInt64) throws {
    client.cancel(ticket: ticket, into: &output)
    try run()
  }

  /// The oldest request that has no answer.
  func take() -> (stream: UInt32, target: String, body: String) {
    let request = open.removeFirst()
    return (
      request.stream, String(decoding: request.target, as: UTF8.self),
      String(decoding: request.body, as: UTF8.self)
    )
  }

  func answer(_ stream: UInt32, _ status: Int, _ text: String) throws {
    server.respond(HTTPResponse(status: status, body: Array(text.utf8)), to: stream)
    try run()
  }

  func begin(_ stream: UInt32, _ status: Int = 200, _ type: String = "text/event-stream") throws {
    var head = HTTPResponse(status: status)
    head.fields.append(name: "content-type", value: type)
    head.delivery = .piecewise
    server.respond(head, to: stream)
    try run()
  }

  func append(_ stream: UInt32, _ text: String) throws {
    server.append(Array(text.utf8).span, to: stream)
    try run()
  }

  func finish(_ stream: UInt32) throws {
    server.finish(stream)
    try run()
  }
}
