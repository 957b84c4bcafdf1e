// SPDX-License-Identifier: Apache-2.0
import AtomicsServer
import Foundation
import Settings

extension ServerConfiguration {
  /// The server's own form of the settings, with what they leave to the machine filled in.
  init(_ settings: ServerSettings) {
    self.init(arenaPath: settings.arena)
    arenaCapacity = settings.arenaCapacity
    listen = settings.listen.map { endpoint in
      switch endpoint {
      case .tcp(let host, let port): .tcp(host: host, port: port)
      case .unix(let path): .unix(path: path)
      }
    }
    threads = settings.threads > 0 ? settings.threads : ProcessInfo.processInfo.activeProcessorCount
    tls = TLSConfiguration(settings)
    isInsecure = settings.insecure
    allowedHosts = settings.allowedHosts
    allowedOrigins = settings.allowedOrigins
    allowsOriginCredentials = settings.allowedOriginCredentials
    accessLog = AccessLogConfiguration(settings)
    limits = ServerLimits(settings.limits)
    snapshots = SnapshotConfiguration(
      directory: settings.snapshotDirectory
        ?? SnapshotConfiguration.defaultDirectory(
          ofArenaAt: arenaPath, user: geteuid(),
          environment: ProcessInfo.processInfo.environment))
    snapshots.intervalNanoseconds = settings.snapshotInterval.nanoseconds
    let isAsked = settings.snapshotDirectory != nil || settings.snapshotInterval > .zero
    snapshots.atShutdown = settings.snapshotAtShutdown ?? isAsked
    snapshots.isOn = isAsked || snapshots.atShutdown
  }
}

extension TLSConfiguration {
  fileprivate init?(_ settings: ServerSettings) {
    guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
    self.init(certificatePath: certificate, keyPath: key)
    clientCAPath = settings.tlsClientCA
    clientCertificates =
      switch settings.tlsClientCertificates {
      case .none: .none
      case .optional: .optional
      case .required: .required
      }
  }
}

extension AccessLogConfiguration {
  fileprivate init?(_ settings: ServerSettings) {
    guard let path = settings.accessLog else { return nil }
    self.init(path == "stderr" ? .standardError : .file(path: path))
    oneIn = settings.accessLogOneIn
    errorsOneIn = settings.accessLogErrorsOneIn
    linesPerSecond = settings.limits.accessLogLines
  }
}

extension ServerLimits {
  fileprivate init(_ settings: ServerSettings.Limits) {
    self.init()
    connections = settings.connections
    frameBytes = settings.frameBytes
    handles = settings.handles
    batchOperations = settings.batchOperations
    keepAliveNanoseconds = settings.keepAlive.nanoseconds
    idleNanoseconds = settings.idleTimeout.nanoseconds
    classificationNanoseconds = settings.classificationTimeout.nanoseconds
    headNanoseconds = settings.headTimeout.nanoseconds
    drainNanoseconds = settings.drainTimeout.nanoseconds
    bodyBytes = settings.bodyBytes
    headerBytes = settings.headerBytes
    headerFields = settings.headerFields
    targetBytes = settings.targetBytes
    concurrentStreams = settings.streams
    http2Nuisances = settings.http2Nuisances
    http2NuisancesPerSecond = settings.http2NuisancesPerSecond
    http2Acknowledgements = settings.http2Acknowledgements
    http2Continuations = settings.http2Continuations
    http2SettingsEntries = settings.http2SettingsEntries
    // Less than a second is a limit, too.
    stallSeconds = Int((settings.stallTimeout / .seconds(1)).rounded(.up))
    waits = settings.waits
    waitsTotal = settings.waitsTotal
    waitNanoseconds = settings.waitTimeout.nanoseconds
    waitLimitNanoseconds = settings.waitTimeoutLimit.nanoseconds
    watches = settings.watches
    watchesTotal = settings.watchesTotal
    watchedRegisters = settings.watchedRegisters
    watchedRegistersTotal = settings.watchedRegistersTotal
    heartbeatNanoseconds = settings.heartbeat.nanoseconds
    eventCredits = settings.eventCredits
    eventCreditLimit = settings.eventCreditLimit
    outputHighWaterBytes = settings.outputHighWaterBytes
    inputBytes = max(settings.frameBytes, settings.headerBytes) + 64 * 1024
  }
}

extension Duration {
  /// Whole nanoseconds. Settings stay far below the 584 years that fit; what does not is 0.
  fileprivate var nanoseconds: UInt64 {
    UInt64(exactly: (self / .nanoseconds(1)).rounded()) ?? 0
  }
}
