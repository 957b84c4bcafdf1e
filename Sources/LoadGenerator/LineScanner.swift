// SPDX-License-Identifier: Apache-2.0

/// Counts the replies of RESP's INCR and memcached's incr: one line each, told good from bad by
/// its first byte. Keeps nothing but its place between calls.
struct LineScanner {
  private let wire: LoadTarget.Wire
  private var isAtStart = true
  /// The first refusal, as far as it was read.
  private(set) var refusal: [UInt8]?

  init(_ wire: LoadTarget.Wire) {
    self.wire = wire
  }

  /// The number of replies that end in `bytes`. A refusal ends the count and stays in `refusal`.
  mutating func scan(_ bytes: Span<UInt8>) -> Int {
    var replies = 0
    for index in 0..<bytes.count {
      let byte = bytes[index]
      if isAtStart {
        let isGood = wire == .redis ? byte == UInt8(ascii: ":") : byte &- 0x30 < 10
        guard isGood else {
          keepLine(bytes, from: index)
          return replies
        }
        isAtStart = false
      } else if byte == UInt8(ascii: "\n") {
        isAtStart = true
        replies += 1
      }
    }
    return replies
  }

  private mutating func keepLine(_ bytes: Span<UInt8>, from start: Int) {
    var line: [UInt8] = []
    var index = start
    while index < bytes.count, line.count < 100, bytes[index] >= 0x20 {
      line.append(bytes[index])
      index += 1
    }
    refusal = line
  }
}
