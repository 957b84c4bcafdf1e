// SPDX-License-Identifier: Apache-2.0

/// What the command-line client can be told by environment or flag.
public struct ClientSettings: Sendable, Equatable {
  public static let serverEnvironmentName = "ATOMICS_SERVER"
  public static let tokenEnvironmentName = "ATOMICS_TOKEN"
  public static let tokenFileEnvironmentName = "ATOMICS_TOKEN_FILE"
  public static let defaultServer = "atr://127.0.0.1:7070"

  /// Where the registers are: `atr://HOST:PORT`, `http://HOST:PORT`, `unix:PATH`, `shm:PATH`, or
  /// `shm:` for the user's own default arena.
  public var server: String
  /// Who said so, for the message when the address is no good; nil is the default.
  public var serverOrigin: SettingOrigin?
  /// Where the token is that tells the server who asks; nil: there is none.
  public var token: TokenSource?

  public enum TokenSource: Sendable, Equatable {
    case text(String, SettingOrigin)
    case file(path: String, SettingOrigin)
  }

  /// `--server` wins over `ATOMICS_SERVER`, which wins over the default; an empty variable counts
  /// as unset. The address itself is checked where it is used. `--token-file` likewise wins over
  /// `ATOMICS_TOKEN`, which wins over `ATOMICS_TOKEN_FILE`.
  public init(
    serverFlag: String? = nil, tokenFileFlag: String? = nil, environment: [String: String]
  ) {
    func variable(_ name: String) -> (value: String, origin: SettingOrigin)? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      return (value, .environment(name: name))
    }
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
