// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

/// A client's responses that are told as they come.
@Suite struct ResponsePiecesTests {
  /// A client, and a server that has its request: to be answered in pieces.
  static func open(
    _ made: HTTPRequest = request(.get, "/"), clientLimits: HTTPLimits = HTTPLimits()
  ) throws -> (pair: Pair, stream: UInt32) {
    let pair = try Pair(clientLimits: clientLimits)
    let stream = try pair.client.submit(made, inPieces: true)
    #expect(try pair.run { _ in nil }.isEmpty)
    return (pair, stream)
  }

  static let head: HTTPResponse = {
    var fields = HTTPFields()
    fields.append(name: "x-kind", value: "news")
    var response = HTTPResponse(status: 200, fields: fields)
    response.delivery = .piecewise
    return response
  }()
  /// As the client sees it.
  static let seenHead = HTTPResponse(status: 200, fields: head.fields)

  @Test("head, pieces and end are told as they come")
  func inOrder() throws {
    let (pair, stream) = try Self.open()
    pair.server.respond(Self.head, to: stream)
    #expect(try pair.run() == [.responseHead(Self.seenHead, stream: stream)])
    for byte: UInt8 in 1...3 {
      pair.server.add([byte, byte], to: stream)
      #expect(try pair.run() == [.piece([byte, byte], stream: stream)])
    }
    pair.server.finish(stream)
    #expect(try pair.run() == [.responseEnd(stream: stream)])
    #expect(pair.client.openStreams == 0 && pair.client.nextEvent() == nil)
  }

  @Test("what came at once is told in order; pieces that were not fetched are one")
  func atOnce() throws {
    let (pair, stream) = try Self.open()
    var first = Self.head
    first.body = [1]
    pair.server.respond(first, to: stream)
    var bytes = output(of: pair.server)
    for byte: UInt8 in 2...4 {
      pair.server.add([byte], to: stream)
      bytes += output(of: pair.server)
    }
    pair.server.finish(stream)
    bytes += output(of: pair.server)
    let all: [HTTPEvent] = [
      .responseHead(Self.seenHead, stream: stream), .piece([1, 2, 3, 4], stream: stream),
      .responseEnd(stream: stream),
    ]
    try Pair.deliver(bytes, to: pair.client, chunk: 1)
    #expect(pair.client.openStreams == 1)
    var events: [HTTPEvent] = []
    while let event = pair.client.nextEvent() { events.append(event) }
    #expect(events == all && pair.client.openStreams == 0)
  }

  @Test("whole answers, HEAD and empty ones have a head and an end")
  func whole() throws {
    for (method, body) in [
      (HTTPMethod.get, [UInt8](repeating: 7, count: 40)), (.get, []), (.head, [7]),
    ] {
      let (pair, stream) = try Self.open(request(method, "/"))
      pair.server.respond(HTTPResponse(status: 200, body: body), to: stream)
      let events = try pair.run()
      guard case .responseHead(let head, stream)? = events.first else {
        Issue.record("\(events)")
        continue
      }
      #expect(head.body.isEmpty && head.fields.text("content-length") == "\(body.count)")
      let piece: [HTTPEvent] = body.count == 40 ? [.piece(body, stream: stream)] : []
      #expect(Array(events.dropFirst()) == piece + [.responseEnd(stream: stream)])
    }
  }

  @Test("a body longer than any window comes through, and waits while it is not fetched")
  func windows() throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 10_000
    let (pair, stream) = try Self.open(clientLimits: limits)
    pair.server.respond(Self.head, to: stream)
    #expect(try pair.run().count == 1)
    let window = 10_000 + 16 << 10
    let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    pair.server.add(body, to: stream)
    // Nothing is fetched: no more than a window comes, whatever the client says.
    for _ in 0..<10 {
      try Pair.deliver(output(of: pair.server), to: pair.client, chunk: 1000)
      try Pair.deliver(output(of: pair.client), to: pair.server, chunk: 1000)
    }
    #expect(pair.server.unsentBytes(of: stream) == body.count - window)
    // Other streams go on meanwhile.
    let other = try pair.client.submit(request(.post, "/", body: [1]))
    try Pair.deliver(output(of: pair.client), to: pair.server, chunk: .max)
    #expect(pair.server.answerNext { _, _, response in response.status = 204 })
    try Pair.deliver(output(of: pair.server), to: pair.client, chunk: .max)
    var received: [UInt8] = []
    var others: [HTTPEvent] = []
    var isQuiet = false
    pair.server.finish(stream)
    while !isQuiet {
      isQuiet = true
      for event in try pair.run(answer: { _ in nil }) {
        isQuiet = false
        switch event {
        case .piece(let bytes, stream):
          #expect(bytes.count <= window)
          received += bytes
        default: others.append(event)
        }
      }
    }
    // As one value: what differs between long arrays takes minutes to say.
    let isSame = received == body
    #expect(isSame && received.count == body.count)
    #expect(
      others == [
        .response(HTTPResponse(status: 204), stream: other), .responseEnd(stream: stream),
      ])
    #expect(pair.client.openStreams == 0 && pair.server.openStreams == 0)
  }

  @Test("a reset is told after the pieces before it; a cancelled stream ends too")
  func resets() throws {
    for cancels in [true, false] {
      let (pair, stream) = try Self.open()
      pair.server.respond(Self.head, to: stream)
      pair.server.add([1, 2], to: stream)
      try Pair.deliver(output(of: pair.server), to: pair.client, chunk: .max)
      if cancels {
        pair.client.cancel(stream)
      } else {
        pair.server.cancel(stream)
      }
      let events = try pair.run { _ in nil }
      #expect(
        events == [
          .responseHead(Self.seenHead, stream: stream), .piece([1, 2], stream: stream),
          .closed(stream: stream, code: 8),
        ])
      #expect(pair.client.openStreams == 0 && pair.server.openStreams == 0)
      #expect(pair.server.nextClosed() == stream)
    }
  }

  @Test("a stream that ends before its head is closed, one over the limits of heads as well")
  func noHead() throws {
    let (pair, stream) = try Self.open()
    pair.server.cancel(stream)
    #expect(try pair.run() == [.closed(stream: stream, code: 8)])
    var limits = HTTPLimits()
    limits.headerBytes = 100
    for ends in [true, false] {
      let (pair, stream) = try Self.open(clientLimits: limits)
      var response = Self.head
      response.fields.append(name: "x-long", value: String(repeating: "v", count: 100))
      response.delivery = ends ? .whole : .piecewise
      pair.server.respond(response, to: stream)
      #expect(try pair.run() == [.closed(stream: stream, code: 8)])
      #expect(pair.client.openStreams == 0)
    }
  }

  @Test("trailers after the pieces are left out, interim heads before them too")
  func trailers() throws {
    let client = try HTTP2Session(role: .client)
    let stream = try client.submit(request(.get, "/"), inPieces: true)
    _ = output(of: client)
    var events: [HTTPEvent] = []
    func receive(_ bytes: [UInt8]) throws {
      try Pair.deliver(bytes, to: client, chunk: 1)
      while let event = client.nextEvent() { events.append(event) }
    }
    let interim = Frames.literal(":status", "103") + Frames.literal("link", "x")
    try receive(Frames.settings + Frames.frame(1, 4, stream, interim))
    #expect(events.isEmpty)
    try receive(Frames.frame(1, 4, stream, [0x88]) + Frames.frame(0, 0, stream, [1]))
    try receive(Frames.frame(1, 5, stream, Frames.literal("x-trailer", "y")))
    #expect(
      events == [
        .responseHead(HTTPResponse(status: 200), stream: stream), .piece([1], stream: stream),
        .responseEnd(stream: stream),
      ])
    #expect(client.openStreams == 0)
  }

  @Test("a response may end before its request has gone")
  func earlyEnd() throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 100
    let pair = try Pair(serverLimits: limits)
    let stream = try pair.client.submit(
      request(.put, "/", body: [UInt8](repeating: 1, count: 100_000)), inPieces: true)
    let events = try pair.run()
    guard case .responseHead(let head, stream)? = events.first else {
      Issue.record("\(events)")
      return
    }
    #expect(head.status == 413)
    #expect(Array(events.dropFirst()) == [.responseEnd(stream: stream)])
    #expect(pair.client.openStreams == 0 && pair.client.unsentBytes == 0)
  }
}
