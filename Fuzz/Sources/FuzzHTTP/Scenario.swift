// SPDX-License-Identifier: Apache-2.0

/// What happens to a connection, from an input that is mostly choices: whole requests and frames
/// with some bytes changed, bytes of no meaning, and what is no bytes.
///
///     C0 + n   happening n; see `happen`
///     40 + n   request n; behind the others, operation n, the next byte added. Then its style:
///                bits 0–1  how many changes follow, each an offset and a byte
///                bits 2–3  what they change: the target, the body, or what is sent: all of it, or
///                          from the ninth byte on (a frame's payload)
///                bit 4     the body in two chunks, or frames
///                bit 5     HTTP/1.0; a block in two frames
///                bit 6     `expect: 100-continue`
///                bit 7     a connection of this one request; padding
///     n        the next n bytes as they are
struct Scenario {
  enum Speech { case http1, http2 }

  enum Step {
    case bytes([UInt8])
    /// Time passes: what waits hears of it.
    case time
    /// Another client changes `r0`.
    case change
    /// The deadline of the connection passes.
    case deadline
    /// The server begins to end.
    case drain
  }

  let speech: Speech
  private(set) var steps: [Step] = []
  /// Requests of HTTP/2 that are sent as they should be, by stream.
  private(set) var known: [UInt32: Request] = [:]
  /// Whether all that is sent is requests as they should be.
  private(set) var isClean = true
  /// Whether nothing happens but bytes that come.
  private(set) var isSteady = true
  private var encoder = HTTP2Encoder()

  /// All that the client sends.
  var bytes: [UInt8] {
    steps.flatMap { step -> [UInt8] in if case .bytes(let bytes) = step { bytes } else { [] } }
  }

  init(decoding input: ArraySlice<UInt8>, _ speech: Speech, opens: Bool) {
    self.speech = speech
    if opens, speech == .http2 { steps.append(.bytes(HTTP2Encoder.opening)) }
    if !opens { isClean = false }
    var rest = input
    while let choice = rest.popFirst() {
      switch choice {
      case 0xC0...: happen(Int(choice & 0x3F))
      case 0x40...: ask(Int(choice) - 0x40, &rest)
      default:
        isClean = false
        steps.append(.bytes(Array(rest.prefix(Int(choice)))))
        rest = rest.dropFirst(Int(choice))
      }
    }
  }

  private mutating func ask(_ choice: Int, _ rest: inout ArraySlice<UInt8>) {
    var request: Request
    if choice < Request.others.count {
      request = Request.others[choice]
    } else {
      let number = choice - Request.others.count + Int(rest.popFirst() ?? 0)
      request = Request.operations[number % Request.operations.count]
    }
    let style = rest.popFirst() ?? 0
    var changes: [(place: Int, byte: UInt8)] = []
    for _ in 0..<(style & 3) {
      guard let place = rest.popFirst(), let byte = rest.popFirst() else { break }
      changes.append((Int(place), byte))
    }
    func change(_ bytes: inout [UInt8], from start: Int = 0) {
      guard bytes.count > start else { return }
      for (place, byte) in changes { bytes[start + place % (bytes.count - start)] = byte }
    }
    let changesWhatIsSent = style & 8 != 0 && !changes.isEmpty
    if style & 0xC == 0 { change(&request.target) }
    if style & 0xC == 4 { change(&request.body) }
    if style & 0x40 != 0 { request.fields.append(("expect", "100-continue")) }
    // What is no target, or ends the field that it stands in, is no request.
    if request.target.contains(where: { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x23 }) {
      isClean = false
    }
    if changesWhatIsSent { isClean = false }
    var bytes: [UInt8]
    switch speech {
    case .http1:
      bytes = request.http1(
        isChunked: style & 0x10 != 0, isOld: style & 0x20 != 0, isLast: style & 0x80 != 0)
    case .http2:
      if isClean { known[encoder.nextStream] = request }
      bytes = encoder.request(
        request, inTwo: style & 0x10 != 0, splits: style & 0x20 != 0, pads: style & 0x80 != 0)
    }
    if changesWhatIsSent { change(&bytes, from: style & 4 == 0 ? 0 : 9) }
    steps.append(.bytes(bytes))
  }

  private mutating func happen(_ number: Int) {
    switch number {
    case 0...3: steps.append(.time)
    case 4...7: steps.append(.change)
    case 8: steps.append(.deadline)
    case 9: steps.append(.drain)
    default:
      isClean = false
      steps.append(
        .bytes(
          speech == .http1
            ? Self.pieces[(number - 10) % Self.pieces.count] : encoder.frame(number - 10)))
      return
    }
    isSteady = false
  }

  /// Pieces of HTTP/1.
  private static let pieces: [[UInt8]] = [
    "\r\n", "0\r\n\r\n", "GET / HTTP/1.1\r\n", "Host: localhost\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Content-Length: 5\r\n", "POST /v1/registers/r0/add HTTP/1.1\r\n", "5\r\nhello\r\n", "\n",
    " x\r\n", "Expect: 100-continue\r\n", "Connection: close\r\n",
    "GET http://localhost/livez HTTP/1.1\r\n",
    "Host: a\r\n", "X: \u{1}\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "400\r\n",
    "HTTP/1.1 200 OK\r\n",
    "OPTIONS * HTTP/1.1\r\n", "Upgrade: h2c\r\n",
  ].map { Array($0.utf8) }
}

extension Request {
  fileprivate func http1(isChunked: Bool, isOld: Bool, isLast: Bool) -> [UInt8] {
    var bytes = Array("\(method) ".utf8) + target
    bytes += Array(" HTTP/1.\(isOld ? 0 : 1)\r\nHost: localhost\r\n".utf8)
    for (name, value) in fields { bytes += Array("\(name): \(value)\r\n".utf8) }
    if isLast { bytes += Array("Connection: close\r\n".utf8) }
    if isChunked, !isOld, !body.isEmpty {
      bytes += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
      let half = body.count / 2
      for chunk in [body[..<half], body[half...]] where !chunk.isEmpty {
        bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [0x0D, 0x0A]
      }
      return bytes + Array("0\r\n\r\n".utf8)
    }
    if !body.isEmpty { bytes += Array("Content-Length: \(body.count)\r\n".utf8) }
    return bytes + [0x0D, 0x0A] + body
  }
}
