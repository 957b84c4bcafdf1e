// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

@Suite struct FloodTests {
  /// Feeds the pieces one by one until the connection ends.
  ///
  /// - Returns: The code of the last GOAWAY and how many pieces were taken.
  static func flood(
    _ count: Int, reading: Bool = true, limits: HTTPLimits = HTTPLimits(),
    piece: (Int) -> [UInt8]
  ) throws -> (code: UInt32?, taken: Int) {
    let server = try HTTP2Session(role: .server, limits: limits)
    try Pair.deliver(Frames.preface + Frames.settings, to: server, chunk: .max)
    var sent: [UInt8] = []
    var taken = 0
    for number in 0..<count {
      do { try Pair.deliver(piece(number), to: server, chunk: .max) } catch { break }
      while let event = server.nextEvent() {
        if case .request(let request) = event {
          server.respond(HTTPResponse(status: 200), to: request.stream)
        }
      }
      if reading { server.takeOutput(into: &sent) }
      if server.isFinished { break }
      taken += 1
    }
    server.takeOutput(into: &sent)
    return (Frames.parse(sent).last { $0.type == 7 }?.code(at: 4), taken)
  }

  static func resetPair(_ number: Int) -> [UInt8] {
    let stream = UInt32(number * 2 + 1)
    return Frames.get(stream: stream, endStream: true) + Frames.frame(3, 0, stream, [0, 0, 0, 8])
  }

  static let attacks: [(String, @Sendable (Int) -> [UInt8])] = [
    ("rapid reset", { resetPair($0) }),
    ("window updates of one byte", { _ in Frames.frame(8, 0, 0, [0, 0, 0, 1]) }),
    (
      "empty DATA",
      { number in
        (number == 0 ? Frames.get(stream: 1, endStream: false, method: 0x83) : [])
          + Frames.frame(0, 0, 1, [])
      }
    ),
    (
      "requests that make the server reset",
      { Frames.frame(1, 5, UInt32($0 * 2 + 1), [0x82, 0x86]) }
    ),
    (
      "DATA of padding alone",
      { number in
        (number == 0 ? Frames.get(stream: 1, endStream: false, method: 0x83) : [])
          + Frames.frame(0, 8, 1, [3, 0, 0, 0])
      }
    ),
    ("PING with its answers read", { _ in Frames.frame(6, 0, 0, [UInt8](repeating: 0, count: 8)) }),
    ("SETTINGS with their answers read", { _ in Frames.settings }),
    ("PRIORITY", { _ in Frames.frame(2, 0, 1, [0, 0, 0, 3, 1]) }),
  ]

  @Test("a flood ends in GOAWAY ENHANCE_YOUR_CALM within its burst", arguments: attacks)
  func calm(name: String, piece: @escaping @Sendable (Int) -> [UInt8]) throws {
    let (code, taken) = try Self.flood(2000, piece: piece)
    #expect(code == 11, "\(name)")
    #expect((100...250).contains(taken), "\(name): \(taken)")
  }

  @Test("without the limit the same flood goes through", arguments: attacks)
  func uncalm(name: String, piece: @escaping @Sendable (Int) -> [UInt8]) throws {
    var limits = HTTPLimits()
    limits.nuisanceBurst = 1_000_000
    let (code, taken) = try Self.flood(2000, limits: limits, piece: piece)
    #expect(code == nil && taken == 2000, "\(name)")
  }

  @Test("PING and SETTINGS without reading the answers end the connection")
  func acknowledgements() throws {
    for frame in [Frames.frame(6, 0, 0, [UInt8](repeating: 0, count: 8)), Frames.settings] {
      for allowed in [100, 150, 1000] {
        var limits = HTTPLimits()
        limits.nuisanceBurst = 1_000_000
        limits.unsentAcknowledgements = allowed
        let (code, taken) = try Self.flood(1500, reading: false, limits: limits) { _ in frame }
        #expect(code == 11)
        // That of the first SETTINGS is one of them.
        #expect(taken == allowed - 1)
      }
    }
  }

  @Test("too many CONTINUATION frames end the connection")
  func continuations() throws {
    for allowed in [0, 8, 50] {
      var limits = HTTPLimits()
      limits.continuations = allowed
      let (code, taken) = try Self.flood(2000, limits: limits) { number in
        number == 0
          ? Frames.frame(1, 1, 1, [0x82] + Frames.address)
          : Frames.frame(9, 0, 1, Frames.literal("x-\(number)", "y"))
      }
      #expect(code == 11)
      #expect(taken == allowed + 1)
    }
  }

  @Test("too many entries of one SETTINGS frame end the connection")
  func settingsEntries() throws {
    for (allowed, count, isCalm) in [(32, 33, false), (32, 32, true), (1000, 1000, true)] {
      var limits = HTTPLimits()
      limits.settingsEntries = allowed
      let entries = [UInt8]((0..<count).flatMap { _ in [0, 3, 0, 0, 0, 100] as [UInt8] })
      let (code, _) = try Self.flood(1, limits: limits) { _ in Frames.frame(4, 0, 0, entries) }
      #expect(code == (isCalm ? nil : 11))
    }
  }

  @Test("the allowance for nuisances is filled up as time goes by")
  func refill() throws {
    let server = try HTTP2Session(role: .server)
    try Pair.deliver(Frames.preface + Frames.settings, to: server, chunk: .max)
    for second in 0..<30 {
      server.setDate([], seconds: Int64(1_000_000 + second))
      for _ in 0..<20 {
        try Pair.deliver(Frames.frame(8, 0, 0, [0, 0, 0, 1]), to: server, chunk: .max)
      }
    }
    _ = output(of: server)
    #expect(!server.isFinished)
  }

  /// One field of 4000 bytes goes into the table, then it is referred to so many times.
  static func bomb(references: Int) -> [UInt8] {
    let value = [UInt8](repeating: 0x61, count: 4000)
    let indexed: [UInt8] = [0x40, 1, 0x78, 0x7F, 0xA1, 0x1E] + value
    return Frames.frame(
      1, 5, 1,
      [0x82] + Frames.address + indexed + [UInt8](repeating: 0xBE, count: references))
  }

  @Test("a block of references to a large field is 431 as long as it stays small")
  func unpackedSection() throws {
    let server = try HTTP2Session(role: .server)
    try Pair.deliver(
      Frames.preface + Frames.settings + Self.bomb(references: 10), to: server, chunk: .max)
    #expect(server.nextEvent() == .rejected(.headersTooLarge, stream: 1))
    #expect(!server.isFinished)
  }

  @Test("one that unpacks to many times the limit ends the connection")
  func headerBomb() throws {
    let (code, taken) = try Self.flood(1) { _ in Self.bomb(references: 4000) }
    #expect(code == 11 && taken == 0)
  }

  @Test("no more streams than allowed are opened; a client that knows the limit is cut off")
  func streams() throws {
    var requests: [UInt8] = []
    for number in 0..<200 {
      requests += Frames.get(stream: UInt32(number * 2 + 1), endStream: true)
    }
    for knows in [false, true] {
      let server = try HTTP2Session(role: .server)
      try Pair.deliver(Frames.preface + Frames.settings, to: server, chunk: .max)
      _ = output(of: server)
      if knows { try Pair.deliver(Frames.frame(4, 1, 0, []), to: server, chunk: .max) }
      try? Pair.deliver(requests, to: server, chunk: .max)
      #expect(server.openStreams == 128)
      var seen = 0
      while server.nextEvent() != nil { seen += 1 }
      #expect(seen == 128)
      let frames = Frames.parse(output(of: server))
      let refused = frames.filter { $0.type == 3 && $0.code(at: 0) == 7 }
      #expect(refused.count == (knows ? 0 : 72))
      #expect(frames.contains { $0.type == 7 && $0.code(at: 4) == 1 } == knows)
    }
  }

  @Test("random bytes after the preface never trap")
  func garbage() throws {
    var state: UInt64 = 88_172_645_463_325_252
    func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
    for _ in 0..<500 {
      let server = try HTTP2Session(role: .server)
      try Pair.deliver(Frames.preface + Frames.settings, to: server, chunk: .max)
      for _ in 0..<20 {
        let payload = (0..<Int(next() % 40)).map { _ in UInt8(truncatingIfNeeded: next()) }
        let frame = Frames.frame(
          UInt8(next() % 11), UInt8(truncatingIfNeeded: next()), UInt32(next() % 8), payload)
        do { try Pair.deliver(frame, to: server, chunk: .max) } catch { break }
        while let event = server.nextEvent() {
          if let (response, stream) = Pair.echo(event) { server.respond(response, to: stream) }
        }
        _ = output(of: server)
      }
    }
  }
}
