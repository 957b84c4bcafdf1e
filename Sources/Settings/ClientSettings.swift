// SPDX-License-Identifier: Apache-2.0

/// What the command-line client can be told by environment or flag.
public struct ClientSettings: Sendable, Equatable {
  public static let serverEnvironmentName = "ATOMICS_SERVER"
  public static let tokenEnvironmentName = "ATOMICS_TOKEN"
  public static let tokenFileEnvironmentName = "ATOMICS_TOKEN_FILE"
  public static let tlsCAEnvironmentName = "ATOMICS_TLS_CA"
  public static let tlsCertificateEnvironmentName = "ATOMICS_TLS_CERTIFICATE"
  public static let tlsKeyEnvironmentName = "ATOMICS_TLS_KEY"
  public static let tlsServerNameEnvironmentName = "ATOMICS_TLS_SERVER_NAME"
  public static let defaultServer = "atr://127.0.0.1:7070"

  /// Where the registers are: `atr://HOST:PORT`, `http://HOST:PORT`, the same over TLS
  /// (`atrs://`, `https://`), `unix:PATH`, `shm:PATH`, or `shm:` for the user's own default arena.
  public var server: String
  /// Who said so, for the message when the address is no good; nil is the default.
  public var serverOrigin: SettingOrigin?
  /// Where the token is that tells the server who asks; nil: there is none.
  public var token: TokenSource?

  /// What TLS needs besides the address.
  public var tls: TLS

  /// Paths of PEM files, and whom the server's certificate must name.
  public struct TLS: Sendable, Equatable {
    public var ca: String?
    public var certificate: String?
    public var key: String?
    public var serverName: String?

    public init(
      ca: String? = nil, certificate: String? = nil, key: String? = nil, serverName: String? = nil
    ) {
      self.ca = ca
      self.certificate = certificate
      self.key = key
      self.serverName = serverName
    }
  }

  public enum TokenSource: Sendable, Equatable {
    case text(String, SettingOrigin)
    case file(path: String, SettingOrigin)
  }

  /// `--server` wins over `ATOMICS_SERVER`, which wins over the default; an empty variable counts
  /// as unset. The address itself is checked where it is used. `--token-file` likewise wins over
  /// `ATOMICS_TOKEN`, which wins over `ATOMICS_TOKEN_FILE`, and each `--tls-` option over its
  /// variable.
  public init(
    serverFlag: String? = nil, tokenFileFlag: String? = nil, tlsFlags: TLS = TLS(),
    environment: [String: String]
  ) {
    func variable(_ name: String) -> (value: String, origin: SettingOrigin)? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      return (value, .environment(name: name))
    }
    tls = TLS(
      ca: tlsFlags.ca ?? variable(Self.tlsCAEnvironmentName)?.value,
      certificate: tlsFlags.certificate ?? variable(Self.tlsCertificateEnvironmentName)?.value,
      key: tlsFlags.key ?? variable(Self.tlsKeyEnvironmentName)?.value,
      serverName: tlsFlags.serverName ?? variable(Self.tlsServerNameEnvironmentName)?.value)
    if let tokenFileFlag {
      token = .file(path: tokenFileFlag, .flag(name: "--token-file"))
    } else if let (text, origin) = variable(Self.tokenEnvironmentName) {
      token = .text(text, origin)
    } else if let (path, origin) = variable(Self.tokenFileEnvironmentName) {
      token = .file(path: path, origin)
    }
    if let serverFlag {
      (server, serverOrigin) = (serverFlag, .flag(name: "--server"))
    } else if let (value, origin) = variable(Self.serverEnvironmentName) {
      (server, serverOrigin) = (value, origin)
    } else {
      (server, serverOrigin) = (Self.defaultServer, nil)
    }
  }
}
