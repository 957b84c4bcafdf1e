// SPDX-License-Identifier: Apache-2.0
import HTTPMessage
import Testing

@Suite struct HTTPTargetTests {
  static func target(_ text: String) -> HTTPTarget { HTTPTarget(Array(text.utf8)) }

  static let paths: [(String, [String])] = [
    ("/", [""]),
    ("/v1/registers/a", ["v1", "registers", "a"]),
    ("/a//b/", ["a", "", "b", ""]),
    ("/a?b/c", ["a"]),
    ("/?", [""]),
    ("*", []),
    ("", []),
    ("?a=b", []),
    ("a:1", []),
  ]

  @Test("a path is cut at its slashes, before the query", arguments: paths)
  func segments(text: String, segments: [String]) {
    let target = Self.target(text)
    let found = target.segments.map { String(decoding: target.bytes[$0], as: UTF8.self) }
    #expect(found == segments)
    for (range, segment) in zip(target.segments, segments) {
      #expect(Array(target.bytes[range]) == Array(segment.utf8))
      #expect(target.bytes(in: range, equal: "registers") == (segment == "registers"))
    }
  }

  static let decoded: [(String, String)] = [
    ("/a%2Fb", "a/b"),
    ("/a%2fb", "a/b"),
    ("/%2541", "%41"),
    ("/a+b", "a+b"),
    ("/%e2%82%ac", "€"),
    ("/", ""),
  ]

  @Test("a segment is decoded once", arguments: decoded)
  func decode(text: String, decoded: String) throws {
    let target = Self.target(text)
    let segment = try #require(target.segments.first)
    #expect(try target.decoded(segment) == Array(decoded.utf8))
  }

  @Test(
    "a broken escape is an error at its place",
    arguments: [
      ("/a%", 2), ("/a%4", 2), ("/%zz", 1), ("/%4g", 1), ("/a%%41", 2), ("/% 1", 1), ("/%+1", 1),
    ])
  func broken(text: String, offset: Int) throws {
    let target = Self.target(text)
    let segment = try #require(target.segments.first)
    #expect(throws: PercentDecodingError.invalid(offset: offset)) { try target.decoded(segment) }
  }

  @Test("an escape does not reach over the end of its segment")
  func boundary() throws {
    let target = Self.target("/a%4/1")
    let segment = try #require(target.segments.first)
    #expect(throws: PercentDecodingError.invalid(offset: 2)) { try target.decoded(segment) }
  }

  static let queries: [(String, [String])] = [
    ("/a", []),
    ("/a?", []),
    ("/a?b=c", ["b=c"]),
    ("/a?b=c&d=e=f&b=", ["b=c", "d=e=f", "b="]),
    ("/a?b&&=c&", ["b=", "=c"]),
    ("/a?operand=+5&x=%26%3D%2B", ["operand=+5", "x=&=+"]),
    ("/a?b?c=d?e", ["b?c=d?e"]),
    ("/a?%6Frder=%C3%A9", ["order=é"]),
  ]

  @Test("a query gives its items, decoded, with + as it is", arguments: queries)
  func query(text: String, items: [String]) throws {
    #expect(try Self.target(text).queryItems().map { "\($0.name)=\($0.value)" } == items)
  }

  @Test(
    "a broken query is an error",
    arguments: ["/a?b=%", "/a?%4=1", "/a?b=c&d=%zz", "/a?b=%FF", "/a?%C3=1", "/a?b=%4&1=2"])
  func brokenQuery(text: String) {
    #expect(throws: PercentDecodingError.self) { try Self.target(text).queryItems() }
  }
}

extension HTTPTarget {
  /// Every segment, one after the other.
  var segments: [Range<Int>] {
    var segments: [Range<Int>] = []
    while let next = segment(from: segments.last.map { $0.upperBound + 1 } ?? 1) {
      segments.append(next)
    }
    return segments
  }
}
