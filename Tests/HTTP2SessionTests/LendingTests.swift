// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

/// Requests and responses are lent in buffers that are used again: what one had, no other may see.
@Suite struct LendingTests {
  /// 200 with the request's body, and what else it had in fields.
  private static func echo(
    _ request: borrowing HTTPRequest, _ rejection: HTTPRejection?, _ response: inout HTTPResponse
  ) {
    #expect(response == HTTPResponse(status: 0))
    response.status = rejection?.status ?? 200
    guard rejection == nil else { return }
    response.fields.append(name: "x-target", value: request.target)
    response.fields.append(name: "x-count", value: request.fields.count)
    response.fields.append(.etag, request.fields.text("x-tag") ?? "none")
    response.body = request.body
  }

  private static func answerAll(_ session: HTTP2Session) -> Int {
    var count = 0
    while session.answerNext(echo) { count += 1 }
    return count
  }

  /// Carries bytes until neither side has anything to say.
  private static func run(_ pair: Pair) throws -> [UInt32: HTTPResponse] {
    var responses: [UInt32: HTTPResponse] = [:]
    var isQuiet = false
    while !isQuiet {
      var toServer: [UInt8] = []
      pair.client.takeOutput(into: &toServer)
      try Pair.deliver(toServer, to: pair.server, chunk: 1000)
      let answered = answerAll(pair.server)
      var toClient: [UInt8] = []
      pair.server.takeOutput(into: &toClient)
      try Pair.deliver(toClient, to: pair.client, chunk: 1000)
      while let event = pair.client.nextEvent() {
        guard case .response(let response, let stream) = event else {
          Issue.record("\(event)")
          continue
        }
        #expect(responses.updateValue(response, forKey: stream) == nil)
      }
      isQuiet = toServer.isEmpty && toClient.isEmpty && answered == 0
    }
    return responses
  }

  @Test("no request sees what another one in the same buffers had, long or short")
  func reuse() throws {
    let pair = try Pair()
    for round in 0..<6 {
      var expected: [UInt32: (target: String, body: [UInt8], tag: String, count: String)] = [:]
      for number in 0..<40 {
        // Some bodies need several frames, most none; odd rounds have fewer fields than even ones.
        let isLong = number % 7 == round
        let body = [UInt8](repeating: UInt8(round * 40 + number), count: isLong ? 50_000 : 0)
        let target = "/" + String(repeating: "t", count: (number * 31 + round) % 200)
        let tag = round % 2 == 0 ? "tag-\(round)-\(number)" : nil
        let fields = tag.map { [("x-tag", $0), ("x-more", target)] } ?? []
        let stream = try pair.client.submit(request(.post, target, body: body, fields: fields))
        let count = fields.count + (isLong ? 1 : 0)
        expected[stream] = (target, body, tag ?? "none", "\(count)")
      }
      let responses = try Self.run(pair)
      #expect(responses.count == 40)
      for (stream, response) in responses {
        let wanted = try #require(expected[stream])
        #expect(response.body == wanted.body)
        #expect(response.fields.text("x-target") == wanted.target)
        #expect(response.fields.text("etag") == wanted.tag)
        #expect(response.fields.text("x-count") == wanted.count)
        #expect(response.fields.text("content-length") == "\(wanted.body.count)")
        #expect(response.fields.count == 4)
      }
      #expect(pair.server.openStreams == 0 && pair.server.unsentBytes == 0)
    }
  }

  @Test("what a body is and that it is not to be stored goes out as fields")
  func contents() throws {
    let pair = try Pair()
    for content in [HTTPContent.json, .problem, .plainText, .eventStream, nil] {
      _ = try pair.client.submit(request(.get, "/"))
      var bytes: [UInt8] = []
      pair.client.takeOutput(into: &bytes)
      try Pair.deliver(bytes, to: pair.server, chunk: .max)
      let hasAnswered = pair.server.answerNext { _, _, response in
        response.status = 200
        response.content = content
        response.isNeverStored = content != nil
      }
      #expect(hasAnswered)
      guard case .response(let response, _)? = try pair.run().first else {
        Issue.record("no response")
        continue
      }
      #expect(response.fields.text("content-type") == content?.mediaType.description)
      #expect(response.fields.text("cache-control") == (content == nil ? nil : "no-store"))
    }
  }

  @Test("a request whose stream was reset before its turn is not lent, nor answered")
  func reset() throws {
    let pair = try Pair()
    let first = try pair.client.submit(request(.get, "/first"))
    _ = try pair.client.submit(request(.get, "/second"))
    var bytes: [UInt8] = []
    pair.client.takeOutput(into: &bytes)
    pair.client.cancel(first)
    pair.client.takeOutput(into: &bytes)
    try Pair.deliver(bytes, to: pair.server, chunk: .max)
    var seen: [String] = []
    while pair.server.answerNext({ request, _, response in
      seen.append(String(decoding: request.target, as: UTF8.self))
      response.status = 204
    }) {}
    #expect(seen == ["/second"])
    #expect(!pair.server.hasEvents && pair.server.openStreams == 1)
  }

  @Test("what is taken answer by answer is the same as what is taken at last")
  func takenAtOnce() throws {
    let pair = try Pair()
    var expected: [UInt32: [UInt8]] = [:]
    for number in 0..<30 {
      let body = [UInt8](repeating: UInt8(number), count: number * 2_000)
      expected[try pair.client.submit(request(.post, "/", body: body))] = body
    }
    var isQuiet = false
    while !isQuiet {
      var toServer: [UInt8] = []
      pair.client.takeOutput(into: &toServer)
      try Pair.deliver(toServer, to: pair.server, chunk: .max)
      var toClient: [UInt8] = []
      while pair.server.answerNext(Self.echo) {
        pair.server.takeAnswer { bytes in
          for index in bytes.indices { toClient.append(bytes[index]) }
        }
      }
      pair.server.takeOutput(into: &toClient)
      try Pair.deliver(toClient, to: pair.client, chunk: 777)
      while let event = pair.client.nextEvent() {
        guard case .response(let response, let stream) = event else {
          Issue.record("\(event)")
          continue
        }
        #expect(expected.removeValue(forKey: stream) == response.body)
      }
      isQuiet = toServer.isEmpty && toClient.isEmpty
    }
    #expect(expected.isEmpty && pair.server.unsentBytes == 0)
  }

  @Test("a stream that is reset while its request is lent takes nothing away from who has it")
  func resetWhileLent() throws {
    let pair = try Pair()
    let stream = try pair.client.submit(request(.post, "/first", body: [1, 2, 3]))
    var bytes: [UInt8] = []
    pair.client.takeOutput(into: &bytes)
    try Pair.deliver(bytes, to: pair.server, chunk: .max)
    pair.client.cancel(stream)
    let next = try pair.client.submit(request(.get, "/next"))
    var more: [UInt8] = []
    pair.client.takeOutput(into: &more)
    var seen: [[UInt8]] = []
    let hasAnswered = pair.server.answerNext { request, _, response in
      _ = try? pair.server.receive(more.span)
      let hasResponded = pair.server.respond(HTTPResponse(status: 500), to: stream)
      #expect(!hasResponded)
      seen = [request.target, request.body]
      response.status = 200
      response.body = request.body
    }
    #expect(hasAnswered && seen == [Array("/first".utf8), [1, 2, 3]])
    #expect(pair.client.nextEvent() == .closed(stream: stream, code: 8))
    #expect(try Self.run(pair)[next]?.status == 200)
    #expect(pair.server.openStreams == 0 && pair.server.unsentBytes == 0)
  }

  @Test("the tag of an answer is the part of its body that is told")
  func tags() throws {
    let pair = try Pair()
    for method in [HTTPMethod.get, .head] {
      _ = try pair.client.submit(request(method, "/"))
      var bytes: [UInt8] = []
      pair.client.takeOutput(into: &bytes)
      try Pair.deliver(bytes, to: pair.server, chunk: .max)
      _ = pair.server.answerNext { _, _, response in
        response.status = 200
        response.body = Array(#"{"value":"17"}"#.utf8)
        response.tag = 9..<13
      }
      guard case .response(let response, _)? = try pair.run().first else {
        Issue.record("no response")
        continue
      }
      #expect(response.fields.text("etag") == #""17""#)
      #expect(response.fields.text("content-length") == "14")
    }
  }

  @Test("rejections are lent with their reason, and a client is lent nothing")
  func rejections() throws {
    var limits = HTTPLimits()
    limits.targetBytes = 10
    let pair = try Pair(serverLimits: limits)
    let stream = try pair.client.submit(request(.get, "/a-longer-target"))
    #expect(try Self.run(pair)[stream]?.status == 414)
    #expect(!pair.client.answerNext { _, _, _ in Issue.record("a client answers") })
  }
}
