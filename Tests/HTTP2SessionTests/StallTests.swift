// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

@Suite struct StallTests {
  /// A server with a limit of ten seconds, and what it sends.
  final class Stalled {
    let server: HTTP2Session
    private var now: Int64 = 1_000_000

    init(seconds: Int = 10, window: UInt32 = 0) throws {
      var limits = HTTPLimits()
      limits.stallSeconds = seconds
      server = try HTTP2Session(role: .server, limits: limits)
      wait(0)
      try send(Frames.preface + Frames.frame(4, 0, 0, [0, 4] + Frames.word(window)))
    }

    func send(_ bytes: [UInt8]) throws { try Pair.deliver(bytes, to: server, chunk: .max) }

    func wait(_ seconds: Int64, isHeldUp: Bool = false) {
      now += seconds
      server.setDate([], seconds: now, isHeldUp: isHeldUp)
    }

    /// (type, stream, code) of the resets and GOAWAYs that were sent since.
    func ends() -> [[UInt32]] {
      Frames.parse(output(of: server)).compactMap { frame in
        switch frame.type {
        case 3: [3, frame.stream, frame.code(at: 0) ?? 99]
        case 7: [7, frame.stream, frame.code(at: 4) ?? 99]
        default: nil
        }
      }
    }

    /// Answers with a body where there is something to answer.
    func answer() {
      while let event = server.nextEvent() {
        guard case .request(let request) = event else { continue }
        var response = HTTPResponse(status: 200)
        response.body = [UInt8](repeating: 0x61, count: 1000)
        server.respond(response, to: request.stream)
      }
    }
  }

  @Test("an answer in pieces that is taken piece by piece never stands still")
  func pieces() throws {
    let stalled = try Stalled(window: 70)
    try stalled.send(Frames.get(stream: 1, endStream: true))
    while let event = stalled.server.nextEvent() {
      guard case .request(let request) = event else { continue }
      var response = HTTPResponse(status: 200)
      response.delivery = .piecewise
      stalled.server.respond(response, to: request.stream)
    }
    let piece = [UInt8](repeating: 0x61, count: 70)
    for number in 0..<40 {
      // The next one is there before its window.
      let isThere = stalled.server.append(piece.span, to: 1)
      #expect(isThere)
      #expect(stalled.ends().isEmpty, "\(number)")
      stalled.wait(1)
      try stalled.send(Frames.frame(8, 0, 1, Frames.word(70)))
    }
    // And one that is not taken does.
    let large = [UInt8](repeating: 0x61, count: 700)
    let isThere = stalled.server.append(large.span, to: 1)
    #expect(isThere)
    stalled.wait(1)
    stalled.wait(12)
    #expect(stalled.ends() == [[3, 1, 11]])
  }

  @Test("streams are not blamed while the socket takes nothing")
  func heldUp() throws {
    let stalled = try Stalled()
    try stalled.send(Frames.get(stream: 1, endStream: false, method: 0x83))
    for _ in 0..<30 { stalled.wait(1, isHeldUp: true) }
    #expect(stalled.ends().isEmpty)
    stalled.wait(1)
    stalled.wait(11)
    #expect(stalled.ends() == [[3, 1, 11]])
  }

  @Test("an answer without a window, and a request without an end, are reset in time")
  func bothWays() throws {
    for begin in [
      Frames.get(stream: 1, endStream: true), Frames.get(stream: 1, endStream: false, method: 0x83),
    ] {
      let stalled = try Stalled()
      try stalled.send(begin)
      stalled.answer()
      #expect(stalled.ends().isEmpty && stalled.server.awaitsPeer)
      stalled.wait(10)
      #expect(stalled.ends().isEmpty)
      stalled.wait(1)
      #expect(stalled.ends() == [[3, 1, 11]])
      #expect(stalled.server.openStreams == 0 && !stalled.server.awaitsPeer)
    }
  }

  @Test("who gives or takes a byte now and then is left alone")
  func slow() throws {
    for isAnswer in [true, false] {
      let stalled = try Stalled()
      try stalled.send(Frames.get(stream: 1, endStream: isAnswer, method: isAnswer ? 0x82 : 0x83))
      stalled.answer()
      for _ in 0..<10 {
        stalled.wait(9)
        try stalled.send(
          isAnswer ? Frames.frame(8, 0, 1, Frames.word(20)) : Frames.frame(0, 0, 1, [0x20]))
        #expect(stalled.ends().isEmpty)
        // What has moved is seen at the next look.
        stalled.wait(1)
        #expect(stalled.ends().isEmpty)
      }
      stalled.wait(11)
      #expect(stalled.ends() == [[3, 1, 11]])
    }
  }

  @Test("a header section without an end ends the connection")
  func header() throws {
    let stalled = try Stalled()
    try stalled.send(Frames.frame(1, 1, 1, [0x82] + Frames.address))
    stalled.wait(11)
    #expect(stalled.ends() == [[7, 0, 11]])
    #expect(stalled.server.isFinished)
  }

  @Test("who waits for this side, and without a limit whoever waits, is left alone")
  func noLimit() throws {
    let waiting = try Stalled()
    try waiting.send(Frames.get(stream: 1, endStream: true))
    waiting.wait(1000)
    #expect(waiting.ends().isEmpty && !waiting.server.awaitsPeer)
    let unlimited = try Stalled(seconds: 0)
    try unlimited.send(Frames.get(stream: 1, endStream: true))
    unlimited.answer()
    unlimited.wait(100_000)
    #expect(unlimited.ends().isEmpty && !unlimited.server.awaitsPeer)
  }
}

extension Frames {
  /// Four bytes, highest first.
  fileprivate static func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }
}
