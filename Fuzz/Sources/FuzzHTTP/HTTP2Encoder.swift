// SPDX-License-Identifier: Apache-2.0

/// Makes a client's frames (RFC 9113 §6), field blocks without a table.
struct HTTP2Encoder {
  private(set) var nextStream: UInt32 = 1

  /// The preface, and windows that no answer fills.
  static let opening =
    Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    + frame(4, 0, 0, [0, 4] + number(1 << 30)) + frame(8, 0, 0, number(1 << 30))

  mutating func request(_ request: Request, inTwo: Bool, splits: Bool, pads: Bool) -> [UInt8] {
    let stream = nextStream
    nextStream += 2
    var block = Self.field(":method", Array(request.method.utf8))
    block += Self.field(":scheme", Array("http".utf8)) + Self.field(":path", request.target)
    block += Self.field(":authority", Array("localhost".utf8))
    for (name, value) in request.fields { block += Self.field(name, Array(value.utf8)) }
    let end: UInt8 = request.body.isEmpty ? 1 : 0
    var bytes: [UInt8]
    if splits {
      let half = block.count / 2
      bytes = Self.frame(1, end, stream, Array(block[..<half]))
      bytes += Self.frame(9, 4, stream, Array(block[half...]))
    } else if pads {
      bytes = Self.frame(1, 0xC | end, stream, [3] + block + [0, 0, 0])
    } else {
      bytes = Self.frame(1, 4 | end, stream, block)
    }
    if request.body.isEmpty { return bytes }
    if inTwo {
      let half = request.body.count / 2
      bytes += Self.frame(0, 0, stream, Array(request.body[..<half]))
      bytes += Self.frame(0, 1, stream, Array(request.body[half...]))
    } else {
      bytes += Self.frame(0, 1, stream, request.body)
    }
    return bytes
  }

  /// What else a client may say, or may not: on its first stream, its last one and its next one,
  /// or on none.
  func frame(_ number: Int) -> [UInt8] {
    let count = Self.ofStreams.count
    let number = number % (3 * count + Self.ofNone.count)
    guard number < 3 * count else { return Self.ofNone[number - 3 * count] }
    var bytes = Self.ofStreams[number % count]
    let last = nextStream > 1 ? nextStream - 2 : 1
    bytes.replaceSubrange(5..<9, with: Self.number([1, last, nextStream][number / count]))
    return bytes
  }

  private static let ofStreams: [[UInt8]] = [
    frame(3, 0, 1, number(8)), frame(8, 0, 1, number(1 << 20)), frame(2, 0, 1, [0, 0, 0, 3, 7]),
    frame(0, 1, 1, [0x7B, 0x7D]), frame(1, 5, 1, field("x-trailer", [0x79])),
    frame(1, 4, 1, [0x83, 0x84, 0x86, 0x01, 1, 0x61]), frame(9, 4, 1, []), frame(32, 0xFF, 1, [1]),
  ]

  private static let ofNone: [[UInt8]] = [
    frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]), frame(6, 1, 0, Array("shutdown".utf8)),
    frame(4, 0, 0, [0, 4] + number(0)), frame(4, 0, 0, [0, 4] + number(100)),
    frame(4, 0, 0, [0, 4] + number(1 << 30)), frame(4, 1, 0, []),
    frame(4, 0, 0, [0, 1] + number(0)), frame(4, 0, 0, [0, 1] + number(4096)),
    frame(4, 0, 0, [0, 5] + number(1 << 20)), frame(4, 0, 0, [0, 2] + number(2)),
    frame(8, 0, 0, number(1)), frame(7, 0, 0, number(1) + number(0)),
    frame(16, 0, 0, number(1) + Array("u=1, i".utf8)), frame(33, 0, 0, []),
  ]

  static func frame(_ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]) -> [UInt8]
  {
    number(UInt32(payload.count)).dropFirst() + [type, flags] + number(stream) + payload
  }

  static func number(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }

  /// A literal without indexing (RFC 7541 §6.2.2).
  static func field(_ name: String, _ value: [UInt8]) -> [UInt8] {
    [0] + length(name.utf8.count) + Array(name.utf8) + length(value.count) + value
  }

  /// RFC 7541 §5.1, behind one bit.
  private static func length(_ count: Int) -> [UInt8] {
    guard count >= 127 else { return [UInt8(count)] }
    var bytes: [UInt8] = [127]
    var rest = count - 127
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
