// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Foundation
import HTTP1Session
import HTTPMessage
import RegisterService

@testable import AtomicsServer

/// An HTTP/1 connection without its socket.
final class HTTPPeer {
  let exchange: HTTPExchange<HTTP1Session>
  let wakes = WakeCount()
  private let faces: Faces
  private var output = OutputBuffer(highWater: 256 << 10)
  /// What the connection wanted last.
  private(set) var progress = StreamProgress(consumed: 0, next: .needInput)

  init(_ faces: Faces, as peer: Peer = Peer(user: 0, mapsArena: false)) {
    self.faces = faces
    exchange = HTTPExchange(
      HTTP1Session(limits: faces.context.limits.http), faces.context, WallClock(), peer, faces.hub
    ) { [wakes] in wakes.add() }
  }

  /// What is answered to `text` at once.
  ///
  /// - Parameter kept: Bytes that the socket has not taken before.
  func send(_ text: String, endOfInput: Bool = false, kept: Int = 0) -> String {
    output.begin(keptCount: kept)
    let bytes = Array(text.utf8)
    progress = exchange.process(bytes.span, into: &output, endOfInput: endOfInput)
    if endOfInput { exchange.session.endInput() }
    return taken
  }

  private var taken: String {
    output.withBytes { bytes in
      String(decoding: (0..<bytes.count).map { bytes[$0] }, as: UTF8.self)
    }
  }

  /// What the connection says when the hub has done its work.
  func news(kept: Int = 0) -> String {
    while faces.hub.process(now: Deadline.now.nanoseconds) {}
    return send("", kept: kept)
  }

  func drain() -> String {
    output.begin(keptCount: 0)
    progress = exchange.drain(into: &output)
    return taken
  }

  /// What a heartbeat that is due says; nil: the reader is given up.
  func beat(now: UInt64, unsent: Int = 0) -> String? {
    output.begin(keptCount: unsent)
    guard let progress = exchange.beat(now: now, unsent: unsent, into: &output) else { return nil }
    self.progress = progress
    return taken
  }

  /// A request for an event stream that is told in plain text, not in chunks.
  static func watch(_ query: String, fields: String = "") -> String {
    "GET /v1/watch?\(query) HTTP/1.0\r\nHost: localhost\r\n\(fields)\r\n"
  }

  static func post(_ target: String, _ body: String, fields: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: localhost\r\n\(fields)"
      + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }
}

/// The answers in a text of HTTP/1.1, each with the bytes that its length tells.
struct HTTPAnswers {
  var statuses: [Int] = []
  var bodies: [String] = []

  init(_ text: String) {
    var rest = Substring(text)
    while let end = rest.range(of: "\r\n\r\n") {
      let head = rest[..<end.lowerBound]
      statuses.append(Int(head.dropFirst(9).prefix(3)) ?? 0)
      let length = head.range(of: "content-length: ").map { head[$0.upperBound...] }
      let count = Int(length?.prefix { $0.isNumber } ?? "0") ?? 0
      bodies.append(String(rest[end.upperBound...].prefix(count)))
      rest = rest[end.upperBound...].dropFirst(count)
    }
  }

  /// The last parts of the types of problems.
  var slugs: [String] {
    bodies.map { body in
      body.range(of: "/problems/").map { body[$0.upperBound...].prefix { $0 != "\"" } }
        .map(String.init) ?? ""
    }
  }
}

/// The events in a text of server-sent events.
struct HeardEvents {
  /// As `change n=5`.
  var told: [String] = []
  var data: [String] = []
  var ids: [String] = []
  var comments = 0

  init(_ text: String) {
    for block in text.components(separatedBy: "\n\n") {
      let lines = block.components(separatedBy: "\n")
      func field(_ name: String) -> String? {
        lines.first { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.count + 2)) }
      }
      if block == ":" { comments += 1 }
      guard let event = field("event"), let data = field("data") else { continue }
      ids.append(field("id") ?? "")
      self.data.append(data)
      let object = try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any]
      let name = object?["name"] as? String
      let value = object?["value"] as? String
      told.append(event + (name.map { " \($0)" } ?? "") + (value.map { "=\($0)" } ?? ""))
    }
  }
}
