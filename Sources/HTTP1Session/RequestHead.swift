// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The request line and the fields of one request, taken line by line.
///
/// Every line comes without its CRLF. A rejection is final: the head is of no further use.
struct RequestHead {
  /// How the body is delimited.
  enum Framing: Equatable {
    case none
    case length(Int)
    case chunked
  }

  /// The longest method token that is read.
  static let methodBytes = 32

  /// The request as far as it has come. Of an absolute form its target is path and query.
  var request = HTTPRequest(method: .other, target: [], version: .http11)
  /// The authority of an absolute form or of CONNECT.
  var targetAuthority: [UInt8]?
  /// That of the last request: most requests of a connection share it.
  var lastAuthority: [UInt8] = []
  var fieldBytes = 0
  var fieldCount = 0
  var framing = Framing.none
  var expectsContinue = false
  /// Which of the heads that are known again this is; 0: none.
  var number: UInt32 = 0

  /// What a buffer may keep from one request to the next, in bytes.
  static let keptBytes = 4096

  /// Makes room for the next request; `request` is one that was used before and reset.
  mutating func reset(scheme: HTTPScheme) {
    request.version = .http11
    request.scheme = scheme
    request.keepAlive = true
    targetAuthority = nil
    fieldBytes = 0
    fieldCount = 0
    framing = .none
    expectsContinue = false
  }

  /// Reads `METHOD SP target SP HTTP/1.x`.
  mutating func requestLine(_ line: Span<UInt8>, limits: HTTPLimits) -> HTTPRejection? {
    var end = 0
    while end < line.count, ASCII.isToken(line[end]) { end &+= 1 }
    guard end > 0, end <= Self.methodBytes, end < line.count, line[end] == ASCII.space
    else { return .malformed }
    let methodToken = line.extracting(0..<end)
    // The preface of HTTP/2 on a connection that was taken as 1.1 by somebody in between.
    if methodToken.equals("PRI") { return .malformed }
    request.method = HTTPMethod(methodToken)

    let start = end &+ 1
    end = start
    while end < line.count, line[end] != ASCII.space {
      // Visible ASCII without a fragment.
      if line[end] &- 0x21 > 0x5D || line[end] == UInt8(ascii: "#") { return .malformed }
      end &+= 1
    }
    guard end > start, end < line.count else { return .malformed }
    if end &- start > limits.targetBytes { return .uriTooLong }
    let versionToken = line.extracting((end &+ 1)..<line.count)
    if versionToken.equals("HTTP/1.1") {
      request.version = .http11
    } else if versionToken.equals("HTTP/1.0") {
      request.version = .http10
    } else {
      return .malformed
    }
    return setTarget(line.extracting(start..<end), isConnect: methodToken.equals("CONNECT"))
  }

  /// Sorts the target into the four forms of RFC 9112 §3.2.
  private mutating func setTarget(_ bytes: Span<UInt8>, isConnect: Bool) -> HTTPRejection? {
    if isConnect {
      guard Self.isAuthority(bytes) else { return .malformed }
      targetAuthority = Self.copy(bytes)
      request.target.append(bytes: bytes)
      return nil
    }
    if bytes[0] == UInt8(ascii: "/")
      || request.method == .options && bytes.count == 1 && bytes[0] == UInt8(ascii: "*")
    {
      request.target.append(bytes: bytes)
      return nil
    }
    let schemeEnd: Int
    if bytes.count > 7, bytes.extracting(0..<7).equalsIgnoringCase("http://") {
      request.scheme = .http
      schemeEnd = 7
    } else if bytes.count > 8, bytes.extracting(0..<8).equalsIgnoringCase("https://") {
      request.scheme = .https
      schemeEnd = 8
    } else {
      return .malformed
    }
    var end = schemeEnd
    while end < bytes.count, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") {
      end &+= 1
    }
    let authority = bytes.extracting(schemeEnd..<end)
    guard !authority.isEmpty, Self.isAuthority(authority) else { return .malformed }
    targetAuthority = Self.copy(authority)
    if end == bytes.count || bytes[end] != UInt8(ascii: "/") {
      request.target.append(UInt8(ascii: "/"))
    }
    request.target.append(bytes: bytes.extracting(end..<bytes.count))
    return nil
  }

  /// Reads `name: value`.
  mutating func fieldLine(_ line: Span<UInt8>, limits: HTTPLimits) -> HTTPRejection? {
    fieldBytes &+= line.count &+ 2
    if fieldBytes > limits.headerBytes || fieldCount >= limits.fieldCount {
      return .headersTooLarge
    }
    var nameEnd = 0
    while nameEnd < line.count, ASCII.isToken(line[nameEnd]) { nameEnd &+= 1 }
    // Catches obs-fold (a line that begins with white space) and space before the colon too.
    guard nameEnd > 0, nameEnd < line.count, line[nameEnd] == UInt8(ascii: ":") else {
      return .malformed
    }
    var start = nameEnd &+ 1
    var end = line.count
    while start < end, line[start] == ASCII.space || line[start] == ASCII.tab { start &+= 1 }
    while end > start, line[end &- 1] == ASCII.space || line[end &- 1] == ASCII.tab { end &-= 1 }
    let value = line.extracting(start..<end)
    for index in value.indices where !ASCII.isFieldValue(value[index]) { return .malformed }
    fieldCount &+= 1
    if let known = HTTPFieldName(line.extracting(0..<nameEnd)) {
      request.fields.append(known, value)
    } else if limits.keepsUnknownFields {
      request.fields.append(name: line.extracting(0..<nameEnd), value: value)
    }
    return nil
  }

  /// Whether `bytes` may be a host and a port; who is allowed is not judged here.
  static func isAuthority(_ bytes: Span<UInt8>) -> Bool {
    for index in bytes.indices {
      let byte = bytes[index]
      if byte &- 0x21 > 0x5D { return false }
      switch byte {
      case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "@"),
        UInt8(ascii: "\\"), UInt8(ascii: ","):
        return false
      default: continue
      }
    }
    return true
  }

  static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    result.append(bytes: bytes)
    return result
  }
}
