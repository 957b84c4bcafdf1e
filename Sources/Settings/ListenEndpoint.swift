// SPDX-License-Identifier: Apache-2.0

/// A place to listen: a TCP port or a Unix socket.
public enum ListenEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// `host` is an IP address without brackets; port 0 takes a free one.
  case tcp(host: String, port: UInt16)
  case unix(path: String)

  /// The longest path that fits `sockaddr_un` with its closing zero.
  static let longestPath = 107

  /// Reads `ADDRESS:PORT`, `[V6ADDRESS]:PORT` or `unix:PATH`.
  init(_ text: String) throws(SettingProblem) {
    if text.hasPrefix("unix:") {
      let path = String(text.dropFirst("unix:".count))
      guard !path.isEmpty, path.utf8.count <= Self.longestPath, !path.utf8.contains(0) else {
        throw SettingProblem(
          "the path of '\(text)' has \(path.utf8.count) bytes", allowed: "1 to 107 bytes")
      }
      self = .unix(path: path)
      return
    }
    guard let colon = text.lastIndex(of: ":"),
      let port = Self.port(text[text.index(after: colon)...])
    else { throw SettingProblem("'\(text)' is not an address", allowed: Self.allowed) }
    self = .tcp(host: try Self.host(String(text[..<colon]), in: text), port: port)
  }

  static let allowed = "ADDRESS:PORT such as 127.0.0.1:7070 or [::1]:7070, or unix:PATH"

  private static func port(_ text: Substring) -> UInt16? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt16(text)
  }

  /// The address as the socket takes it: numeric, so that nothing is looked up.
  private static func host(_ host: String, in text: String) throws(SettingProblem) -> String {
    if host == "localhost" { return "127.0.0.1" }
    if host.hasPrefix("["), host.hasSuffix("]") {
      let address = String(host.dropFirst().dropLast())
      if IPv6Text.groups(address) != nil { return address }
    } else if IPv4Text.octets(host) != nil {
      return host
    }
    throw SettingProblem("'\(text)' is not an address", allowed: allowed)
  }

  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
