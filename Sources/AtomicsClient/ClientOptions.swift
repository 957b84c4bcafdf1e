// SPDX-License-Identifier: Apache-2.0

/// How a client behaves.
public struct ClientOptions: Sendable {
  /// How long to wait for a connection, for each reply, and for another process to finish a change
  /// of the arena's directory, in milliseconds. How long the system's resolver takes to look up a
  /// host's name is the system's affair: a ``BlockingClient`` waits for it.
  public var timeoutMilliseconds: Int
  /// Requests sent ahead of their replies on one connection; the server's own limit holds too.
  public var maximumInFlight: Int
  /// Who the client is, for a server that asks; nil: the connection tells, or nobody asks. It goes
  /// to the server as it is: over `atrs://` and `https://` encrypted, over `atr://` and `http://`
  /// only to loopback.
  public var token: AccessToken?
  /// Sends the token over `atr://` and `http://` beyond loopback, too: who can read the wire has
  /// it then.
  public var sendsTokenInPlainText: Bool
  /// What `atrs://` and `https://` need besides the address.
  public var tls: ClientTLS
  /// What the server's log may call the client, at most 64 bytes without control characters; over
  /// the binary protocol.
  public var name: String?

  public init(
    timeoutMilliseconds: Int = 5_000, maximumInFlight: Int = 1_024, token: AccessToken? = nil,
    name: String? = nil, tls: ClientTLS = ClientTLS(), sendsTokenInPlainText: Bool = false
  ) {
    self.timeoutMilliseconds = max(1, timeoutMilliseconds)
    self.maximumInFlight = max(1, maximumInFlight)
    self.token = token
    self.name = name
    self.tls = tls
    self.sendsTokenInPlainText = sendsTokenInPlainText
  }
}
