// SPDX-License-Identifier: Apache-2.0

/// What the command-line client can be told by environment or flag.
public struct ClientSettings: Sendable, Equatable {
  public static let serverEnvironmentName = "ATOMICS_SERVER"
  public static let defaultServer = "atr://127.0.0.1:7070"

  /// Where the registers are: `atr://HOST:PORT`, `http://HOST:PORT`, `unix:PATH`, `shm:PATH`, or
  /// `shm:` for the user's own default arena.
  public var server: String
  /// Who said so, for the message when the address is no good; nil is the default.
  public var serverOrigin: SettingOrigin?

  /// `--server` wins over `ATOMICS_SERVER`, which wins over the default; an empty variable counts
  /// as unset. The address itself is checked where it is used.
  public init(serverFlag: String? = nil, environment: [String: String]) {
    if let serverFlag {
      (server, serverOrigin) = (serverFlag, .flag(name: "--server"))
    } else if let value = environment[Self.serverEnvironmentName], !value.isEmpty {
      (server, serverOrigin) = (value, .environment(name: Self.serverEnvironmentName))
    } else {
      (server, serverOrigin) = (Self.defaultServer, nil)
    }
  }
}
