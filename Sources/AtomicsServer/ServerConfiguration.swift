// SPDX-License-Identifier: Apache-2.0

public import EventLoop
public import HTTPMessage
public import RegisterService

/// Where a server listens.
public enum ListenAddress: Sendable, Hashable {
  /// `host` is an address or `localhost`; port 0 takes a free one.
  case tcp(host: String, port: UInt16)
  case unix(path: String)
}

/// Everything a server is told at its start; immutable from then on.
public struct ServerConfiguration: Sendable {
  public var listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 7070)]
  /// The arena's directory.
  public var arenaPath: String
  /// How many registers the arena can ever hold where this start makes it; nil is the usual number.
  public var arenaCapacity: Int?
  /// Loop threads; less than 1 counts as 1. One per core serves most.
  public var threads = 1
  public var limits = ServerLimits()
  /// How TCP listeners encrypt; nil: they do not.
  public var tls: TLSConfiguration?
  /// Whether addresses beyond loopback may do without encryption and authentication.
  public var isInsecure = false
  /// Host names, without port, that the server answers to besides IP literals and `localhost`.
  public var allowedHosts: [String] = []
  /// Origins whose pages may use the server.
  public var allowedOrigins: [String] = []
  /// Whether those pages may have the browser show its client certificate.
  public var allowsOriginCredentials = false
  /// Who may do what; nil: whoever reaches the server may do everything.
  public var access: AccessRules?
  public var snapshots = SnapshotConfiguration()
  /// The log of HTTP requests; nil: none.
  public var accessLog: AccessLogConfiguration?

  /// - Parameter arenaPath: Nil is the user's default arena, `/dev/shm/atomics-UID/default`.
  public init(arenaPath: String? = nil) {
    self.arenaPath = arenaPath ?? RegisterService.defaultArenaPath
  }
}

/// What a server takes before it says no. Every buffer and count in it has its bound here.
public struct ServerLimits: Sendable {
  /// An HTTP body that comes more slowly is given up.
  static let bodyBytesPerSecond: UInt64 = 100
  /// Connections at once, lowered to what the process may have descriptors for; more are refused.
  public var connections = 12_000
  /// TLS handshakes under way on one loop; beyond, the oldest is closed for the newest.
  public var handshakes = 1024
  /// Bytes of one binary frame's body; a longer one closes the connection.
  public var frameBytes = 1 << 20
  /// Handles of one binary connection: 16 bytes each.
  public var handles = 1 << 18
  /// Operations of one batch.
  public var batchOperations = 4096
  /// What may be waited for and watched.
  public var waiting = WaitLimits()
  /// How long an HTTP wait takes that names no time, and at most.
  public var waitNanoseconds: UInt64 = 30_000_000_000
  public var waitLimitNanoseconds: UInt64 = 3_600_000_000_000
  /// Time without an event after which an event stream is sent a comment; 0: never.
  public var heartbeatNanoseconds: UInt64 = 15_000_000_000
  /// Events that a binary connection may be sent before it asks for more, and at most.
  public var eventCredits = 1024
  public var eventCreditLimit = 1 << 16
  /// Silence of a binary client that answers after which it is asked; 0: never.
  public var keepAliveNanoseconds: UInt64 = 60_000_000_000
  /// Time without a request after which a binary connection ends; 0: never.
  public var idleNanoseconds: UInt64 = 0
  /// Time to tell the protocol by its first bytes, and to greet.
  public var classificationNanoseconds: UInt64 = 5_000_000_000
  /// Time for a whole HTTP/1 head, and after which a body must have come at
  /// ``bodyBytesPerSecond``.
  public var headNanoseconds: UInt64 = 10_000_000_000
  /// Time that a drain waits for connections to finish.
  public var drainNanoseconds: UInt64 = 10_000_000_000
  public var http = {
    var limits = HTTPLimits()
    limits.keepsUnknownFields = false
    return limits
  }()
  public var stream = StreamLimits()

  public init() {}
}
