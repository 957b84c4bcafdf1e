// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

/// A server's answers that come later, or piece by piece.
@Suite struct DeliveryTests {
  /// A server that has read the client's preface and SETTINGS, given as pairs of number and value.
  static func server(
    settings: [(UInt8, UInt32)] = [], limits: HTTPLimits = HTTPLimits(), _ frames: [UInt8] = []
  ) throws -> HTTP2Session {
    let server = try HTTP2Session(role: .server, limits: limits)
    let entries = settings.flatMap { id, value -> [UInt8] in
      [0, id] + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }
    try Pair.deliver(
      Frames.preface + Frames.frame(4, 0, 0, entries) + Frames.frame(4, 1, 0, []), to: server,
      chunk: .max)
    _ = output(of: server)
    try Pair.deliver(frames, to: server, chunk: .max)
    return server
  }

  /// Answers the next request so; returns its stream.
  @discardableResult
  static func answer(
    _ server: HTTP2Session, _ delivery: HTTPDelivery, status: Int = 200, _ body: [UInt8] = []
  ) -> UInt32? {
    var stream: UInt32?
    _ = server.answerNext { request, _, response in
      stream = request.stream
      response.status = status
      response.delivery = delivery
      response.body = body
    }
    return stream
  }

  static func piecewise(_ body: [UInt8] = []) -> HTTPResponse {
    var response = HTTPResponse(status: 200, body: body)
    response.delivery = .piecewise
    return response
  }

  static func reset(_ stream: UInt32) -> [UInt8] { Frames.frame(3, 0, stream, [0, 0, 0, 8]) }

  static func windowUpdate(_ stream: UInt32, _ count: UInt32) -> [UInt8] {
    Frames.frame(8, 0, stream, [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) })
  }

  /// All that the server sends now, as frames.
  static func frames(of server: HTTP2Session) -> [Frames.Frame] {
    Frames.parse(output(of: server))
  }

  static func dataCount(_ frames: [Frames.Frame], _ stream: UInt32? = nil) -> Int {
    frames.reduce(0) {
      $1.type == 0 && (stream == nil || $1.stream == stream) ? $0 + $1.payload.count : $0
    }
  }

  @Test("an answer that comes later is sent as any other, once, and others before it")
  func later() throws {
    let pair = try Pair()
    let slow = try pair.client.submit(request(.get, "/slow"))
    let fast = try pair.client.submit(request(.get, "/fast"))
    try Pair.deliver(output(of: pair.client), to: pair.server, chunk: .max)
    #expect(Self.answer(pair.server, .later, [1, 2]) == slow)
    #expect(Self.answer(pair.server, .whole, [3]) == fast)
    #expect(!pair.server.add([1], to: slow), "it has not begun")
    pair.server.finish(slow)
    var fields = HTTPFields()
    fields.append(name: "content-length", value: 1)
    #expect(
      try pair.run()
        == [.response(HTTPResponse(status: 200, fields: fields, body: [3]), stream: fast)])
    #expect(pair.server.openStreams == 1 && pair.server.unsentBytes(of: slow) == 0)
    #expect(pair.server.respond(HTTPResponse(status: 200, body: [4]), to: slow))
    #expect(!pair.server.respond(HTTPResponse(status: 200, body: [4]), to: slow))
    #expect(
      try pair.run()
        == [.response(HTTPResponse(status: 200, fields: fields, body: [4]), stream: slow)])
    #expect(pair.server.openStreams == 0 && pair.server.nextClosed() == nil)
  }

  @Test("a stream without news has nothing to send, and goes on with the next piece")
  func pieces() throws {
    let server = try Self.server(Frames.get(stream: 1, endStream: true))
    Self.answer(server, .piecewise)
    var frames = Self.frames(of: server)
    #expect(frames.map(\.type) == [1] && frames.first?.flags == 4)
    #expect(!server.hasOutput && !server.add([1], to: 3))
    for round in 0..<3 {
      #expect(server.add([], to: 1) && !server.hasOutput)
      #expect(server.add([1, 2], to: 1) && server.add([3], to: 1))
      #expect(server.hasOutput && server.unsentBytes(of: 1) == 3 && server.unsentBytes == 3)
      frames = Self.frames(of: server)
      #expect(frames.map(\.type) == [0] && frames.first?.payload == [1, 2, 3], "\(round)")
      #expect(frames.first?.flags == 0 && !server.hasOutput && server.unsentBytes(of: 1) == 0)
    }
    server.add([4], to: 1)
    server.finish(1)
    #expect(!server.add([5], to: 1))
    frames = Self.frames(of: server)
    #expect(frames.map(\.payload) == [[4]] && frames.first?.flags == 1)
    #expect(server.openStreams == 0 && server.unsentBytes == 0 && server.nextClosed() == nil)
  }

  @Test("the end alone is an empty frame, and the first piece goes with the head")
  func ends() throws {
    let server = try Self.server(
      Frames.get(stream: 1, endStream: true) + Frames.get(stream: 3, endStream: true))
    Self.answer(server, .piecewise, [7, 8])
    Self.answer(server, .piecewise)
    #expect(server.unsentBytes(of: 1) == 2)
    server.finish(1)
    let frames = Self.frames(of: server)
    #expect(frames.filter { $0.stream == 1 }.map(\.flags) == [4, 1])
    #expect(Self.dataCount(frames, 1) == 2)
    #expect(frames.filter { $0.stream == 3 }.map(\.type) == [1])
    server.finish(3)
    server.finish(3)
    #expect(
      Self.frames(of: server) == [Frames.Frame(type: 0, flags: 1, stream: 3, payload: [])])
    #expect(server.openStreams == 0)
  }

  @Test("to HEAD, and with 204 and 304, the head is all, and nobody waits for pieces")
  func headOnly() throws {
    let pair = try Pair()
    for (method, status) in [(HTTPMethod.head, 200), (.get, 204), (.get, 304)] {
      let stream = try pair.client.submit(request(method, "/"))
      try Pair.deliver(output(of: pair.client), to: pair.server, chunk: .max)
      Self.answer(pair.server, .piecewise, status: status, [1])
      #expect(!pair.server.add([2], to: stream))
      #expect(pair.server.nextClosed() == stream && pair.server.nextClosed() == nil)
      #expect(try pair.run() == [.response(HTTPResponse(status: status), stream: stream)])
      #expect(pair.server.openStreams == 0 && pair.server.nextClosed() == nil)
    }
  }

  @Test("nothing goes past a stream's window or the connection's, and what waits is counted")
  func windows() throws {
    let server = try Self.server(
      settings: [(4, 100)],
      Frames.get(stream: 1, endStream: true) + Frames.get(stream: 3, endStream: true))
    Self.answer(server, .piecewise)
    Self.answer(server, .piecewise)
    server.add([UInt8](repeating: 1, count: 70_000), to: 1)
    server.add([UInt8](repeating: 3, count: 50), to: 3)
    var frames = Self.frames(of: server)
    #expect(Self.dataCount(frames, 1) == 100 && Self.dataCount(frames, 3) == 50)
    #expect(server.unsentBytes(of: 1) == 69_900 && server.unsentBytes(of: 3) == 0)
    #expect(!server.hasOutput)
    try Pair.deliver(Self.windowUpdate(1, 64), to: server, chunk: .max)
    #expect(Self.dataCount(Self.frames(of: server), 1) == 64)
    // Of the connection's 65,535 bytes 214 are used.
    try Pair.deliver(Self.windowUpdate(1, 100_000), to: server, chunk: .max)
    frames = Self.frames(of: server)
    #expect(Self.dataCount(frames, 1) == 65_535 - 214 && !server.hasOutput)
    #expect(server.add([3], to: 3) && server.unsentBytes(of: 3) == 1)
    #expect(Self.frames(of: server).isEmpty)
    #expect(server.unsentBytes == 70_051 - 65_535)
    try Pair.deliver(Self.windowUpdate(0, 1 << 20), to: server, chunk: .max)
    server.finish(1)
    frames = Self.frames(of: server)
    #expect(Self.dataCount(frames) == 70_051 - 65_535 && server.unsentBytes == 0)
    #expect(frames.last { $0.stream == 1 }?.flags == 1 && server.openStreams == 1)
  }

  @Test("a reader that takes nothing of one stream is served on the others")
  func slowReader() throws {
    var limits = HTTPLimits()
    limits.responseBufferBytes = 1000
    let server = try Self.server(settings: [(4, 10)], limits: limits)
    try Pair.deliver(Frames.get(stream: 1, endStream: true), to: server, chunk: .max)
    Self.answer(server, .piecewise)
    server.add([UInt8](repeating: 1, count: 5000), to: 1)
    for number in 1...20 {
      let stream = UInt32(number * 2 + 1)
      try Pair.deliver(Frames.get(stream: stream, endStream: true), to: server, chunk: .max)
      #expect(server.hasEvents && Self.answer(server, .whole, [7]) == stream)
      #expect(Self.dataCount(Self.frames(of: server), stream) == 1)
    }
    #expect(server.unsentBytes(of: 1) == 4990)
    // Whole answers that are not taken make events pause as ever.
    for stream: UInt32 in [101, 103] {
      try Pair.deliver(Frames.get(stream: stream, endStream: true), to: server, chunk: .max)
      Self.answer(server, .whole, [UInt8](repeating: 1, count: 1020))
      _ = output(of: server)
    }
    #expect(server.unsentBytes(of: 101) == 1010 && server.unsentBytes(of: 103) == 0)
    #expect(!server.hasEvents && server.unsentBytes == 6000)
  }

  @Test("pieces given and taken at different sizes come in order, and no more waits than was left")
  func smallWindows() throws {
    let server = try Self.server(settings: [(4, 0)], Frames.get(stream: 1, endStream: true))
    Self.answer(server, .piecewise)
    _ = output(of: server)
    var given = 0
    var taken = 0
    for _ in 0..<2000 {
      while server.unsentBytes(of: 1) < 200 {
        server.add((given..<(given + 7)).map { UInt8(truncatingIfNeeded: $0) }, to: 1)
        given += 7
      }
      try Pair.deliver(Self.windowUpdate(1, 16) + Self.windowUpdate(0, 16), to: server, chunk: .max)
      let bytes = Self.frames(of: server).flatMap(\.payload)
      guard bytes == (taken..<(taken + 16)).map({ UInt8(truncatingIfNeeded: $0) }) else {
        Issue.record("\(bytes) after \(taken) bytes")
        return
      }
      taken += 16
      #expect(server.unsentBytes(of: 1) == given - taken)
    }
  }

  @Test("a reset is told once, of answers that are not complete only")
  func resets() throws {
    let streams: [UInt32] = [1, 3, 5, 7, 9]
    let server = try Self.server(
      settings: [(4, 0)], streams.flatMap { Frames.get(stream: $0, endStream: true) })
    Self.answer(server, .later)
    Self.answer(server, .piecewise, [1])
    Self.answer(server, .piecewise, [1])
    server.finish(5)
    Self.answer(server, .whole, [1])
    // Stream 9 is taken without an answer, 11 is not taken.
    #expect(server.nextEvent() != nil)
    try Pair.deliver(Frames.get(stream: 11, endStream: true), to: server, chunk: .max)
    #expect(server.nextClosed() == nil && server.unsentBytes == 3)
    try Pair.deliver((streams + [11]).flatMap(Self.reset), to: server, chunk: .max)
    var closed: [UInt32] = []
    while let stream = server.nextClosed() { closed.append(stream) }
    #expect(closed == [1, 3, 9])
    #expect(!server.respond(HTTPResponse(status: 200), to: 1))
    for stream in streams {
      #expect(!server.add([1], to: stream) && server.unsentBytes(of: stream) == 0)
      server.finish(stream)
    }
    #expect(server.openStreams == 0 && server.unsentBytes == 0)
    #expect(Self.answer(server, .whole) == nil, "one reset before its turn is nobody's")
  }

  @Test("whoever answers may give a stream up")
  func cancel() throws {
    let pair = try Pair()
    let stream = try pair.client.submit(request(.get, "/"))
    try Pair.deliver(output(of: pair.client), to: pair.server, chunk: .max)
    Self.answer(pair.server, .piecewise, [1])
    pair.server.cancel(stream)
    #expect(try pair.run() == [.closed(stream: stream, code: 8)])
    #expect(!pair.server.add([1], to: stream))
    #expect(pair.server.openStreams == 0 && pair.server.unsentBytes == 0)
  }

  @Test("shutdown waits for answers to come, whoever ends them", arguments: [true, false])
  func shutdown(resets: Bool) throws {
    let server = try Self.server(
      Frames.get(stream: 1, endStream: true) + Frames.get(stream: 3, endStream: true))
    Self.answer(server, .later)
    Self.answer(server, .piecewise, [1])
    _ = output(of: server)
    server.beginShutdown()
    #expect(Self.frames(of: server).map(\.type) == [7, 6])
    // A request on its way is still taken.
    try Pair.deliver(Frames.get(stream: 5, endStream: true), to: server, chunk: .max)
    #expect(Self.answer(server, .later) == 5)
    try Pair.deliver(Frames.frame(6, 1, 0, Array("shutdown".utf8)), to: server, chunk: .max)
    let goAway = Self.frames(of: server)
    #expect(goAway.map(\.type) == [7] && goAway.first?.code(at: 0) == 5)
    #expect(!server.isFinished && server.openStreams == 3)
    if resets {
      try Pair.deliver(([1, 3, 5] as [UInt32]).flatMap(Self.reset), to: server, chunk: .max)
      #expect((0..<3).map { _ in server.nextClosed() } == [1, 3, 5])
    } else {
      #expect(server.respond(HTTPResponse(status: 200), to: 1))
      #expect(server.add([2], to: 3) && server.respond(Self.piecewise([3]), to: 5))
      #expect(Self.dataCount(Self.frames(of: server)) == 2 && !server.isFinished)
      server.finish(3)
      server.finish(5)
      #expect(!server.isFinished)
      #expect(Self.frames(of: server).map(\.flags) == [1, 1])
    }
    #expect(server.isFinished && server.openStreams == 0)
  }

  @Test("as many streams in pieces as a connection may have, each with its own")
  func many() throws {
    let pair = try Pair()
    var expected: [UInt32: [UInt8]] = [:]
    for _ in 0..<128 { expected[try pair.client.submit(request(.get, "/"))] = [] }
    _ = try pair.run { _ in nil }
    for stream in expected.keys { #expect(pair.server.respond(Self.piecewise(), to: stream)) }
    for round in 0..<6 {
      for stream in expected.keys {
        let count = (round * 128 + Int(stream)) * 37 % (round == 3 ? 9000 : 300)
        let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: Int(stream) ^ round), count: count)
        #expect(pair.server.add(piece, to: stream))
        expected[stream]?.append(contentsOf: piece)
      }
      #expect(try pair.run().isEmpty)
      #expect(pair.server.unsentBytes == 0)
      if round == 4 {
        pair.server.releaseIdleMemory()
        pair.client.releaseIdleMemory()
      }
    }
    for stream in expected.keys { pair.server.finish(stream) }
    for case .response(let response, let stream) in try pair.run() {
      let isSame = expected.removeValue(forKey: stream) == response.body
      #expect(isSame)
      #expect(!response.fields.contains("content-length"))
    }
    #expect(expected.isEmpty && pair.server.openStreams == 0 && pair.client.openStreams == 0)
    #expect(pair.server.nextClosed() == nil)
  }

  @Test("streams with much to send take turns, and a short answer is not last")
  func turns() throws {
    let streams: [UInt32] = [1, 3, 5, 7]
    let server = try Self.server(
      settings: [(4, 1 << 20)],
      Self.windowUpdate(0, 1 << 22) + streams.flatMap { Frames.get(stream: $0, endStream: true) })
    let body = [UInt8](repeating: 1, count: 10 << 14)
    for _ in 0..<3 { Self.answer(server, .piecewise, body) }
    var frames = Self.parse(server, upTo: 6 << 14)
    Self.answer(server, .whole, [7])
    frames += Self.parse(server, upTo: 16 << 14)
    let order = frames.filter { $0.type == 0 }.map(\.stream)
    for stream in streams.prefix(3) {
      // None has more than two frames before another has one.
      let places = order.indices.filter { order[$0] == stream }
      #expect(places.count >= 6, "\(order)")
      #expect(zip(places, places.dropFirst()).allSatisfy { $1 - $0 <= 5 }, "\(order)")
    }
    #expect((order.firstIndex(of: 7) ?? .max) < 14, "\(order)")
  }

  static func parse(_ server: HTTP2Session, upTo limit: Int) -> [Frames.Frame] {
    var bytes: [UInt8] = []
    server.takeOutput(into: &bytes, upTo: limit)
    return Frames.parse(bytes)
  }

  @Test("an answer in pieces may begin before a refused body has come, and outlive it")
  func refusedBody() throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 100
    limits.drainBytes = 200
    for ends in [true, false] {
      let server = try Self.server(limits: limits)
      let piece = Frames.frame(0, 0, 1, [UInt8](repeating: 1, count: 101))
      try Pair.deliver(
        Frames.get(stream: 1, endStream: false, method: 0x83) + piece, to: server, chunk: .max)
      Self.answer(server, .piecewise, status: 413, [1])
      #expect(Self.dataCount(Self.frames(of: server), 1) == 1)
      try Pair.deliver(
        ends ? Frames.frame(0, 1, 1, []) : piece, to: server, chunk: .max)
      #expect(Self.frames(of: server).filter { $0.type == 3 }.isEmpty && server.openStreams == 1)
      server.add([2], to: 1)
      server.finish(1)
      let frames = Self.frames(of: server)
      #expect(Self.dataCount(frames, 1) == 1)
      #expect(frames.filter { $0.type == 3 }.map { $0.code(at: 0) } == (ends ? [] : [0]))
      #expect(server.openStreams == 0 && server.nextClosed() == nil)
    }
  }

  @Test("a request with trailers is answered in pieces, or later, as any other")
  func trailers() throws {
    let server = try Self.server()
    for stream: UInt32 in [1, 3] {
      try Pair.deliver(
        Frames.get(stream: stream, endStream: false, method: 0x83)
          + Frames.frame(0, 0, stream, [0x61])
          + Frames.frame(1, 5, stream, Frames.literal("x-trailer", "y")), to: server, chunk: 1)
    }
    #expect(Self.answer(server, .piecewise, [1]) == 1 && Self.answer(server, .later) == 3)
    server.add([2], to: 1)
    server.finish(1)
    server.respond(HTTPResponse(status: 204), to: 3)
    let frames = Self.frames(of: server)
    #expect(Self.dataCount(frames, 1) == 2 && frames.filter { $0.flags & 1 == 1 }.count == 2)
    #expect(server.openStreams == 0 && server.nextClosed() == nil)
  }

  @Test("buffers of answers in pieces are used again for others")
  func reuse() throws {
    let pair = try Pair()
    for round in 0..<10 {
      let isPiecewise = round % 2 == 0
      let stream = try pair.client.submit(request(.get, "/"))
      try Pair.deliver(output(of: pair.client), to: pair.server, chunk: .max)
      let body = [UInt8](repeating: UInt8(round), count: round * 700)
      _ = pair.server.answerNext { _, _, response in
        #expect(response == HTTPResponse(status: 0))
        response.status = 200
        response.delivery = isPiecewise ? .piecewise : .whole
        response.body = body
      }
      if isPiecewise { #expect(try pair.run().isEmpty) }
      pair.server.finish(stream)
      guard case .response(let response, stream)? = try pair.run().first else {
        Issue.record("no response in round \(round)")
        return
      }
      let isSame = response.body == body
      #expect(isSame)
      #expect(response.fields.contains("content-length") != isPiecewise)
    }
  }
}
