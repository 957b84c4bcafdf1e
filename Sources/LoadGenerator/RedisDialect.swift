// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// RESP: `INCR`, `GET` and `SET`.
enum RedisDialect: LineDialect {
  static let name = "redis"
  static let greeting: String? = "PING\r\n"

  static func isGreeting(_ line: String) -> Bool { line == "+PONG" }

  static func make(_ key: String) -> String { command("SETNX", key, "0") }

  static func isMade(_ line: String) -> Bool? {
    switch line {
    case ":1": true
    case ":0": false
    default: nil
    }
  }

  static func delete(_ key: String) -> String { command("DEL", key) }

  static func request(_ operation: AtomicOperation, _ key: String) -> String {
    if operation.isReadOnly { return command("GET", key) }
    return operation == .store ? command("SET", key, "1") : command("INCR", key)
  }

  private static func command(_ words: String...) -> String {
    words.reduce(into: "*\(words.count)\r\n") { text, word in
      text += "$\(word.utf8.count)\r\n\(word)\r\n"
    }
  }

  /// An answer is a line, or a length and a line of so many bytes, told by the first byte.
  struct Scanner: LineScanner {
    private enum Place {
      case start, line, length, data
    }

    private var place = Place.start
    private(set) var refusal: [UInt8]?

    mutating func scan(_ bytes: Span<UInt8>) -> Int {
      var replies = 0
      for index in 0..<bytes.count {
        let byte = bytes[index]
        switch place {
        case .start:
          switch byte {
          case UInt8(ascii: ":"), UInt8(ascii: "+"): place = .line
          case UInt8(ascii: "$"): place = .length
          default:
            refusal = bytes.line(from: index)
            return replies
          }
        case .line, .data:
          if byte == UInt8(ascii: "\n") {
            place = .start
            replies += 1
          }
        case .length:
          // $-1 is a key that is not there.
          if byte == UInt8(ascii: "-") { place = .line }
          if byte == UInt8(ascii: "\n") { place = .data }
        }
      }
      return replies
    }
  }
}
