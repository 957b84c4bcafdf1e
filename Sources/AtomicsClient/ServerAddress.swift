// SPDX-License-Identifier: Apache-2.0

/// Where registers are, and how they are reached.
///
///     atr://HOST:PORT     binary protocol over TCP; port 7070 when left out
///     atrs://HOST:PORT    the same over TLS
///     http://HOST:PORT    HTTP/2 with prior knowledge and JSON; port 7070 when left out
///     https://HOST:PORT   the same over TLS
///     unix:PATH           binary protocol over a Unix socket
///     shm:PATH            no server: the arena at PATH, mapped into this process
///     shm:                the caller's default arena
///
/// An IPv6 address stands in brackets: `atr://[::1]:7070`. What TLS needs besides the address is in
/// ``ClientOptions/tls``.
public enum ServerAddress: Hashable, Sendable {
  /// The binary protocol over TCP.
  case tcp(host: String, port: UInt16)
  /// The binary protocol over TLS.
  case tls(host: String, port: UInt16)
  /// HTTP/2 with prior knowledge over TCP.
  case http(host: String, port: UInt16)
  /// HTTP/2 over TLS.
  case https(host: String, port: UInt16)
  /// The binary protocol over the Unix socket at `path`.
  case unix(path: String)
  /// The arena at `path`, mapped; `nil` is the caller's default arena.
  case map(path: String?)

  /// The port that servers listen on unless told otherwise.
  public static let defaultPort: UInt16 = 7070

  /// The address of a server started with no arguments on this machine.
  public static let standard = ServerAddress.tcp(host: "127.0.0.1", port: defaultPort)

  /// Reads an address.
  ///
  /// - Throws: ``ClientError/usage(_:)`` that names what is wrong and the forms there are.
  public init(_ text: String) throws(ClientError) {
    if let rest = text.dropping(prefix: "shm:") {
      self = .map(path: rest.isEmpty ? nil : Self.path(rest))
    } else if let rest = text.dropping(prefix: "unix:") {
      guard !rest.isEmpty else {
        throw .usage("`unix:` needs the path of a socket, such as unix:/run/atomics/sock.")
      }
      self = .unix(path: Self.path(rest))
    } else if let rest = text.dropping(prefix: "atr://") {
      let place = try Self.hostAndPort(rest, of: text)
      self = .tcp(host: place.host, port: place.port)
    } else if let rest = text.dropping(prefix: "atrs://") {
      let place = try Self.hostAndPort(rest, of: text)
      self = .tls(host: place.host, port: place.port)
    } else if let rest = text.dropping(prefix: "http://") {
      let place = try Self.hostAndPort(rest, of: text)
      self = .http(host: place.host, port: place.port)
    } else if let rest = text.dropping(prefix: "https://") {
      let place = try Self.hostAndPort(rest, of: text)
      self = .https(host: place.host, port: place.port)
    } else {
      throw .usage(
        "`\(text)` is not a server address: use atr://HOST:PORT, http://HOST:PORT, with TLS "
          + "atrs://HOST:PORT or https://HOST:PORT, or on this machine unix:PATH or shm:[PATH].")
    }
  }

  /// `unix:///run/x` means the same as `unix:/run/x`.
  private static func path(_ text: Substring) -> String {
    text.hasPrefix("///") ? String(text.dropFirst(2)) : String(text)
  }

  private static func hostAndPort(
    _ text: Substring, of whole: String
  ) throws(ClientError) -> (host: String, port: UInt16) {
    let authority = text.hasSuffix("/") ? text.dropLast() : text
    var host = authority
    var port: Substring?
    if authority.first == "[" {
      guard let end = authority.firstIndex(of: "]") else {
        throw .usage("`\(whole)` opens a bracket and does not close it.")
      }
      host = authority[authority.index(after: authority.startIndex)..<end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.first == ":" else {
        throw .usage("`\(whole)` has `\(rest)` after the address in brackets.")
      }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
    }
    guard !host.isEmpty, !host.contains(where: { "/?#@ ".contains($0) }) else {
      throw .usage("`\(whole)` needs a host, such as 127.0.0.1, and nothing after the port.")
    }
    guard let port else { return (String(host), defaultPort) }
    guard let number = UInt16(port), number > 0, port.first != "+" else {
      throw .usage("`\(whole)` has the port `\(port)`: a port is a number from 1 to 65535.")
    }
    return (String(host), number)
  }
}

extension ServerAddress: CustomStringConvertible {
  /// The address as ``init(_:)`` reads it.
  public var description: String {
    switch self {
    case .tcp(let host, let port): "atr://\(Self.bracketed(host)):\(port)"
    case .tls(let host, let port): "atrs://\(Self.bracketed(host)):\(port)"
    case .http(let host, let port): "http://\(Self.bracketed(host)):\(port)"
    case .https(let host, let port): "https://\(Self.bracketed(host)):\(port)"
    case .unix(let path): "unix:\(path)"
    case .map(let path): "shm:\(path ?? "")"
    }
  }

  /// `host` as it stands before a port.
  static func bracketed(_ host: String) -> String {
    host.contains(":") ? "[\(host)]" : host
  }
}

extension String {
  fileprivate func dropping(prefix: String) -> Substring? {
    hasPrefix(prefix) ? dropFirst(prefix.count) : nil
  }
}
