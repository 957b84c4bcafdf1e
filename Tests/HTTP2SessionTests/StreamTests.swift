// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

@Suite struct StreamTests {
  @Test("many streams with bodies of all sizes each get their own answer", arguments: [100, 65536])
  func many(chunk: Int) throws {
    let pair = try Pair()
    var expected: [UInt32: [UInt8]] = [:]
    for number in 0..<300 {
      // Beyond the limit of concurrent streams the client's session makes the rest wait.
      let body = [UInt8](repeating: UInt8(number & 0xFF), count: number * 97 % 20_000)
      let stream = try pair.client.submit(request(.post, "/\(number)", body: body))
      #expect(expected.updateValue(body, forKey: stream) == nil)
    }
    let events = try pair.run(chunk: chunk)
    #expect(events.count == 300)
    for event in events {
      guard case .response(let response, let stream) = event else {
        Issue.record("\(event)")
        continue
      }
      #expect(expected.removeValue(forKey: stream) == response.body)
      #expect(response.fields.text("x-target") == "/\((stream - 1) / 2)")
    }
    #expect(expected.isEmpty)
    #expect(pair.server.openStreams == 0 && pair.client.openStreams == 0)
    #expect(pair.server.unsentBytes == 0 && pair.client.unsentBytes == 0)
  }

  @Test("more bodies than a window holds go through one after the other")
  func windows() throws {
    let pair = try Pair()
    let body = [UInt8](repeating: 7, count: 1 << 20)
    for round in 0..<8 {
      _ = try pair.client.submit(request(.put, "/\(round)", body: body))
      let events = try pair.run(chunk: 1 << 20)
      guard case .response(let response, _)? = events.first else {
        Issue.record("round \(round): \(events)")
        return
      }
      #expect(response.body == body)
    }
  }

  @Test("HEAD, 204 and 304 send no body, HEAD the length of one")
  func bodiless() throws {
    let pair = try Pair()
    let streams = [
      try pair.client.submit(request(.head, "/200")), try pair.client.submit(request(.get, "/204")),
      try pair.client.submit(request(.get, "/304")),
    ]
    let events = try pair.run { event in
      guard case .request(let request) = event else { return nil }
      let status = Int(String(decoding: request.target.dropFirst(), as: UTF8.self)) ?? 0
      return (HTTPResponse(status: status, body: [0x31, 0x32]), request.stream)
    }
    var lengths: [UInt32: String?] = [:]
    for case .response(let response, let stream) in events {
      #expect(response.body.isEmpty)
      lengths[stream] = response.fields.text("content-length")
    }
    #expect(lengths == [streams[0]: "2", streams[1]: nil, streams[2]: nil])
  }

  @Test(
    "a body over the limit is 413 before it has come, one of just the limit is read",
    arguments: [(1000, 200), (1001, 413), (500_000, 413)])
  func tooLarge(count: Int, status: Int) throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 1000
    let pair = try Pair(serverLimits: limits)
    let stream = try pair.client.submit(
      request(.put, "/", body: [UInt8](repeating: 1, count: count)))
    let events = try pair.run()
    guard case .response(let response, stream)? = events.first, events.count == 1 else {
      Issue.record("\(events)")
      return
    }
    #expect(response.status == status)
    #expect(pair.server.openStreams == 0)
    // The connection goes on.
    _ = try pair.client.submit(request(.get, "/"))
    #expect(try pair.run().count == 1)
  }

  @Test("fields over the limits are 431, a target over its limit is 414")
  func longHeads() throws {
    func status(_ request: HTTPRequest) throws -> Int? {
      let pair = try Pair()
      _ = try pair.client.submit(request)
      guard case .response(let response, _)? = try pair.run().first else { return nil }
      return response.status
    }
    let value = String(repeating: "v", count: 1000)
    let long = (0..<20).map { ("x-\($0)", value) }
    let many = (0..<101).map { ("x-\($0)", "v") }
    let target = "/" + String(repeating: "t", count: 8191)
    #expect(try status(request(.get, "/", fields: Array(long[..<14]))) == 200)
    #expect(try status(request(.get, "/", fields: long)) == 431)
    #expect(try status(request(.get, "/", fields: Array(many[..<100]))) == 200)
    #expect(try status(request(.get, "/", fields: many)) == 431)
    #expect(try status(request(.get, target)) == 200)
    #expect(try status(request(.get, target + "t")) == 414)
    #expect(try status(request(.post, target + "t", body: [1, 2, 3])) == 414)
  }

  @Test("authority and Host must agree, a fragment has no place in a target")
  func malformed() throws {
    for (made, expected) in [
      (request(.get, "/", fields: [("host", "localhost:7070")]), 200),
      (request(.get, "/", fields: [("host", "evil.example")]), 400),
      (request(.get, "/a#b"), 400),
    ] {
      let pair = try Pair()
      _ = try pair.client.submit(made)
      guard case .response(let response, _)? = try pair.run().first else {
        Issue.record("no response")
        continue
      }
      #expect(response.status == expected)
    }
  }

  @Test("100 Continue is answered, and the client waits for the real response")
  func expectContinue() throws {
    let pair = try Pair()
    _ = try pair.client.submit(
      request(.post, "/", body: [1], fields: [("expect", "100-continue")]))
    let events = try pair.run()
    guard case .response(let response, _)? = events.first, events.count == 1 else {
      Issue.record("\(events)")
      return
    }
    #expect(response.status == 200 && response.body == [1])
  }

  @Test("a cancelled request is told to the server only after it was handed over")
  func cancel() throws {
    let pair = try Pair()
    let stream = try pair.client.submit(request(.get, "/"))
    var delivered = 0
    _ = try pair.run { _ in
      delivered += 1
      return nil
    }
    #expect(delivered == 1 && pair.server.openStreams == 1)
    pair.client.cancel(stream)
    let events = try pair.run { event in
      Issue.record("\(event)")
      return nil
    }
    #expect(pair.server.nextClosed() == stream && pair.server.nextClosed() == nil)
    #expect(events == [.closed(stream: stream, code: 8)])
    #expect(!pair.server.respond(HTTPResponse(status: 200), to: stream))
    #expect(pair.server.openStreams == 0)
  }

  @Test("a stream is answered once, and unknown streams not at all")
  func respondOnce() throws {
    let pair = try Pair()
    let stream = try pair.client.submit(request(.get, "/"))
    _ = try pair.run { _ in nil }
    #expect(!pair.server.respond(HTTPResponse(status: 200), to: stream + 2))
    #expect(!pair.server.respond(HTTPResponse(status: 200), to: 0))
    #expect(!pair.server.respond(HTTPResponse(status: 200), to: .max))
    #expect(pair.server.respond(HTTPResponse(status: 200), to: stream))
    #expect(!pair.server.respond(HTTPResponse(status: 200), to: stream))
    #expect(try pair.run().count == 1)
  }

  @Test("events pause while a client does not read, and go on when it does")
  func slowReader() throws {
    let pair = try Pair()
    let body = [UInt8](repeating: 0x30, count: 100_000)
    for _ in 0..<20 { _ = try pair.client.submit(request(.get, "/")) }
    var bytes: [UInt8] = []
    pair.client.takeOutput(into: &bytes)
    try Pair.deliver(bytes, to: pair.server, chunk: .max)
    var answered = 0
    while case .request(let request)? = pair.server.nextEvent() {
      pair.server.respond(HTTPResponse(status: 200, body: body), to: request.stream)
      answered += 1
    }
    #expect(answered == 3 && !pair.server.hasEvents)
    let events = try pair.run { event in
      guard case .request(let request) = event else { return nil }
      return (HTTPResponse(status: 200, body: body), request.stream)
    }
    #expect(events.count == 20)
  }

  @Test("a body that nobody wants is not waited for, and its stream ends as others do")
  func unwantedBody() throws {
    let server = try HTTP2Session(role: .server)
    var asked = 0
    server.wantsBody = { head in
      asked += 1
      return head.method != .post
    }
    let opening = Frames.preface + Frames.settings
    // POST without its end; GET needs no question.
    try Pair.deliver(
      opening + Frames.get(stream: 1, endStream: false, method: 0x83)
        + Frames.get(stream: 3, endStream: true), to: server, chunk: 1 << 20)
    #expect(asked == 1)
    for (stream, isUnread) in [(1, true), (3, false)] as [(UInt32, Bool)] {
      guard case .request(let request)? = server.nextEvent() else {
        Issue.record("no request on \(stream)")
        return
      }
      #expect(request.stream == stream && request.isBodyUnread == isUnread)
      server.respond(HTTPResponse(status: isUnread ? 401 : 200), to: stream)
    }
    _ = output(of: server)
    // What still comes is dropped, and nothing is heard of it.
    try Pair.deliver(
      Frames.data(stream: 1, frames: 2) + Frames.frame(0, 1, 1, [1, 2, 3]), to: server,
      chunk: 1 << 20)
    #expect(server.nextEvent() == nil)
    _ = output(of: server)
    #expect(server.openStreams == 0)
  }
}
