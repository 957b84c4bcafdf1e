// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What one field of a request is, once it is known to be well formed.
///
/// The library could check all this, and would, byte by byte, in each request anew. Told not to, it
/// leaves it to this side, where a field that came before is known again: see ``SeenFields``.
enum FieldMeaning {
  case method(HTTPMethod)
  /// `:method: CONNECT`, which has rules of its own (RFC 9113 §8.5).
  case connect
  case scheme(HTTPScheme)
  case authority, path
  case host, contentLength
  case known(HTTPFieldName)
  /// A field that this service does not know.
  case foreign

  /// nil: the request is malformed (RFC 9113 §8.2 and §8.3).
  init?(name: Span<UInt8>, value: Span<UInt8>) {
    guard !name.isEmpty else { return nil }
    if name[0] == UInt8(ascii: ":") {
      self.init(pseudo: name, value)
    } else {
      self.init(field: name, value)
    }
  }

  private init?(pseudo name: Span<UInt8>, _ value: Span<UInt8>) {
    guard !value.isEmpty else { return nil }
    if name.equals(":path") {
      guard value.isWithoutSpaces else { return nil }
      self = .path
    } else if name.equals(":method") {
      guard value.all(ASCII.isToken) else { return nil }
      self = value.equals("CONNECT") ? .connect : .method(HTTPMethod(value))
    } else if name.equals(":scheme") {
      guard value.isScheme else { return nil }
      self = .scheme(
        value.equalsIgnoringCase("http")
          ? .http : value.equalsIgnoringCase("https") ? .https : .other)
    } else if name.equals(":authority") {
      guard value.all(ASCII.isAuthority) else { return nil }
      self = .authority
    } else {
      return nil
    }
  }

  private init?(field name: Span<UInt8>, _ value: Span<UInt8>) {
    // A capital is none of RFC 9113 §8.2.1.
    guard name.all({ ASCII.isToken($0) && ASCII.lowercased($0) == $0 }), value.isFieldContent
    else { return nil }
    guard let known = HTTPFieldName(name) else {
      guard !Self.isOfConnection(name, value) else { return nil }
      self = .foreign
      return
    }
    switch known {
    case .connection, .transferEncoding: return nil
    case .host:
      guard !value.isEmpty, value.all(ASCII.isAuthority) else { return nil }
      self = .host
    case .contentLength: self = .contentLength
    default: self = .known(known)
    }
  }

  /// Fields about the connection have no place in HTTP/2 (RFC 9113 §8.2.2), but for `te: trailers`.
  private static func isOfConnection(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
    switch name.count {
    case 2: name.equals("te") && !value.equalsIgnoringCase("trailers")
    case 7: name.equals("upgrade")
    case 10: name.equals("keep-alive")
    case 16: name.equals("proxy-connection")
    default: false
    }
  }
}

extension Span<UInt8> {
  @inline(__always)
  fileprivate func all(_ isFine: (UInt8) -> Bool) -> Bool {
    for index in indices where !isFine(self[index]) { return false }
    return true
  }

  /// RFC 3986 §3.1.
  fileprivate var isScheme: Bool {
    guard !isEmpty, self[0] | 0x20 &- 0x61 < 26 else { return false }
    return all { byte in
      byte | 0x20 &- 0x61 < 26 || ASCII.isDigit(byte) || byte == UInt8(ascii: "+")
        || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }
  }

  /// No control characters and no spaces; what else is no target is told to the client.
  fileprivate var isWithoutSpaces: Bool { all { $0 > 0x20 && $0 != 0x7F } }

  /// A field's value without white space around it (RFC 9113 §8.2.1).
  fileprivate var isFieldContent: Bool {
    guard !isEmpty else { return true }
    return self[0] > ASCII.space && self[count &- 1] > ASCII.space && all(ASCII.isFieldValue)
  }

  /// The value of `content-length` (RFC 9110 §8.6); nil where it is none.
  var contentLength: Int? {
    guard !isEmpty else { return nil }
    var length = 0
    for index in indices {
      guard ASCII.isDigit(self[index]) else { return nil }
      let (product, overflow) = length.multipliedReportingOverflow(by: 10)
      guard !overflow, product <= Int.max &- 9 else { return nil }
      length = product &+ Int(self[index] &- 0x30)
    }
    return length
  }
}

extension ASCII {
  /// Whether `byte` may stand in an authority (RFC 3986 §3.2): what may in none is as good as a
  /// line end in a field.
  @inline(__always)
  fileprivate static func isAuthority(_ byte: UInt8) -> Bool {
    // Visible, without " # / < > ? \ ^ ` { | }.
    let bits: UInt64 = byte < 64 ? 0x2FFF_7FF2_0000_0000 : 0x47FF_FFFE_AFFF_FFFF
    return byte < 128 && bits &>> UInt64(byte & 63) & 1 == 1
  }
}
