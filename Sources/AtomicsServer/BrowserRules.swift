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

  /// - Throws: ``Problem`` 421 for a foreign host, 400 for contradicting ones, 403 for a foreign
  ///   origin, whatever the method: a form may post to anywhere, and a GET may be an event stream.
  func check(_ request: borrowing HTTPRequest) throws(Problem) {
    let authority = request.authority
    if request.version == .http2, let host = request.fields.first("host"), host != authority {
      throw Problem(.malformedRequest, ":authority and Host name different servers")
    }
    // Without a name there is nothing to rebind: HTTP/1.0, and HTTP/2 clients that send none.
    guard let authority else { return try checkOrigin(request, own: nil) }
    guard let text = String(validating: authority, as: UTF8.self), answers(to: text.lowercased())
    else {
      throw Problem(
        .misdirected,
        "this server answers to IP addresses, localhost and configured names only; see allowed_hosts"
      )
    }
    try checkOrigin(request, own: text)
  }

  private func checkOrigin(_ request: borrowing HTTPRequest, own authority: String?)
    throws(Problem)
  {
    if let origin = request.fields.first("origin") {
      let text = String(decoding: origin, as: UTF8.self)
      if let authority, text.lowercased() == "\(request.scheme.name)://\(authority.lowercased())" {
        return
      }
      if allowedOrigins.contains(text.lowercased()) { return }
      throw Problem(
        .forbidden, "pages of another origin may not use this server; see allowed_origins")
    }
    if request.fields.first("sec-fetch-site", equals: "cross-site")
      || request.fields.first("sec-fetch-site", equals: "same-site")
    {
      throw Problem(
        .forbidden, "pages of another site may not use this server; see allowed_origins")
    }
  }

  private func answers(to authority: String) -> Bool {
    var host = Substring(authority)
    if host.first == "[" {
      guard let end = host.firstIndex(of: "]") else { return false }
      let rest = host[host.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" && Self.isPort(rest.dropFirst()) else { return false }
      return Self.isIPv6(host[host.index(after: host.startIndex)..<end])
    }
    if let colon = host.firstIndex(of: ":") {
      guard Self.isPort(host[host.index(after: colon)...]) else { return false }
      host = host[..<colon]
    }
    return host == "localhost" || Self.isIPv4(host) || allowedHosts.contains(String(host))
  }

  private static func isPort(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 5 && text.utf8.allSatisfy { $0 &- 0x30 < 10 }
  }

  private static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { part in
        part.utf8.count <= 3 && part.utf8.allSatisfy { $0 &- 0x30 < 10 } && UInt8(part) != nil
      }
  }

  /// Close enough: whatever has only these characters is no name that resolves.
  private static func isIPv6(_ text: Substring) -> Bool {
    text.contains(":")
      && text.utf8.allSatisfy { byte in
        byte &- 0x30 < 10 || byte | 0x20 &- 0x61 < 6 || byte == 0x3A || byte == 0x2E
      }
  }
}
