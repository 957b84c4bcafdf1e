// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

@Suite struct ConnectionTests {
  @Test("the server's first frame is SETTINGS with its limits")
  func settings() throws {
    let server = try HTTP2Session(role: .server)
    let frames = Frames.parse(output(of: server))
    let first = try #require(frames.first)
    #expect(first.type == 4 && first.flags == 0 && first.stream == 0)
    var values: [UInt16: UInt32] = [:]
    for start in stride(from: 0, to: first.payload.count, by: 6) {
      let entry = first.payload[start..<(start + 6)].map { UInt32($0) }
      values[UInt16(entry[0] << 8 | entry[1])] =
        entry[2] << 24 | entry[3] << 16 | entry[4] << 8 | entry[5]
    }
    #expect(values[3] == 128)
    #expect(values[6] == 16 << 10)
    #expect(values[4] == (1 << 20) + (16 << 10))
    #expect(values[9] == 1)
  }

  @Test("every wrong byte of the preface ends the connection")
  func preface() throws {
    for position in 0..<Frames.preface.count {
      var bytes = Frames.preface
      bytes[position] ^= 0x01
      let server = try HTTP2Session(role: .server)
      #expect(throws: HTTP2Error.self) {
        try Pair.deliver(bytes + Frames.settings, to: server, chunk: 1)
      }
      let frames = Frames.parse(output(of: server))
      #expect(frames.last?.type == 7, "GOAWAY says why")
      #expect(server.isFinished)
    }
  }

  @Test("no truncation of an opening is an error")
  func truncations() throws {
    let bytes = Frames.preface + Frames.settings + Frames.get(stream: 1, endStream: true)
    for length in 0..<bytes.count {
      let server = try HTTP2Session(role: .server)
      try server.receive(bytes.span.extracting(0..<length))
      #expect(server.nextEvent() == nil)
      try server.receive(bytes.span.extracting(length...))
      guard case .request(let request)? = server.nextEvent() else {
        Issue.record("no request after \(length) bytes and the rest")
        continue
      }
      #expect(request.target == Array("/".utf8) && request.authority == [0x61])
    }
  }

  static let offences: [(String, UInt32, @Sendable () -> [UInt8])] = [
    (
      "a frame over the maximum size", 6,
      { Frames.frame(0, 0, 1, [UInt8](repeating: 0, count: 16385)) }
    ),
    ("DATA on stream 0", 1, { Frames.frame(0, 0, 0, [1]) }),
    ("DATA on an idle stream", 1, { Frames.frame(0, 0, 5, [1]) }),
    ("HEADERS on an even stream", 1, { Frames.get(stream: 2, endStream: true) }),
    ("SETTINGS of a bad length", 6, { Frames.frame(4, 0, 0, [0, 1, 2]) }),
    ("SETTINGS on a stream", 1, { Frames.frame(4, 0, 1, []) }),
    ("PING of a bad length", 6, { Frames.frame(6, 0, 0, [1]) }),
    ("WINDOW_UPDATE of 0", 1, { Frames.frame(8, 0, 0, [0, 0, 0, 0]) }),
    ("a window over 2^31-1", 3, { Frames.frame(8, 0, 0, [0x7F, 0xFF, 0xFF, 0xFF]) }),
    ("CONTINUATION without HEADERS", 1, { Frames.frame(9, 4, 1, []) }),
    ("PUSH_PROMISE from a client", 1, { Frames.frame(5, 4, 1, [0, 0, 0, 2]) }),
    ("a broken header block", 9, { Frames.frame(1, 5, 1, [UInt8](repeating: 0xFF, count: 6)) }),
    (
      "DATA beyond the window", 3,
      {
        Frames.get(stream: 1, endStream: false, method: 0x83) + Frames.data(stream: 1, frames: 140)
      }
    ),
  ]

  @Test("what breaks the connection ends in GOAWAY with the code", arguments: offences)
  func offence(name: String, code: UInt32, bytes: @escaping @Sendable () -> [UInt8]) throws {
    let server = try HTTP2Session(role: .server)
    try? Pair.deliver(Frames.preface + Frames.settings + bytes(), to: server, chunk: .max)
    let frames = Frames.parse(output(of: server))
    let goAway = try #require(frames.last { $0.type == 7 }, "\(name): \(frames)")
    #expect(goAway.code(at: 4) == code, "\(name)")
    #expect(server.isFinished)
  }

  static let streamOffences: [(String, [UInt8])] = [
    ("no authority", [0x82, 0x84, 0x86]),
    ("no :path", [0x82, 0x86, 0x01, 1, 0x61]),
    ("no :method", Frames.address),
    ("no :scheme", [0x82, 0x84, 0x01, 1, 0x61]),
    (":path twice", [0x82, 0x84] + Frames.address),
    ("a pseudo-header after a field", [0x82, 0x90] + Frames.address),
    ("an unknown pseudo-header", [0x82] + Frames.address + Frames.literal(":x", "y")),
    (":status in a request", [0x82] + Frames.address + [0x88]),
    ("a connection field", [0x82] + Frames.address + Frames.literal("connection", "close")),
    ("a transfer coding", [0x82] + Frames.address + Frames.literal("transfer-encoding", "chunked")),
    ("a capital in a name", [0x82] + Frames.address + Frames.literal("X-y", "z")),
    ("a line end in a value", [0x82] + Frames.address + Frames.literal("x", "a\r\nb")),
    ("NUL in a value", [0x82] + Frames.address + Frames.literal("x", "a\0b")),
    ("a space in a name", [0x82] + Frames.address + Frames.literal("x y", "z")),
    ("an empty path", [0x82, 0x86, 0x01, 1, 0x61] + Frames.literal(":path", "")),
    ("a path without a slash", [0x82, 0x86, 0x01, 1, 0x61] + Frames.literal(":path", "a")),
    ("a length of words", [0x82] + Frames.address + Frames.literal("content-length", "two")),
    (
      "two lengths",
      [0x82] + Frames.address + Frames.literal("content-length", "0")
        + Frames.literal("content-length", "0")
    ),
    ("a length without a body", [0x82] + Frames.address + Frames.literal("content-length", "5")),
  ]

  @Test(
    "a malformed request is reset and never seen, the connection goes on", arguments: streamOffences
  )
  func malformed(name: String, block: [UInt8]) throws {
    let server = try HTTP2Session(role: .server)
    let input =
      Frames.preface + Frames.settings + Frames.frame(1, 5, 1, block)
      + Frames.get(stream: 3, endStream: true)
    try Pair.deliver(input, to: server, chunk: .max)
    guard case .request(let request)? = server.nextEvent() else {
      Issue.record("\(name): the next request was not seen")
      return
    }
    #expect(request.stream == 3, "\(name)")
    #expect(server.nextEvent() == nil)
    let resets = Frames.parse(output(of: server)).filter { $0.type == 3 }
    #expect(resets.map(\.stream) == [1])
    #expect(resets.first?.code(at: 0) == 1)
  }

  @Test("a body without a declared length is 413 when it is too long", arguments: [true, false])
  func undeclared(ends: Bool) throws {
    var limits = HTTPLimits()
    limits.bodyBytes = 100
    limits.drainBytes = 200
    let server = try HTTP2Session(role: .server, limits: limits)
    let piece = Frames.frame(0, 0, 1, [UInt8](repeating: 1, count: 60))
    let head = Frames.get(stream: 1, endStream: false, method: 0x83)
    try Pair.deliver(Frames.preface + Frames.settings + head + piece, to: server, chunk: .max)
    #expect(server.nextEvent() == nil)
    try Pair.deliver(piece, to: server, chunk: .max)
    #expect(server.nextEvent() == .rejected(.payloadTooLarge, stream: 1))
    server.respond(HTTPResponse(status: 413, body: [0x78]), to: 1)
    var frames = Frames.parse(output(of: server)).filter { $0.stream == 1 }
    #expect(frames.map(\.type) == [1, 0], "the answer")
    // What still comes is taken, so that the client comes to read the answer; within bounds.
    try Pair.deliver(piece, to: server, chunk: .max)
    let last = ends ? Frames.frame(0, 1, 1, []) : piece
    try Pair.deliver(last, to: server, chunk: .max)
    frames = Frames.parse(output(of: server)).filter { $0.stream == 1 }
    #expect(frames.map(\.type) == (ends ? [] : [3]))
    if !ends { #expect(frames.last?.code(at: 0) == 0, "NO_ERROR: the rest is not wanted") }
    #expect(server.openStreams == 0)
    #expect(server.nextEvent() == nil)
  }

  @Test("the window of a refused body opens again, so that its end can come")
  func refusedWindow() throws {
    var limits = HTTPLimits()
    limits.drainBytes = 2 << 20
    let server = try HTTP2Session(role: .server, limits: limits)
    try Pair.deliver(
      Frames.preface + Frames.settings + Frames.frame(4, 1, 0, []), to: server, chunk: .max)
    _ = output(of: server)
    // Up to the end of the stream's window, which is a little more than a whole body.
    let input =
      Frames.get(stream: 1, endStream: false, method: 0x83) + Frames.data(stream: 1, frames: 65)
    try Pair.deliver(input, to: server, chunk: .max)
    #expect(server.nextEvent() == .rejected(.payloadTooLarge, stream: 1))
    server.respond(HTTPResponse(status: 413), to: 1)
    let updates = Frames.parse(output(of: server)).filter { $0.type == 8 && $0.stream == 1 }
    let opened = updates.reduce(0) { $0 + Int($1.code(at: 0) ?? 0) }
    #expect(opened == 65 * 16384)
  }

  @Test("a declared length over the limit is 413 on the head alone")
  func declared() throws {
    for (length, fits) in [("1048576", true), ("1048577", false), ("99999999999999999", false)] {
      let server = try HTTP2Session(role: .server)
      let block = [0x83] + Frames.address + Frames.literal("content-length", length)
      try Pair.deliver(
        Frames.preface + Frames.settings + Frames.frame(1, 4, 1, block), to: server, chunk: .max)
      #expect(server.nextEvent() == (fits ? nil : .rejected(.payloadTooLarge, stream: 1)))
    }
  }

  @Test("bodies in turns do not fill memory: the youngest is refused, the others come through")
  func budget() throws {
    let server = try HTTP2Session(role: .server)
    try Pair.deliver(
      Frames.preface + Frames.settings + Frames.frame(4, 1, 0, []), to: server, chunk: .max)
    let streams: [UInt32] = [1, 3, 5]
    for stream in streams {
      try Pair.deliver(
        Frames.get(stream: stream, endStream: false, method: 0x83), to: server, chunk: .max)
    }
    _ = output(of: server)
    // 32 frames are half a body: three halves are more than the budget, two are not.
    var isRefused = false
    for _ in 0..<32 {
      for stream in streams where !isRefused || stream != 5 {
        try Pair.deliver(Frames.data(stream: stream, frames: 1), to: server, chunk: .max)
        let resets = Frames.parse(output(of: server)).filter { $0.type == 3 }
        guard let reset = resets.first else { continue }
        #expect(resets.count == 1 && reset.stream == 5 && reset.code(at: 0) == 7)
        isRefused = true
      }
    }
    #expect(isRefused)
    for stream in streams.prefix(2) {
      try Pair.deliver(Frames.frame(0, 1, stream, []), to: server, chunk: .max)
      guard case .request(let request)? = server.nextEvent() else {
        Issue.record("stream \(stream) did not come through")
        continue
      }
      #expect(request.stream == stream && request.body.count == 32 * 16384)
    }
  }

  @Test("no window is given back for bodies that nobody has taken, and then all of it")
  func unreadBodies() throws {
    let server = try HTTP2Session(role: .server)
    try Pair.deliver(
      Frames.preface + Frames.settings + Frames.frame(4, 1, 0, []), to: server, chunk: .max)
    _ = output(of: server)
    // Two bodies of one budget each fill the connection's window but for the 128 KiB above them.
    for stream: UInt32 in [1, 3] {
      try Pair.deliver(
        Frames.get(stream: stream, endStream: false, method: 0x83)
          + Frames.data(stream: stream, frames: 64) + Frames.frame(0, 1, stream, []),
        to: server, chunk: .max)
    }
    #expect(!Frames.parse(output(of: server)).contains { $0.type == 8 })
    for _ in 0..<2 { #expect(server.nextEvent() != nil) }
    let updates = Frames.parse(output(of: server)).filter { $0.type == 8 }
    #expect(updates.allSatisfy { $0.stream == 0 })
    #expect(updates.reduce(0) { $0 + Int($1.code(at: 0) ?? 0) } == 2 << 20)
  }

  @Test("what a client says of priorities changes nothing, be it nonsense or not")
  func priorities() throws {
    let server = try HTTP2Session(role: .server)
    func priority(_ stream: UInt32, on parent: UInt32, weight: UInt8 = 15) -> [UInt8] {
      let id = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: parent >> $0) }
      return Frames.frame(2, 0, stream, id + [weight])
    }
    func update(_ stream: UInt8, _ text: String) -> [UInt8] {
      Frames.frame(16, 0, 0, [0, 0, 0, stream] + Array(text.utf8))
    }
    let field = Frames.literal("priority", "u=9, i=\"x")
    let nonsense =
      priority(1, on: 0x8000_0003) + priority(3, on: 1) + priority(999, on: 7)
      + priority(5, on: 5) + update(1, "u=0, i") + update(77, "?!")
    let input =
      Frames.preface + Frames.settings + nonsense + Frames.get(stream: 1, endStream: true)
      + Frames.frame(1, 5, 3, [0x82] + Frames.address + field)
      // HEADERS with a priority of its own.
      + Frames.frame(1, 0x25, 5, [0, 0, 0, 3, 255, 0x82] + Frames.address) + nonsense
    try Pair.deliver(input, to: server, chunk: .max)
    for stream: UInt32 in [1, 3, 5] {
      guard case .request(let request)? = server.nextEvent() else {
        Issue.record("no request on \(stream): \(Frames.parse(output(of: server)))")
        return
      }
      #expect(request.stream == stream)
      server.respond(HTTPResponse(status: 200, body: [UInt8](repeating: 1, count: 9)), to: stream)
    }
    let frames = Frames.parse(output(of: server))
    #expect(frames.filter { $0.type == 0 }.map(\.stream) == [1, 3, 5])
    #expect(!frames.contains { $0.type == 7 || $0.type == 3 })
  }

  @Test("a body that is an empty frame is no body")
  func emptyBody() throws {
    let server = try HTTP2Session(role: .server)
    try Pair.deliver(
      Frames.preface + Frames.settings + Frames.get(stream: 1, endStream: false, method: 0x83)
        + Frames.frame(0, 1, 1, []), to: server, chunk: 1)
    guard case .request(let request)? = server.nextEvent() else {
      Issue.record("no request")
      return
    }
    #expect(request.method == .post && request.body.isEmpty)
    server.respond(HTTPResponse(status: 200), to: 1)
    // Nor has the answer a frame for its body.
    let frames = Frames.parse(output(of: server)).filter { $0.stream == 1 }
    #expect(frames.map(\.type) == [1] && frames.first?.flags == 5)
  }

  @Test("trailers are read and left out")
  func trailers() throws {
    let server = try HTTP2Session(role: .server)
    let input =
      Frames.preface + Frames.settings + Frames.get(stream: 1, endStream: false, method: 0x83)
      + Frames.frame(0, 0, 1, [0x61]) + Frames.frame(1, 5, 1, Frames.literal("x-trailer", "y"))
    try Pair.deliver(input, to: server, chunk: 1)
    guard case .request(let request)? = server.nextEvent() else {
      Issue.record("no request")
      return
    }
    #expect(request.body == [0x61])
    #expect(!request.fields.contains("x-trailer"))
  }

  @Test("shutdown says GOAWAY twice and lets open streams finish")
  func shutdown() throws {
    let pair = try Pair()
    let stream = try pair.client.submit(request(.get, "/"))
    _ = try pair.run { _ in nil }
    pair.server.beginShutdown()
    var bytes = output(of: pair.server)
    let first = Frames.parse(bytes)
    #expect(first.map(\.type) == [7, 6])
    #expect(first.first?.code(at: 0) == 0x7FFF_FFFF && first.first?.code(at: 4) == 0)
    #expect(!pair.server.isFinished)
    try Pair.deliver(bytes, to: pair.client, chunk: .max)
    try Pair.deliver(output(of: pair.client), to: pair.server, chunk: .max)
    bytes = output(of: pair.server)
    let second = Frames.parse(bytes)
    #expect(second.map(\.type) == [7])
    #expect(second.first?.code(at: 0) == stream)
    #expect(!pair.server.isFinished)
    try Pair.deliver(bytes, to: pair.client, chunk: .max)
    pair.server.respond(HTTPResponse(status: 200), to: stream)
    #expect(try pair.run().count == 1)
    #expect(pair.server.isFinished && pair.client.isFinished)
    #expect(throws: HTTP2Error.self) { try pair.client.submit(request(.get, "/")) }
  }

  @Test("a session whose idle memory was released goes on")
  func release() throws {
    let pair = try Pair()
    for _ in 0..<3 {
      for number in 0..<50 { _ = try pair.client.submit(request(.get, "/\(number)")) }
      #expect(try pair.run().count == 50)
      pair.server.releaseIdleMemory()
      pair.client.releaseIdleMemory()
    }
  }
}
