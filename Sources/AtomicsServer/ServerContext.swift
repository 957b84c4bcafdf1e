// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Glibc
import Logging
import RegisterService
import Synchronization
import WireProtocol

/// What every connection of a server shares: the registers, the limits, the faces. Immutable but
/// for the flag that says that the server drains, and the rules of who may do what.
final class ServerContext: Sendable {
  let service: RegisterService
  let summaries: SummaryBoard
  let limits: ServerLimits
  let rules: BrowserRules
  let authenticator: Authenticator
  /// Nil: nothing is encrypted here.
  let tls: CurrentTLS?
  let handshakes: HandshakeLog
  /// Nil: there is none.
  let accessLog: AccessLog?
  /// The answer to every HELLO that this server understands.
  let welcome: Welcome
  /// The body of `/v1/capabilities`.
  let capabilities: [UInt8]
  private let openAPIDocument = Mutex<OpenAPI.Document?>(nil)
  /// The user that the server runs as.
  let ownUser: UInt32
  private let draining = Atomic(false)
  private let eventStreams = Atomic<UInt64>(0)

  init(
    service: RegisterService, configuration: ServerConfiguration, tls: CurrentTLS? = nil,
    accessLog: AccessLog? = nil, logger: Logger = Logger(label: "atomics-server")
  ) {
    self.service = service
    self.tls = tls
    self.accessLog = accessLog
    handshakes = HandshakeLog(logger)
    ownUser = geteuid()
    authenticator = Authenticator(AccessControl(configuration.access, owner: ownUser), logger)
    summaries = SummaryBoard { () throws(ServiceError) in try service.summary() }
    limits = configuration.limits
    rules = BrowserRules(
      allowedHosts: Set(configuration.allowedHosts.map { $0.lowercased() }),
      allowedOrigins: Set(configuration.allowedOrigins.map { $0.lowercased() }),
      allowsCredentials: configuration.allowsOriginCredentials)
    capabilities = CapabilitiesDocument.text(service, limits)
    welcome = Welcome(service, limits)
  }

  /// Whether the server finishes what it has and takes nothing new. Relaxed: health checks alone
  /// look, and nothing else is read on the strength of it.
  var isDraining: Bool { draining.load(ordering: .relaxed) }

  /// What is at `/openapi.json`: made when it is first asked for, and kept.
  var openAPI: OpenAPI.Document {
    openAPIDocument.withLock { document in
      if let document { return document }
      let made = OpenAPI(limits, isAccessControlled: authenticator.control.isOn).document
      document = made
      return made
    }
  }

  /// A number that no other event stream has. Relaxed: only that it is another one counts.
  func nextEventStream() -> UInt64 { eventStreams.add(1, ordering: .relaxed).newValue }

  func beginDraining() { draining.store(true, ordering: .relaxed) }
}

extension Welcome {
  fileprivate init(_ service: RegisterService, _ limits: ServerLimits) {
    let frames = Opcode.allCases.filter { !$0.isPush }.map(\.rawValue)
    var welcome = Limits()
    welcome.handles = UInt32(clamping: limits.handles)
    welcome.nameBytes = UInt32(RegisterService.nameLimit)
    welcome.batchOperations = UInt32(clamping: limits.batchOperations)
    welcome.watches = UInt32(clamping: limits.watches)
    welcome.watchedRegisters = UInt32(clamping: limits.watchedRegisters)
    welcome.eventCredits = UInt32(clamping: limits.eventCredits)
    welcome.eventCreditLimit = UInt32(clamping: limits.eventCreditLimit)
    self.init(
      maximumFrame: UInt32(clamping: limits.frameBytes), bootEpoch: service.bootEpoch,
      keepAliveMilliseconds: UInt32(clamping: limits.keepAliveNanoseconds / 1_000_000),
      inFlightLimit: UInt32(clamping: limits.waits), serverName: "atomics-server",
      opcodes: Set(frames).union(AtomicOperation.allCases.map(\.rawValue)),
      types: Set(RegisterType.all), lockFreeWidths: Set(AtomicWidth.allCases.filter(\.isLockFree)),
      arenaUUID: service.arenaUUID, limits: welcome)
  }
}
