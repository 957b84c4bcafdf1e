// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What the fields say together, judged when the last has come.
extension RequestHead {
  mutating func finish() -> HTTPRejection? {
    setHost() ?? setFraming() ?? setConnection()
  }

  private mutating func setHost() -> HTTPRejection? {
    let count = fields.count(of: "host")
    guard count == 1 || count == 0 && version == .http10 else { return .malformed }
    authority = fields.first("host")
    if let authority, !Self.isAuthority(authority.span) { return .malformed }
    if let targetAuthority {
      // Two names for one request: whoever routes by the other one is fooled.
      if let authority, authority != targetAuthority { return .malformed }
      authority = targetAuthority
    }
    return nil
  }

  private mutating func setFraming() -> HTTPRejection? {
    let lengths = fields.count(of: "content-length")
    let codings = fields.count(of: "transfer-encoding")
    // Either twice, or both: the classic ways to make two parsers disagree (RFC 9112 §6.3).
    guard lengths &+ codings <= 1 else { return .malformed }
    if codings == 1 {
      guard version == .http11,
        fields.withFirst("transfer-encoding", { $0.equalsIgnoringCase("chunked") }) == true
      else { return .malformed }
      framing = .chunked
    } else if lengths == 1 {
      guard let length = fields.withFirst("content-length", Self.length) ?? nil else {
        return .malformed
      }
      framing = length == 0 ? .none : .length(length)
    }
    return nil
  }

  private mutating func setConnection() -> HTTPRejection? {
    var closes = version == .http10
    fields.visit { name, value in
      if name.equals("connection"), Self.hasToken("close", in: value) { closes = true }
    }
    keepAlive = !closes
    if version == .http11, fields.contains("expect") {
      // No other expectation exists, and an unknown one must not be passed over.
      guard fields.count(of: "expect") == 1,
        fields.withFirst("expect", { $0.equalsIgnoringCase("100-continue") }) == true
      else { return .malformed }
      expectsContinue = framing != .none
    }
    return nil
  }

  /// Digits only, and few enough for an `Int`.
  private static func length(_ value: Span<UInt8>) -> Int? {
    guard !value.isEmpty, value.count <= 18 else { return nil }
    var length = 0
    for index in value.indices {
      guard ASCII.isDigit(value[index]) else { return nil }
      length = length &* 10 &+ Int(value[index] &- 0x30)
    }
    return length
  }

  /// Whether a comma-separated list has `token` (lower case) as one whole element.
  private static func hasToken(_ token: String, in list: Span<UInt8>) -> Bool {
    var start = 0
    while start <= list.count {
      var end = start
      while end < list.count, list[end] != UInt8(ascii: ",") { end &+= 1 }
      var first = start
      var last = end
      while first < last, list[first] == ASCII.space || list[first] == ASCII.tab { first &+= 1 }
      while last > first, list[last &- 1] == ASCII.space || list[last &- 1] == ASCII.tab {
        last &-= 1
      }
      if list.extracting(first..<last).equalsIgnoringCase(token) { return true }
      start = end &+ 1
    }
    return false
  }
}
