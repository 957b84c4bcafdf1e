// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What keeps a web page from driving a server on its reader's own machine.
///
/// Any page can make its reader's browser send requests to loopback, and can make a name of its own
/// resolve to 127.0.0.1. The browser gives both away: the first by `Origin` and `Sec-Fetch-Site`,
/// the second by a `Host` that is a foreign name.
struct BrowserRules: Sendable {
  /// Host names, lower case and without port, that this server answers to besides IP literals and
  /// `localhost`.
  var allowedHosts: Set<String> = []
  /// Origins (`scheme://host[:port]`) whose pages may use this server.
  var allowedOrigins: Set<String> = []
  /// Whether those pages may have the browser show what it keeps for this server: its client
  /// certificate.
  var allowsCredentials = false

  /// The fields that tell where a request comes from, and to whom it goes.
  private static var telltales: HTTPFieldName.Set {
    [HTTPFieldName.Set(.host), HTTPFieldName.Set(.origin), HTTPFieldName.Set(.secFetchSite)]
  }

  /// Whether a request tells no more than the last one that was let in: ``check(_:scheme:known:)``
  /// would find nothing. Looks at bytes only.
  @inline(__always)
  static func isAlike(_ request: borrowing HTTPRequest, _ known: Span<UInt8>) -> Bool {
    // `Host` is the authority of HTTP/1 itself.
    let others = request.version == .http2 ? telltales : telltales.subtracting(.init(.host))
    guard request.fields.names.isDisjoint(with: others), let authority = request.authority else {
      return false
    }
    return !known.isEmpty && authority.span.equals(known)
  }

  /// Whether `request` may be answered at all.
  ///
  /// - Returns: Whether it comes from a page of another origin that may use this server.
  /// - Throws: ``Problem`` 421 for a foreign host, 400 for contradicting ones, 403 for a foreign
  ///   origin, whatever the method: a form may post to anywhere, and a GET may be an event stream.
  ///
  /// - Parameter scheme: That of the connection, whatever the client calls it: the origin of this
  ///   server's own pages is told by it.
  /// - Parameter known: An authority that was let in; the request's own afterwards, if it is.
  func check(
    _ request: borrowing HTTPRequest, scheme: HTTPScheme, known: inout [UInt8]
  ) throws(Problem) -> Bool {
    // Without a name there is nothing to rebind: HTTP/1.0, and HTTP/2 clients that send none.
    guard let authority = request.authority else { return try checkOrigin(request, nil) }
    if request.version == .http2, request.fields.contains(.host),
      !request.fields.first(.host, equals: authority.span)
    {
      throw Problem(.malformedRequest, ":authority and Host name different servers")
    }
    if authority != known || known.isEmpty {
      guard answers(to: authority) else {
        throw Problem(
          .misdirected,
          "this server answers to IP addresses, localhost and configured names only; see allowed_hosts"
        )
      }
      known = authority
    }
    return try checkOrigin(request, (scheme, authority))
  }

  private func checkOrigin(
    _ request: borrowing HTTPRequest, _ own: (scheme: HTTPScheme, authority: [UInt8])?
  ) throws(Problem) -> Bool {
    if let origin = request.fields.first(.origin) {
      guard request.fields.count(of: .origin) == 1 else {
        throw Problem(.forbidden, "Origin is one field with one origin")
      }
      let text = String(decoding: origin, as: UTF8.self).lowercased()
      if let own {
        let host = String(decoding: own.authority, as: UTF8.self).lowercased()
        if text == "\(own.scheme.name)://\(host)" { return false }
      }
      if allowedOrigins.contains(text) { return true }
      throw Problem(
        .forbidden, "pages of another origin may not use this server; see allowed_origins")
    }
    if request.fields.first(.secFetchSite, equals: "cross-site")
      || request.fields.first(.secFetchSite, equals: "same-site")
    {
      throw Problem(
        .forbidden, "pages of another site may not use this server; see allowed_origins")
    }
    return false
  }

  /// Every request asks this: it looks at bytes and allocates nothing, unless a configured name is
  /// its last chance.
  private func answers(to authority: [UInt8]) -> Bool {
    if authority.first == UInt8(ascii: "[") {
      guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return false }
      return Self.isPort(authority[(end + 1)...]) && Self.isIPv6(authority[1..<end])
    }
    let end = authority.firstIndex(of: UInt8(ascii: ":")) ?? authority.count
    let host = authority[..<end]
    guard Self.isPort(authority[end...]) else { return false }
    return Self.isIPv4(host) || Self.isLocalhost(host)
      || allowedHosts.contains(String(decoding: host, as: UTF8.self).lowercased())
  }

  /// Nothing, or a colon and one to five digits.
  private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
    guard text.first == UInt8(ascii: ":") else { return text.isEmpty }
    let digits = text.dropFirst()
    return (1...5).contains(digits.count) && digits.allSatisfy { $0 &- 0x30 < 10 }
  }

  private static func isLocalhost(_ text: ArraySlice<UInt8>) -> Bool {
    text.elementsEqual("localhost".utf8) { $0 | 0x20 == $1 }
  }

  private static func isIPv4(_ text: ArraySlice<UInt8>) -> Bool {
    var dots = 0
    var digits = 0
    var number = 0
    for byte in text {
      if byte == UInt8(ascii: ".") {
        guard digits > 0 else { return false }
        (dots, digits, number) = (dots + 1, 0, 0)
      } else {
        guard byte &- 0x30 < 10, digits < 3 else { return false }
        (digits, number) = (digits + 1, number * 10 + Int(byte &- 0x30))
        guard number < 256 else { return false }
      }
    }
    return dots == 3 && digits > 0
  }

  /// Close enough: whatever has only these characters is no name that resolves.
  private static func isIPv6(_ text: ArraySlice<UInt8>) -> Bool {
    text.contains(UInt8(ascii: ":"))
      && text.allSatisfy { byte in
        byte &- 0x30 < 10 || byte | 0x20 &- 0x61 < 6 || byte == UInt8(ascii: ":")
          || byte == UInt8(ascii: ".")
      }
  }
}
