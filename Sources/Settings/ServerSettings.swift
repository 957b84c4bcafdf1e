// SPDX-License-Identifier: Apache-2.0

/// Everything that can be set on the server, checked.
///
/// The initial values are the defaults; ``resolve(flags:environment:file:)`` lays the settings
/// file, the environment and the flags over them.
public struct ServerSettings: Sendable, Equatable {
  /// Where the server listens, beside the arena's own Unix socket.
  public var listen: [ListenEndpoint] = [.tcp(host: "127.0.0.1", port: 7070)]
  /// The arena's directory; nil is the user's default arena.
  public var arena: String?
  /// How many registers a new arena can ever hold.
  public var arenaCapacity = 1 << 25
  /// Event loop threads; 0 is one for each core.
  public var threads = 0
  public var logLevel = LogLevel.info
  /// PEM files of the server's certificate and its key; nil: nothing is encrypted.
  public var tlsCertificate: String?
  public var tlsKey: String?
  /// PEM file of the roots of the clients' certificates.
  public var tlsClientCA: String?
  public var tlsClientCertificates = ClientCertificates.none
  /// Whether addresses beyond loopback may do without encryption and authentication.
  public var insecure = false
  /// Names that a request's `Host` may have beside IP addresses and `localhost`.
  public var allowedHosts: [String] = []
  /// Origins of web pages that may use the server beside its own.
  public var allowedOrigins: [String] = []
  /// Whether their browser may show its client certificate for them.
  public var allowedOriginCredentials = false
  /// Where the access log goes: a file, or `stderr`; nil: there is none.
  public var accessLog: String?
  /// Of how many requests one is logged, and of how many that fail; 0 is none.
  public var accessLogOneIn = 1
  public var accessLogErrorsOneIn = 1
  /// The file with who may do what; nil: whoever reaches the server may do everything.
  public var accessFile: String?
  /// Where snapshots go; nil is a place by the arena's name.
  public var snapshotDirectory: String?
  /// Time between two snapshots; zero is none by time.
  public var snapshotInterval = Duration.zero
  /// Whether a snapshot is taken when the server ends; nil is: where there is a
  /// directory for them or an interval.
  public var snapshotAtShutdown: Bool?
  public var limits = Limits()

  public init() {}

  /// Bounds on what one peer can take; the defaults' reasons are in the table's sentences.
  public struct Limits: Sendable, Equatable {
    public var connections = 12_000
    public var outputHighWaterBytes = 256 * 1024
    public var frameBytes = 1024 * 1024
    public var handles = 262_144
    public var batchOperations = 4096
    public var keepAlive = Duration.seconds(60)
    public var idleTimeout = Duration.zero
    public var bodyBytes = 1024 * 1024
    public var headerBytes = 16 * 1024
    public var headerFields = 100
    public var targetBytes = 8 * 1024
    public var streams = 128
    public var http2Nuisances = 200
    public var http2NuisancesPerSecond = 20
    public var http2Acknowledgements = 100
    public var http2Continuations = 8
    public var http2SettingsEntries = 32
    public var stallTimeout = Duration.seconds(30)
    public var waits = 4096
    public var waitsTotal = 1 << 18
    public var waitTimeout = Duration.seconds(30)
    public var waitTimeoutLimit = Duration.seconds(3600)
    public var watches = 128
    public var watchesTotal = 1 << 16
    public var watchedRegisters = 65_536
    public var watchedRegistersTotal = 1 << 20
    public var heartbeat = Duration.seconds(15)
    public var eventCredits = 1024
    public var eventCreditLimit = 65_536
    public var accessLogLines = 10_000
    public var classificationTimeout = Duration.seconds(5)
    public var headTimeout = Duration.seconds(10)
    public var drainTimeout = Duration.seconds(10)

    public init() {}
  }
}
