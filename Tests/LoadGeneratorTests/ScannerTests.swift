// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Testing
import WireProtocol

@testable import LoadGenerator

@Suite struct ScannerTests {
  private func counts<Scanner: LineScanner>(
    _ text: String, as _: Scanner.Type, replies: Int
  ) {
    let bytes = Array(text.utf8)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var scanner = Scanner()
        var count = scanner.scan(bytes.span.extracting(0..<first))
        count += scanner.scan(bytes.span.extracting(first..<second))
        count += scanner.scan(bytes.span.extracting(second..<bytes.count))
        #expect(count == replies, "cut at \(first) and \(second)")
        #expect(scanner.refusal == nil)
      }
    }
  }

  @Test("redis's numbers, texts, values and missing keys are counted wherever they are cut")
  func countsRedis() {
    counts(":1\r\n+OK\r\n$2\r\n22\r\n$-1\r\n:333\r\n", as: RedisDialect.Scanner.self, replies: 5)
  }

  @Test("memcached's numbers, values and missing keys are counted wherever they are cut")
  func countsMemcached() {
    counts(
      "1\r\nVALUE bench 0 2\r\n22\r\nEND\r\nSTORED\r\nEND\r\n7\r\n",
      as: MemcachedDialect.Scanner.self, replies: 5)
  }

  private func refuses<Scanner: LineScanner>(
    _ line: String, after good: String, as _: Scanner.Type
  ) throws {
    var scanner = Scanner()
    #expect(scanner.scan(Array((good + line + "\r\n").utf8).span) == 1)
    #expect(String(decoding: try #require(scanner.refusal), as: UTF8.self) == line)
  }

  @Test("a refusal of redis is no reply")
  func keepsRedisRefusals() throws {
    try refuses(
      "-ERR value is not an integer", after: ":1\r\n", as: RedisDialect.Scanner.self)
  }

  @Test(
    "a refusal of memcached is no reply",
    arguments: ["NOT_FOUND", "ERROR", "SERVER_ERROR out of memory", "CLIENT_ERROR bad"])
  func keepsMemcachedRefusals(line: String) throws {
    try refuses(line, after: "1\r\n", as: MemcachedDialect.Scanner.self)
  }

  private static func reply(_ status: Status, words: Int, sequence: UInt32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16 + 8 * words)
    bytes[0] = 0x42
    bytes[2] = status.rawValue
    bytes[4] = UInt8(8 * words)
    bytes[8] = UInt8(sequence)
    return bytes
  }

  @Test("frames of every length are counted wherever they are cut")
  func countsFrames() {
    let bytes =
      Self.reply(.ok, words: 0, sequence: 1) + Self.reply(.mismatch, words: 1, sequence: 2)
      + Self.reply(.ok, words: 2, sequence: 3)
    for first in 0...bytes.count {
      for second in first...bytes.count {
        var scanner = FrameScanner()
        var count = scanner.scan(bytes.span.extracting(0..<first))
        count += scanner.scan(bytes.span.extracting(first..<second))
        count += scanner.scan(bytes.span.extracting(second..<bytes.count))
        #expect(count == 3)
        #expect(scanner.refusal == nil)
      }
    }
  }

  @Test("a frame that refuses is no reply")
  func keepsStatus() {
    var scanner = FrameScanner()
    let bytes =
      Self.reply(.ok, words: 1, sequence: 1) + Self.reply(.notFound, words: 1, sequence: 2)
    #expect(scanner.scan(bytes.span) == 1)
    #expect(scanner.refusal == Status.notFound.rawValue)
  }
}
