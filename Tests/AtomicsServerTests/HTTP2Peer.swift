// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP2Session
import HTTPMessage

@testable import AtomicsServer

/// An HTTP/2 connection without its socket, with a client on it.
final class HTTP2Peer {
  let client: HTTP2Session
  let exchange: HTTPExchange<HTTP2Session>
  private var output = OutputBuffer(highWater: 256 << 10)

  init(_ faces: Faces, clientLimits: HTTPLimits = HTTPLimits()) throws {
    client = try HTTP2Session(role: .client, limits: clientLimits)
    exchange = HTTPExchange(
      try HTTP2Session(role: .server, limits: faces.context.limits.http), faces.context,
      WallClock(), Peer(user: 0, mapsArena: false), faces.hub
    ) {}
  }

  /// What a client has heard.
  struct Heard {
    var responses: [UInt32: HTTPResponse] = [:]
    var text: [UInt32: String] = [:]
    var ended: Set<UInt32> = []
  }

  func post(_ target: String, _ body: String) throws -> UInt32 {
    try client.submit(
      HTTPRequest(
        method: .post, target: Array(target.utf8), authority: Array("localhost".utf8),
        body: Array(body.utf8)))
  }

  func watch(_ query: String) throws -> UInt32 {
    try client.submit(
      HTTPRequest(
        method: .get, target: Array("/v1/watch?\(query)".utf8),
        authority: Array("localhost".utf8)),
      inPieces: true)
  }

  /// Carries bytes both ways until there are none, and tells what the client has heard.
  ///
  /// - Parameter fetches: Whether the client takes what has come; else its windows close.
  func run(fetches: Bool = true) -> Heard {
    var heard = Heard()
    var isQuiet = false
    while !isQuiet {
      var bytes: [UInt8] = []
      client.takeOutput(into: &bytes)
      output.begin(keptCount: 0)
      let progress = exchange.process(bytes.span, into: &output, endOfInput: false)
      output.withBytes { _ = try? client.receive($0) }
      isQuiet = bytes.isEmpty && output.count == 0 && progress.next != .yield
      while fetches, let event = client.nextEvent() {
        // What is fetched opens windows.
        isQuiet = false
        switch event {
        case .response(let response, let stream), .responseHead(let response, let stream):
          heard.responses[stream] = response
        case .piece(let bytes, let stream):
          heard.text[stream, default: ""] += String(decoding: bytes, as: UTF8.self)
        case .responseEnd(let stream), .closed(let stream, _): heard.ended.insert(stream)
        case .request, .rejected: break
        }
      }
    }
    return heard
  }
}
