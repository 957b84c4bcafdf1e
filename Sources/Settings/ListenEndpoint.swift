// SPDX-License-Identifier: Apache-2.0

/// A place to listen: a loopback TCP port or a Unix socket.
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
    self = .tcp(host: try Self.loopback(String(text[..<colon]), in: text), port: port)
  }

  static let allowed = "ADDRESS:PORT such as 127.0.0.1:7070 or [::1]:7070, or unix:PATH"

  private static func port(_ text: Substring) -> UInt16? {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt16(text)
  }

  /// The address as the socket takes it. Only loopback passes: nothing authenticates yet, so who
  /// reaches the port can change every register.
  private static func loopback(_ host: String, in text: String) throws(SettingProblem) -> String {
    if host == "localhost" { return "127.0.0.1" }
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]") && host.count > 2
    let isLoopback: Bool
    let address = isBracketed ? String(host.dropFirst().dropLast()) : host
    if isBracketed, let groups = IPv6Text.groups(address) {
      isLoopback = groups == [0, 0, 0, 0, 0, 0, 0, 1]
    } else if !isBracketed, let octets = IPv4Text.octets(address) {
      isLoopback = octets[0] == 127
    } else {
      throw SettingProblem("'\(text)' is not an address", allowed: allowed)
    }
    guard isLoopback else {
      throw SettingProblem(
        "\(host) is not a loopback address, and without authentication whoever reaches the port"
          + " could change every register",
        allowed: "127.0.0.0/8 and [::1], or unix:PATH, which has permissions")
    }
    return address
  }

  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): "unix:\(path)"
    }
  }
}
