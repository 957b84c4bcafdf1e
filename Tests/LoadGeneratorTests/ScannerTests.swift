// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Testing
import WireProtocol

@testable import LoadGenerator

@Suite struct ScannerTests {
  @Test(
    "lines are counted wherever they are cut",
    arguments: [
      (LoadTarget.Wire.redis, ":1\r\n:22\r\n:333\r\n"), (.memcached, "1\r\n22\r\n333\r\n"),
    ])
  func countsLines(wire: LoadTarget.Wire, text: String) {
    let bytes = Array(text.utf8)
    for cut in 0...bytes.count {
      var scanner = LineScanner(wire)
      let first = scanner.scan(bytes.span.extracting(0..<cut))
      let second = scanner.scan(bytes.span.extracting(cut..<bytes.count))
      #expect(first + second == 3)
      #expect(scanner.refusal == nil)
    }
  }

  @Test(
    "a refusal is no reply",
    arguments: [
      (
        LoadTarget.Wire.redis, ":1\r\n-ERR value is not an integer\r\n",
        "-ERR value is not an integer"
      ),
      (.memcached, "1\r\nNOT_FOUND\r\n", "NOT_FOUND"),
    ])
  func keepsRefusals(wire: LoadTarget.Wire, text: String, line: String) throws {
    var scanner = LineScanner(wire)
    #expect(scanner.scan(Array(text.utf8).span) == 1)
    #expect(String(decoding: try #require(scanner.refusal), as: UTF8.self) == line)
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
