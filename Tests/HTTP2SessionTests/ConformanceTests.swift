// SPDX-License-Identifier: Apache-2.0
import HTTP2Session
import HTTPMessage
import Testing

/// What a server owes a client that breaks RFC 9113 or goes to its edges, row by row.
/// ``ConnectionTests``, ``FieldTests`` and ``FloodTests`` have the rows that need more than bytes.
@Suite struct ConformanceTests {
  struct Row: Sendable, CustomTestStringConvertible {
    /// Of RFC 9113, unless it says otherwise.
    let section: String
    let name: String
    let due: Due
    let preface: [UInt8]
    /// What the client sends behind that; answers go out after each piece.
    let pieces: [[UInt8]]

    init(
      _ section: String, _ name: String, _ due: Due,
      preface: [UInt8] = Frames.preface + Frames.settings, _ pieces: [UInt8]...
    ) {
      (self.section, self.name, self.due) = (section, name, due)
      (self.preface, self.pieces) = (preface, pieces)
    }

    var testDescription: String { "§\(section) \(name)" }
  }

  enum Due: Sendable, Equatable {
    /// GOAWAY with the code, and the end.
    case connection(UInt32)
    /// RST_STREAM of stream 1 with the code; other streams are served.
    case stream(UInt32)
    /// Answers on these streams, and nothing against any.
    case answers([UInt32])
  }

  /// A request whose stream its client has ended, and one that goes on.
  private static let ended = Frames.get(stream: 1, endStream: true)
  private static let open = Frames.get(stream: 1, endStream: false, method: 0x83)
  private static let reset = Frames.frame(3, 0, 1, [0, 0, 0, 8])
  /// The fields of a request, and the one byte that ends its body.
  private static let get: [UInt8] = [0x82, 0x84, 0x86, 0x01, 1, 0x61]
  private static let lastByte = Frames.frame(0, 1, 1, [0x61])

  private static func all(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

  private static func bytes(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  private static func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// HEADERS on stream 1.
  private static func headers(_ flags: UInt8, _ parts: [UInt8]...) -> [UInt8] {
    Frames.frame(1, flags, 1, Array(parts.joined()))
  }

  /// The whole block of a request on stream 1, and what stands behind its fields.
  private static func request(_ more: [UInt8]) -> [UInt8] { headers(5, get, more) }

  private static func continuation(_ flags: UInt8, _ part: [UInt8]) -> [UInt8] {
    Frames.frame(9, flags, 1, part)
  }

  private static func setting(_ id: UInt8, _ value: UInt32) -> [UInt8] {
    Frames.frame(4, 0, 0, all([0, id], number(value)))
  }

  private static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> [UInt8] {
    Frames.frame(8, 0, stream, number(increment))
  }

  /// The sizes of frames, and what is not known of them.
  static let frames: [Row] = [
    Row(
      "3.4", "PING in place of SETTINGS", .connection(1), preface: Frames.preface,
      Frames.frame(6, 0, 0, bytes(8))),
    Row("3.4", "a request in place of SETTINGS", .connection(1), preface: Frames.preface, ended),
    Row(
      "3.4", "an acknowledgement in place of SETTINGS", .connection(1), preface: Frames.preface,
      Frames.frame(4, 1, 0, [])),
    Row("4.1", "an unknown type on the connection", .answers([]), Frames.frame(32, 0xFF, 0, [1])),
    Row(
      "4.1", "an unknown type on a stream, idle and open", .answers([1]),
      all(Frames.frame(32, 0, 1, []), open, Frames.frame(33, 1, 1, bytes(16384)), lastByte)),
    Row("4.1", "unknown flags of HEADERS", .answers([1]), headers(0xD5 & ~8, get)),
    Row("4.1", "unknown flags of DATA", .answers([1]), open, Frames.frame(0, 0xF7, 1, [])),
    Row("4.1", "unknown flags of PING", .answers([]), Frames.frame(6, 0xFE, 0, bytes(8))),
    Row("4.1", "unknown flags of SETTINGS", .answers([]), Frames.frame(4, 0xFE, 0, [])),
    Row("4.1", "the reserved bit of a stream", .answers([1]), Frames.frame(1, 5, 0x8000_0001, get)),
    Row("4.2", "HEADERS over the maximum", .connection(6), headers(5, bytes(16385))),
    Row("4.2", "SETTINGS over the maximum", .connection(6), Frames.frame(4, 0, 0, bytes(16386))),
    Row(
      "4.2", "an unknown type over the maximum", .connection(6),
      Frames.frame(32, 0, 0, bytes(16385))),
    Row("4.2", "DATA of the maximum", .answers([1]), open, Frames.frame(0, 1, 1, bytes(16384))),
    // libnghttp2 1.52 says PROTOCOL_ERROR where §4.2 has FRAME_SIZE_ERROR: the end is the same.
    Row("6.1", "padded DATA without its length", .connection(1), open, Frames.frame(0, 9, 1, [])),
    Row("6.1", "padding as long as DATA", .connection(1), open, Frames.frame(0, 9, 1, [3, 1, 0])),
    Row("6.1", "nothing but padding", .answers([1]), open, Frames.frame(0, 9, 1, [2, 0, 0])),
    Row("6.2", "padded HEADERS without its length", .connection(1), headers(0xD)),
    Row("6.2", "padding as long as HEADERS", .connection(1), headers(0xD, [7], get)),
    Row("6.2", "padded HEADERS", .answers([1]), headers(0xD, [2], get, [0, 0])),
    Row(
      "6.2", "padded HEADERS with a priority", .answers([1]),
      headers(0x2D, [2], bytes(5), get, [0, 0])),
    Row("6.2", "HEADERS too short for its priority", .connection(6), headers(0x25, bytes(4))),
    // A stream error would do, and may always be taken for the connection's (§5.4.1).
    Row("6.3", "PRIORITY of 4 bytes", .connection(6), Frames.frame(2, 0, 1, bytes(4))),
    Row("6.3", "PRIORITY of 6 bytes", .connection(6), Frames.frame(2, 0, 1, bytes(6))),
    Row("6.4", "RST_STREAM of 3 bytes", .connection(6), open, Frames.frame(3, 0, 1, bytes(3))),
    Row("6.4", "RST_STREAM of 5 bytes", .connection(6), open, Frames.frame(3, 0, 1, bytes(5))),
    Row(
      "6.5", "an acknowledgement with a setting", .connection(6), Frames.frame(4, 1, 0, bytes(6))),
    Row("6.5", "SETTINGS of 7 bytes", .connection(6), Frames.frame(4, 0, 0, bytes(7))),
    Row("6.7", "PING of no bytes", .connection(6), Frames.frame(6, 0, 0, [])),
    Row("6.7", "PING of 7 bytes", .connection(6), Frames.frame(6, 0, 0, bytes(7))),
    Row("6.7", "PING of 9 bytes", .connection(6), Frames.frame(6, 0, 0, bytes(9))),
    Row("6.8", "GOAWAY of 7 bytes", .connection(6), Frames.frame(7, 0, 0, bytes(7))),
    Row("6.9", "WINDOW_UPDATE of 3 bytes", .connection(6), Frames.frame(8, 0, 0, bytes(3))),
    Row("6.9", "WINDOW_UPDATE of 5 bytes", .connection(6), open, Frames.frame(8, 0, 1, bytes(5))),
  ]

  /// Frames on streams that they have no place on, and in states that do not take them.
  static let states: [Row] = [
    Row("5.1", "RST_STREAM on an idle stream", .connection(1), reset),
    Row("5.1", "WINDOW_UPDATE on an idle stream", .connection(1), windowUpdate(1, 100)),
    Row("5.1", "PRIORITY on an idle stream", .answers([]), Frames.frame(2, 0, 9, bytes(5))),
    Row("5.1", "WINDOW_UPDATE, half-closed", .answers([1]), all(ended, windowUpdate(1, 100))),
    Row("5.1", "PRIORITY, half-closed", .answers([1]), all(ended, Frames.frame(2, 0, 1, bytes(5)))),
    Row("5.1", "RST_STREAM, half-closed", .answers([]), all(ended, reset)),
    Row("5.1", "DATA, half-closed", .connection(5), all(ended, lastByte)),
    Row("5.1", "HEADERS, half-closed", .connection(5), all(ended, ended)),
    Row("5.1", "CONTINUATION, half-closed", .connection(1), all(ended, continuation(4, get))),
    Row("5.1", "WINDOW_UPDATE, closed", .answers([1]), ended, windowUpdate(1, 100)),
    Row("5.1", "RST_STREAM, closed", .answers([1]), ended, reset),
    Row("5.1", "PRIORITY, closed", .answers([1]), ended, Frames.frame(2, 0, 1, bytes(5))),
    Row("5.1", "CONTINUATION, closed", .connection(1), ended, continuation(4, get)),
    // A client whose stream this side has reset may have sent more on it before it knew, and
    // streams that are gone are not remembered: what comes for one is read, counted and dropped.
    Row("5.1", "DATA, closed", .answers([1]), ended, lastByte),
    Row("5.1", "HEADERS, closed", .answers([1]), ended, ended),
    Row("5.1", "DATA behind RST_STREAM", .answers([]), all(open, reset, lastByte)),
    Row("5.1", "HEADERS behind RST_STREAM", .answers([]), all(open, reset, ended)),
    // Nor are those remembered that were passed over.
    Row(
      "5.1.1", "a stream below another", .answers([5]), Frames.get(stream: 5, endStream: true),
      Frames.get(stream: 3, endStream: true)),
    Row("5.1.1", "HEADERS on stream 0", .connection(1), Frames.frame(1, 5, 0, get)),
    Row("5.1.1", "DATA on an even stream", .connection(1), Frames.frame(0, 1, 2, [])),
    // As RFC 7540 §5.3.1 had it; the library takes it for the connection's error.
    Row(
      "5.3", "a stream that depends on itself", .connection(1), headers(0x25, number(1), [0], get)),
    // Priorities are none of this side's business, so that nobody looks at these frames (§5.3.2).
    Row("6.3", "PRIORITY on stream 0", .answers([]), Frames.frame(2, 0, 0, bytes(5))),
    Row("6.4", "RST_STREAM on stream 0", .connection(1), Frames.frame(3, 0, 0, bytes(4))),
    Row("6.5", "an acknowledgement on a stream", .connection(1), Frames.frame(4, 1, 1, [])),
    Row(
      "6.5.3", "an acknowledgement of nothing", .connection(1),
      all(Frames.frame(4, 1, 0, []), Frames.frame(4, 1, 0, []))),
    Row("6.7", "PING on a stream", .connection(1), Frames.frame(6, 0, 1, bytes(8))),
    Row("6.7", "an answer to no PING", .answers([]), Frames.frame(6, 1, 0, bytes(8))),
    Row("6.8", "GOAWAY on a stream", .connection(1), Frames.frame(7, 0, 1, bytes(8))),
    Row(
      "7", "RST_STREAM with an unknown code", .answers([]), open,
      Frames.frame(3, 0, 1, number(.max))),
    Row("8.4", "PUSH_PROMISE without an end", .connection(1), Frames.frame(5, 0, 1, number(2))),
  ]

  /// Settings and windows.
  static let windows: [Row] = [
    Row("6.5.2", "ENABLE_PUSH of 2", .connection(1), setting(2, 2)),
    Row("6.5.2", "ENABLE_PUSH of 1 and 0", .answers([1]), setting(2, 1), setting(2, 0), ended),
    Row("6.5.2", "INITIAL_WINDOW_SIZE of 2^31", .connection(3), setting(4, 0x8000_0000)),
    Row("6.5.2", "INITIAL_WINDOW_SIZE of 2^31-1", .answers([1]), setting(4, 0x7FFF_FFFF), ended),
    Row("6.5.2", "MAX_FRAME_SIZE of 2^14-1", .connection(1), setting(5, 0x3FFF)),
    Row("6.5.2", "MAX_FRAME_SIZE of 2^24", .connection(1), setting(5, 0x100_0000)),
    Row("6.5.2", "MAX_FRAME_SIZE of 2^24-1", .answers([1]), setting(5, 0xFF_FFFF), ended),
    Row(
      "6.5.2", "HEADER_TABLE_SIZE of 0 and of all", .answers([1]), setting(1, 0), setting(1, .max),
      ended),
    Row("6.5.2", "MAX_HEADER_LIST_SIZE of 0", .answers([1]), setting(6, 0), ended),
    Row("6.5.2", "MAX_CONCURRENT_STREAMS of 0", .answers([1]), setting(3, 0), ended),
    Row("6.5.2", "an unknown setting", .answers([1]), setting(0x77, .max), ended),
    Row("RFC 9218 §2.1", "NO_RFC7540_PRIORITIES of 2", .connection(1), setting(9, 2)),
    // Again a stream error that is taken for the connection's (§5.4.1).
    Row("6.9", "an increment of 0 on a stream", .connection(1), open, windowUpdate(1, 0)),
    Row(
      "6.9", "the reserved bit of an increment", .answers([1]), open, windowUpdate(1, 0x8000_0100),
      lastByte),
    Row("6.9.1", "a stream's window over 2^31-1", .stream(3), open, windowUpdate(1, 0x7FFF_FFFF)),
    Row(
      "6.9.1", "a stream's window of 2^31-1", .answers([1]), open, windowUpdate(1, 0x7FFF_0000),
      lastByte),
    Row(
      "6.9.1", "the connection's window of 2^31-1", .answers([1]), windowUpdate(0, 0x7FFF_0000),
      ended),
    // Due is the connection's end; the library ends what is concerned, and no others.
    Row(
      "6.9.2", "a setting that takes a stream's window over 2^31-1", .stream(3), open,
      windowUpdate(1, 0x100), setting(4, 0x7FFF_FFFF)),
  ]

  /// Field blocks: their frames and their compression.
  static let blocks: [Row] = [
    Row(
      "6.10", "a block in many pieces, some empty", .answers([1]),
      all(
        headers(1), continuation(0, [0x82, 0x84]), continuation(0, []),
        continuation(4, [0x86, 0x01, 1, 0x61]))),
    Row(
      "6.10", "a block in eight pieces more", .answers([1]),
      all(
        headers(1, get), Array([[UInt8]](repeating: continuation(0, []), count: 7).joined()),
        continuation(4, []))),
    Row("6.10", "DATA within a block", .connection(1), headers(0, get), lastByte),
    Row(
      "6.10", "HEADERS within a block", .connection(1), headers(1, get),
      Frames.get(stream: 3, endStream: true)),
    Row(
      "6.10", "PING within a block", .connection(1), headers(1, get),
      Frames.frame(6, 0, 0, bytes(8))),
    Row(
      "6.10", "an unknown type within a block", .connection(1), headers(1, get),
      Frames.frame(32, 0, 1, [])),
    Row(
      "6.10", "another stream's CONTINUATION", .connection(1), headers(1, get),
      Frames.frame(9, 4, 3, [])),
    Row(
      "6.10", "CONTINUATION on stream 0", .connection(1), headers(1, get), Frames.frame(9, 4, 0, [])
    ),
    Row(
      "6.10", "CONTINUATION behind the end", .connection(1), headers(4, get), continuation(4, [])),
    Row("8.1", "a block of no fields", .stream(1), headers(5)),
    Row(
      "8.1", "trailers that are not the end", .stream(1), open, headers(4, Frames.literal("a", "b"))
    ),
    Row("RFC 7541 §6.1", "index 0", .connection(9), headers(5, [0x80])),
    Row("RFC 7541 §2.3.3", "an index beyond the tables", .connection(9), request([0xBE])),
    Row("RFC 7541 §2.3.3", "a name beyond the tables", .connection(9), request([0x7E, 1, 0x61])),
    Row(
      "RFC 7541 §5.1", "an index that never ends", .connection(9),
      headers(5, [UInt8](repeating: 0xFF, count: 10))),
    Row("RFC 7541 §5.2", "a name longer than the block", .connection(9), request([0, 5, 0x61])),
    Row("RFC 7541 §5.2", "a field without its value", .connection(9), request([0, 1, 0x61])),
    Row(
      "RFC 7541 §5.2", "Huffman padding of zeros", .connection(9),
      request([0, 1, 0x61, 0x81, 0x18])),
    Row(
      "RFC 7541 §5.2", "Huffman padding of a byte", .connection(9),
      request([0, 1, 0x61, 0x82, 0x1F, 0xFF])),
    Row(
      "RFC 7541 §5.2", "the end of a string in Huffman code", .connection(9),
      request([0, 1, 0x61, 0x84, 0xFF, 0xFF, 0xFF, 0xFF])),
    Row(
      "RFC 7541 §6.3", "a table of 4096 bytes", .answers([1]), headers(5, [0x3F, 0xE1, 0x1F], get)),
    Row(
      "RFC 7541 §6.3", "a table of 4097 bytes", .connection(9), headers(5, [0x3F, 0xE2, 0x1F], get)),
    Row(
      "RFC 7541 §4.2", "two sizes of the table", .answers([1]),
      headers(5, [0x20, 0x3F, 0xE1, 0x1F], get)),
    Row("RFC 7541 §4.2", "a size behind a field", .connection(9), request([0x20])),
    Row("4.3", "broken compression in trailers", .connection(9), open, headers(5, [0x80])),
    // The rest of what is refused is read too, as the tables of both sides must stay the same.
    Row(
      "4.3", "broken compression in a malformed request", .connection(9),
      headers(5, [0x82, 0x82, 0x80])),
    Row(
      "4.3", "a field that a malformed request puts into the table", .stream(1),
      headers(5, Frames.literal("X", "y"), [0x40, 1, 0x61, 1, 0x62]),
      Frames.frame(1, 5, 3, all(get, [0xBE]))),
  ]

  @Test(
    "each row has its due, whole and byte by byte",
    arguments: [frames, states, windows, blocks].joined().map { $0 }, [Int.max, 1])
  func row(row: Row, chunk: Int) throws {
    let server = try HTTP2Session(role: .server)
    var sent: [Frames.Frame] = []
    var hasEnded = false
    // On a stream of its own: whether the connection goes on.
    let last = Frames.get(stream: 101, endStream: true)
    for piece in [row.preface] + row.pieces + [last] where !hasEnded {
      hasEnded = (try? Pair.deliver(piece, to: server, chunk: chunk)) == nil
      while let event = server.nextEvent() {
        if let (response, stream) = Pair.echo(event) { server.respond(response, to: stream) }
      }
      sent += Frames.parse(output(of: server))
    }
    let goAways = sent.filter { $0.type == 7 }
    let resets = sent.filter { $0.type == 3 }
    let answers = sent.filter { $0.type == 1 }.map(\.stream)
    switch row.due {
    case .connection(let code):
      #expect(goAways.last?.code(at: 4) == code, "\(sent)")
      #expect(server.isFinished && !answers.contains(101))
    case .stream(let code):
      #expect(goAways.isEmpty && answers.last == 101, "\(sent)")
      #expect(resets.map(\.stream) == [1] && resets.first?.code(at: 0) == code)
    case .answers(let streams):
      #expect(goAways.isEmpty && resets.isEmpty, "\(sent)")
      #expect(answers == streams + [101])
    }
  }

  @Test("a window may become negative: its body goes on when it is above 0 again (§6.9.2)")
  func negativeWindow() throws {
    let server = try HTTP2Session(role: .server)
    func sends(_ bytes: [UInt8]) throws -> Int {
      try Pair.deliver(bytes, to: server, chunk: .max)
      while case .request(let request)? = server.nextEvent() {
        server.respond(
          HTTPResponse(status: 200, body: Self.bytes(100_000)), to: request.stream)
      }
      return Frames.parse(output(of: server)).filter { $0.type == 0 }
        .reduce(0) { $0 + $1.payload.count }
    }
    let opening = Self.all(Frames.preface, Frames.settings, Self.windowUpdate(0, 1 << 20))
    #expect(try sends(Self.all(opening, Self.setting(4, 1000), Self.ended)) == 1000)
    #expect(try sends(Self.setting(4, 400)) == 0)
    #expect(try sends(Self.windowUpdate(1, 600)) == 0)
    #expect(try sends(Self.windowUpdate(1, 20)) == 20)
    #expect(try sends(Self.setting(4, 0)) == 0)
    #expect(try sends(Self.windowUpdate(1, 399)) == 0)
    #expect(try sends(Self.setting(4, 65_535)) == 65_534)
    #expect(try sends(Self.windowUpdate(1, 1 << 20)) == 100_000 - 1020 - 65_534)
  }

  @Test("PING is answered with its bytes, SETTINGS with one acknowledgement each (§6.7, §6.5.3)")
  func acknowledgements() throws {
    let server = try HTTP2Session(role: .server)
    let data: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 0xFF]
    let input = Self.all(
      Frames.preface, Frames.settings, Self.setting(4, 1), Frames.frame(6, 0, 0, data))
    try Pair.deliver(input, to: server, chunk: 1)
    let answers = Frames.parse(output(of: server)).filter { $0.flags == 1 }
    #expect(answers.map(\.type) == [4, 4, 6] && answers.last?.payload == data)
    #expect(answers.allSatisfy { $0.stream == 0 })
  }

  @Test("the padding of a body is not part of it, and no length counts it (§6.1, §8.1.1)")
  func padding() throws {
    let server = try HTTP2Session(role: .server)
    let head = Self.headers(4, [0x83], Frames.address, Frames.literal("content-length", "3"))
    let input = Self.all(
      Frames.preface, Frames.settings, head, Frames.frame(0, 8, 1, [2, 0x61, 0x62, 0, 0]),
      Frames.frame(0, 9, 1, [0, 0x63]))
    try Pair.deliver(input, to: server, chunk: 1)
    guard case .request(let request)? = server.nextEvent() else {
      Issue.record("\(Frames.parse(output(of: server)))")
      return
    }
    #expect(request.body == Array("abc".utf8))
  }

  @Test("a client's GOAWAY ends nothing that it asked for (§6.8)")
  func clientGoAway() throws {
    let server = try HTTP2Session(role: .server)
    let farewell = Frames.frame(7, 0, 0, Self.all(Self.number(0), Self.number(.max)))
    try Pair.deliver(
      Self.all(Frames.preface, Frames.settings, Self.ended, farewell), to: server, chunk: .max)
    guard let (response, stream) = server.nextEvent().flatMap(Pair.echo) else {
      Issue.record("no request")
      return
    }
    #expect(server.respond(response, to: stream))
    let frames = Frames.parse(output(of: server))
    #expect(frames.contains { $0.type == 1 && $0.stream == 1 })
    #expect(!frames.contains { $0.type == 7 || $0.type == 3 })
  }
}
