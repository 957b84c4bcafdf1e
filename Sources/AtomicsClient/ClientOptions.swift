// SPDX-License-Identifier: Apache-2.0

/// How a client behaves.
public struct ClientOptions: Sendable {
  /// How long to wait for a connection, for each reply, and for another process to finish a change
  /// of the arena's directory, in milliseconds.
  public var timeoutMilliseconds: Int
  /// Requests sent ahead of their replies on one connection; the server's own limit holds too.
  public var maximumInFlight: Int
  /// Who the client is, for a server that asks; nil: the connection tells, or nobody asks. It goes
  /// to the server as it is: without TLS who can read the wire has it.
  public var token: AccessToken?
  /// What the server's log may call the client, at most 64 bytes without control characters; over
  /// the binary protocol.
  public var name: String?

  public init(
    timeoutMilliseconds: Int = 5_000, maximumInFlight: Int = 1_024, token: AccessToken? = nil,
    name: String? = nil
  ) {
    self.timeoutMilliseconds = max(1, timeoutMilliseconds)
    self.maximumInFlight = max(1, maximumInFlight)
    self.token = token
    self.name = name
  }
}
