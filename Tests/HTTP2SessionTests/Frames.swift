// SPDX-License-Identifier: Apache-2.0
import HTTP2Session

/// Frames made and read by hand, for what the client session would never send.
enum Frames {
  struct Frame: Equatable {
    let type: UInt8
    let flags: UInt8
    let stream: UInt32
    let payload: [UInt8]

    /// The 32-bit number at `offset` of the payload.
    func code(at offset: Int) -> UInt32? {
      guard offset + 4 <= payload.count else { return nil }
      return payload[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  static let settings = frame(4, 0, 0, [])

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8]
  {
    let count = payload.count
    return [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), type, flags]
      + [24, 16, 8, 0].map { UInt8(stream >> $0 & 0xFF) } + payload
  }

  /// `:path: /`, `:scheme: http`, `:authority: a`: a request but for its method.
  static let address: [UInt8] = [0x84, 0x86, 0x01, 1, 0x61]

  /// HEADERS of `GET /` (or another indexed method).
  static func get(stream: UInt32, endStream: Bool, method: UInt8 = 0x82) -> [UInt8] {
    frame(1, endStream ? 5 : 4, stream, [method] + address)
  }

  /// So many DATA frames of the largest size.
  static func data(stream: UInt32, frames: Int) -> [UInt8] {
    let one = frame(0, 0, stream, [UInt8](repeating: 0, count: 16384))
    var all: [UInt8] = []
    for _ in 0..<frames { all.append(contentsOf: one) }
    return all
  }

  /// A header field as a literal without indexing (RFC 7541 §6.2.2); both strings below 127 bytes.
  static func literal(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + Array(name.utf8) + [UInt8(value.utf8.count)] + Array(value.utf8)
  }

  static func parse(_ bytes: [UInt8]) -> [Frame] {
    var frames: [Frame] = []
    var start = 0
    while bytes.count - start >= 9 {
      let head = bytes[start..<(start + 9)].map { Int($0) }
      let count = head[0] << 16 | head[1] << 8 | head[2]
      let end = min(start + 9 + count, bytes.count)
      let stream = UInt32(head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8])
      frames.append(
        Frame(
          type: UInt8(head[3]), flags: UInt8(head[4]), stream: stream,
          payload: Array(bytes[(start + 9)..<end])))
      start = end
    }
    return frames
  }
}

/// All that a session wants to send.
func output(of session: HTTP2Session) -> [UInt8] {
  var bytes: [UInt8] = []
  session.takeOutput(into: &bytes)
  return bytes
}

extension HTTP2Session {
  /// Adds to an answer in pieces: see `append`.
  @discardableResult
  func add(_ bytes: [UInt8], to stream: UInt32) -> Bool { append(bytes.span, to: stream) }
}
