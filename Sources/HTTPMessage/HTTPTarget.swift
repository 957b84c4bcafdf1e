// SPDX-License-Identifier: Apache-2.0

/// A broken percent escape (`%`, `%4`, `%zz`), or decoded bytes that must be UTF-8 and are not.
public enum PercentDecodingError: Error, Equatable, Sendable {
  /// The offset of the escape, or of the first byte of the text that is not UTF-8.
  case invalid(offset: Int)
}

/// A request target taken apart: path segments and query items, each decoded exactly once.
public struct HTTPTarget: Sendable, Equatable {
  /// The target as sent.
  public let bytes: [UInt8]
  /// Where the path stands: up to the first `?`.
  public let path: Range<Int>
  /// Where the query stands, without its `?`; nil if there is no `?`.
  public let query: Range<Int>?

  public init(_ target: [UInt8]) {
    bytes = target
    let end = target.span.firstIndex(of: UInt8(ascii: "?"), from: 0)
    path = 0..<end
    query = end < target.count ? (end &+ 1)..<target.count : nil
  }

  /// The raw path segment that begins at `start`: 1 for the first one, after that one more than
  /// where the last one ends. `/a//b` has `a`, an empty one, and `b`; `/` has one empty segment. A
  /// path that does not start with `/` has none.
  public func segment(from start: Int) -> Range<Int>? {
    guard start > 0, start <= path.upperBound, bytes[0] == UInt8(ascii: "/") else { return nil }
    let end = bytes.span.extracting(path).firstIndex(of: UInt8(ascii: "/"), from: start)
    return start..<end
  }

  /// Whether the raw bytes in `range` are exactly `text`.
  public func bytes(in range: Range<Int>, equal text: StaticString) -> Bool {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return false }
    return bytes.span.extracting(range).equals(text)
  }

  /// Whether the path begins with `text`.
  public func pathStarts(with text: StaticString) -> Bool {
    bytes.span.extracting(path).starts(with: text)
  }

  /// Whether something in `range` is percent-encoded.
  public func hasEscape(in range: Range<Int>) -> Bool {
    bytes.span.extracting(range).firstIndex(of: UInt8(ascii: "%"), from: 0) < range.count
  }

  /// The bytes in `range` with each `%XX` replaced once. `+` stays `+`.
  public func decoded(_ range: Range<Int>) throws(PercentDecodingError) -> [UInt8] {
    var result: [UInt8] = []
    var index = max(range.lowerBound, 0)
    let end = min(range.upperBound, bytes.count)
    result.reserveCapacity(max(end &- index, 0))
    while index < end {
      let byte = bytes[index]
      if byte != UInt8(ascii: "%") {
        result.append(byte)
        index &+= 1
        continue
      }
      guard end &- index > 2, let high = ASCII.hexValue(bytes[index &+ 1]),
        let low = ASCII.hexValue(bytes[index &+ 2])
      else { throw .invalid(offset: index) }
      result.append(high &<< 4 | low)
      index &+= 3
    }
    return result
  }

  /// One `name=value` of a query, both decoded.
  public struct QueryItem: Sendable, Equatable {
    public let name: String
    /// Empty if there is no `=`.
    public let value: String
  }

  /// The items of the query in order; duplicates are kept, empty pieces (`a=1&&b=2`) are skipped.
  public func queryItems() throws(PercentDecodingError) -> [QueryItem] {
    guard let query, !query.isEmpty else { return [] }
    var items: [QueryItem] = []
    var start = query.lowerBound
    while start <= query.upperBound {
      let end =
        bytes[start..<query.upperBound].firstIndex(of: UInt8(ascii: "&")) ?? query.upperBound
      if start < end {
        let equals = bytes[start..<end].firstIndex(of: UInt8(ascii: "=")) ?? end
        items.append(
          QueryItem(
            name: try text(start..<equals), value: try text(min(equals &+ 1, end)..<end)))
      }
      start = end &+ 1
    }
    return items
  }

  private func text(_ range: Range<Int>) throws(PercentDecodingError) -> String {
    guard let text = String(validating: try decoded(range), as: UTF8.self) else {
      throw .invalid(offset: range.lowerBound)
    }
    return text
  }
}
