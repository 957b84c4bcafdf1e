// SPDX-License-Identifier: Apache-2.0

/// How a client behaves.
public struct ClientOptions: Sendable {
  /// How long to wait for a connection, for each reply, and for another process to finish a change
  /// of the arena's directory, in milliseconds.
  public var timeoutMilliseconds: Int
  /// Requests sent ahead of their replies on one connection; the server's own limit holds too.
  public var maximumInFlight: Int

  public init(timeoutMilliseconds: Int = 5_000, maximumInFlight: Int = 1_024) {
    self.timeoutMilliseconds = max(1, timeoutMilliseconds)
    self.maximumInFlight = max(1, maximumInFlight)
  }
}
