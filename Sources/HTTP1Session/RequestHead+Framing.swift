// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What the fields say together, judged when the last has come.
extension RequestHead {
  mutating func finish() -> HTTPRejection? {
    setHost() ?? setFraming() ?? setConnection()
  }

  private mutating func setHost() -> HTTPRejection? {
    let count = request.fields.count(of: .host)
    guard count == 1 || count == 0 && request.version == .http10 else { return .malformed }
    if count == 1 {
      let isSame = request.fields.first(.host, equals: lastAuthority.span)
      if !isSame { lastAuthority = request.fields.first(.host) ?? [] }
      guard isSame || Self.isAuthority(lastAuthority.span) else {
        lastAuthority = []
        return .malformed
      }
      request.authority = lastAuthority
    }
    if let targetAuthority {
      // Two names for one request: whoever routes by the other one is fooled.
      if let authority = request.authority, authority != targetAuthority { return .malformed }
      request.authority = targetAuthority
    }
    return nil
  }

  private mutating func setFraming() -> HTTPRejection? {
    let lengths = request.fields.count(of: .contentLength)
    let codings = request.fields.count(of: .transferEncoding)
    // Either twice, or both: the classic ways to make two parsers disagree (RFC 9112 §6.3).
    guard lengths &+ codings <= 1 else { return .malformed }
    if codings == 1 {
      guard request.version == .http11,
        request.fields.withFirst(.transferEncoding, { $0.equalsIgnoringCase("chunked") }) == true
      else { return .malformed }
      framing = .chunked
    } else if lengths == 1 {
      guard let length = request.fields.withFirst(.contentLength, Self.length) ?? nil else {
        return .malformed
      }
      framing = length == 0 ? .none : .length(length)
    }
    return nil
  }

  private mutating func setConnection() -> HTTPRejection? {
    var closes = request.version == .http10
    if request.fields.contains(.connection) {
      request.fields.visit { name, value in
        if name.equals("connection"), Self.hasToken("close", in: value) { closes = true }
      }
    }
    request.keepAlive = !closes
    if request.version == .http11, request.fields.contains(.expect) {
      // No other expectation exists, and an unknown one must not be passed over.
      guard request.fields.count(of: .expect) == 1,
        request.fields.withFirst(.expect, { $0.equalsIgnoringCase("100-continue") }) == true
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
  private static func hasToken(_ token: StaticString, in list: Span<UInt8>) -> Bool {
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
