// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Foundation

/// The lines of a file, or of standard input, one after the other: a few of them are in memory.
struct LineReader {
  /// Far above any register's line.
  private static let longestLine = 1 << 16

  private let file: FileHandle
  private let name: String
  private var number = 0
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false

  /// - Parameter path: Nil is standard input.
  init(_ path: String?) throws(ClientError) {
    name = path ?? "standard input"
    guard let path else {
      file = .standardInput
      return
    }
    do {
      file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    } catch {
      throw .usage("\(path) cannot be opened: \(reason(of: error)).")
    }
  }

  /// Where the last line stands, for messages.
  var place: String { "\(name), line \(number)" }

  /// The next line without its end; nil after the last.
  mutating func next() throws(ClientError) -> [UInt8]? {
    while true {
      if let end = buffer[start...].firstIndex(of: 0x0A) {
        defer { start = end + 1 }
        return take(start..<end)
      }
      if isAtEnd {
        guard start < buffer.count else { return nil }
        defer { start = buffer.count }
        return take(start..<buffer.count)
      }
      buffer.removeSubrange(..<start)
      start = 0
      guard buffer.count <= Self.longestLine else {
        throw .usage("\(name), line \(number + 1): longer than \(Self.longestLine) bytes.")
      }
      do {
        let more = try file.read(upToCount: 1 << 16) ?? Data()
        isAtEnd = more.isEmpty
        buffer += more
      } catch {
        throw .usage("\(name) cannot be read: \(reason(of: error)).")
      }
    }
  }

  private mutating func take(_ range: Range<Int>) -> [UInt8] {
    number += 1
    let line = buffer[range]
    return Array(line.last == 0x0D ? line.dropLast() : line)
  }
}
