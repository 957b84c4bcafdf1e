// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// memcached's text protocol: `incr`, `get` and `set`.
enum MemcachedDialect: LineDialect {
  static let name = "memcached"
  static let greeting: String? = nil

  static func isGreeting(_ line: String) -> Bool { false }

  static func make(_ key: String) -> String { "add \(key) 0 0 1\r\n0\r\n" }

  static func isMade(_ line: String) -> Bool? {
    switch line {
    case "STORED": true
    case "NOT_STORED": false
    default: nil
    }
  }

  static func delete(_ key: String) -> String { "delete \(key)\r\n" }

  static func request(_ operation: AtomicOperation, _ key: String) -> String {
    if operation.isReadOnly { return "get \(key)\r\n" }
    return operation == .store ? "set \(key) 0 0 1\r\n1\r\n" : "incr \(key) 1\r\n"
  }

  /// An answer is a number, `STORED`, or what was found (`VALUE …`, the data) and `END`.
  struct Scanner: LineScanner {
    private enum Place {
      case start, line, value, data
      /// The first letter was S or E: the second tells STORED and END from errors.
      case second(UInt8)
    }

    private var place = Place.start
    private(set) var refusal: [UInt8]?

    mutating func scan(_ bytes: Span<UInt8>) -> Int {
      var replies = 0
      for index in 0..<bytes.count {
        let byte = bytes[index]
        switch place {
        case .start:
          if byte &- 0x30 < 10 {
            place = .line
          } else if byte == UInt8(ascii: "V") {
            place = .value
          } else if byte == UInt8(ascii: "S") || byte == UInt8(ascii: "E") {
            place = .second(byte)
          } else {
            refusal = bytes.line(from: index)
            return replies
          }
        case .second(let first):
          guard byte == (first == UInt8(ascii: "S") ? UInt8(ascii: "T") : UInt8(ascii: "N")) else {
            refusal = [first] + bytes.line(from: index)
            return replies
          }
          place = .line
        case .line:
          if byte == UInt8(ascii: "\n") {
            place = .start
            replies += 1
          }
        case .value: if byte == UInt8(ascii: "\n") { place = .data }
        case .data: if byte == UInt8(ascii: "\n") { place = .start }
        }
      }
      return replies
    }
  }
}
