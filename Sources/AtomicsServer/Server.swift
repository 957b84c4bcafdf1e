// SPDX-License-Identifier: Apache-2.0

import EventLoop
public import Logging
import RegisterService
import Synchronization
import TLSSession

/// The register service: an arena, its directory lock, and the loops that serve it.
///
/// One acceptor gives each connection to the least busy loop, where it lives and ends. Nothing is
/// handed between loops but that: the arena is lock-free, so each loop executes what it reads.
public final class Server: Sendable {
  /// Where the server listens, as clients write it, in the order of the configuration:
  /// `127.0.0.1:7070`, `unix:/path`. Port 0 has become the port that was free.
  public let addresses: [String]
  /// The arena's directory.
  public let arenaPath: String
  /// Whether the arena existed, its values intact, or was made by this start.
  public let adopted: Bool
  /// How many registers this start restored and from where, as text; nil: none.
  public let restored: String?

  let context: ServerContext
  private let loops: [EventLoop]
  /// Of each loop.
  let waits: [LoopWaits]
  private let logger: Logger
  private let maintenance: Maintenance
  private let doorbell: Doorbell
  private let hasBegunShutdown = Atomic(false)
  private let loopsLeftToDrain: Atomic<Int>
  /// What ended the service without being asked to.
  private let failure = FirstFailure()

  /// Takes the arena and the addresses. Connections wait until ``run()``.
  ///
  /// - Throws: ``ServerError`` with what is in the way: another server, a foreign file, an address.
  public init(_ configuration: ServerConfiguration, logger: Logger) throws(ServerError) {
    let rules = ListenRules(configuration)
    let addresses = try Self.addresses(configuration, rules, logger)
    let tls = try Self.tls(configuration, logger)
    let accessLog = try Self.accessLog(configuration, logger)
    var fitted = configuration
    try fitted.limits.fit(threads: configuration.threads, logger)
    let snapshots = configuration.snapshots
    guard !snapshots.isOn || snapshots.directory != nil else { throw .noSnapshotDirectory }
    let service: RegisterService
    do throws(ServiceError) {
      let served = try RegisterService.serve(
        at: configuration.arenaPath, capacity: configuration.arenaCapacity,
        snapshots: snapshots.isOn ? snapshots.directory : nil)
      service = served.service
      adopted = served.origin == .adopted
      if case .restored(let what) = served.origin { restored = what } else { restored = nil }
      for warning in served.warnings { logger.warning("\(warning)") }
    } catch {
      throw .arena("\(error)")
    }
    arenaPath = service.arenaPath
    let context = ServerContext(
      service: service, configuration: fitted, tls: tls, accessLog: accessLog,
      logger: logger)
    self.context = context
    self.logger = logger
    var loops: [EventLoop] = []
    do throws(EventLoopError) {
      maintenance = try Maintenance(service, snapshots, logger) { [failure] in failure.set($0) }
      maintenance.eachSecond {
        context.authenticator.logFailures()
        context.handshakes.logFailures()
      }
      doorbell = try Doorbell(service)
      for _ in 0..<max(1, configuration.threads) {
        loops.append(try EventLoop(limits: configuration.limits.stream))
      }
      let benches = loops.map { _ in Workbench(context.limits.stream) }
      let waits = loops.map { LoopWaits(service, $0, configuration.limits.waiting) }
      let acceptor = Acceptor(context, loops, benches, waits, logger)
      var bound: [String] = []
      // The arena's own socket comes last: it is how local programs ask, and not the user's.
      let own = try SocketAddress(unixPath: service.socketPath)
      for (index, address) in (addresses + [own]).enumerated() {
        let listener = try ListenerSocket(address: address)
        bound.append("\(listener.address)")
        let mapsArena = index == addresses.count
        let encryption = rules.encryption(on: address)
        try loops[0].listen(listener) { acceptor.accept($0, mapsArena: mapsArena, encryption) }
      }
      self.addresses = bound.dropLast()
      self.loops = loops
      self.waits = waits
      loopsLeftToDrain = Atomic(loops.count)
    } catch {
      // What listens already holds the loops, and through them the arena: a run that is stopped
      // before it begins lets all of it go.
      for loop in loops {
        loop.stop()
        loop.run()
      }
      throw .network(error)
    }
  }

  private static func tls(_ configuration: ServerConfiguration, _ logger: Logger)
    throws(ServerError) -> CurrentTLS?
  {
    guard let tls = configuration.tls else { return nil }
    do throws(TLSError) {
      return try CurrentTLS(tls, logger)
    } catch {
      throw .tls("\(error)")
    }
  }

  private static func accessLog(_ configuration: ServerConfiguration, _ logger: Logger)
    throws(ServerError) -> AccessLog?
  {
    guard let log = configuration.accessLog else { return nil }
    do throws(EventLoopError) {
      return try AccessLog(log, logger)
    } catch {
      throw .accessLog("\(error)")
    }
  }

  private static func addresses(
    _ configuration: ServerConfiguration, _ rules: ListenRules, _ logger: Logger
  ) throws(ServerError) -> [SocketAddress] {
    guard !configuration.listen.isEmpty else { throw .noAddress }
    var addresses: [SocketAddress] = []
    for listen in configuration.listen {
      do throws(EventLoopError) {
        switch listen {
        case .tcp(let host, let port): addresses.append(try SocketAddress(host: host, port: port))
        case .unix(let path): addresses.append(try SocketAddress(unixPath: path))
        }
      } catch {
        throw .network(error)
      }
      if let last = addresses.last, let warning = try rules.check(last) {
        logger.warning("\(warning)")
      }
    }
    return addresses
  }

  /// Serves on the calling thread, and on one more for each further loop, until ``shutDown()`` has
  /// drained every connection or its time is up.
  ///
  /// - Throws: ``ServerError`` where the process may have no more threads, or where the arena at
  ///   its path stopped being this server's.
  public func run() throws(ServerError) {
    var threads: [LoopThread] = []
    do throws(EventLoopError) {
      for (index, loop) in loops.enumerated().dropFirst() {
        threads.append(try LoopThread(name: "atomics-loop-\(index)") { loop.run() })
      }
      failure.onSet { [self] in shutDown() }
      try doorbell.start()
      try context.accessLog?.start()
      try maintenance.start()
    } catch {
      context.accessLog?.finish()
      doorbell.finish()
      for loop in loops { loop.stop() }
      for thread in threads { thread.join() }
      throw .network(error)
    }
    loops[0].run()
    for thread in threads { thread.join() }
    doorbell.finish()
    maintenance.finish()
    context.accessLog?.finish()
    failure.forget()
    if let failure = failure.value { throw failure }
  }

  /// Stops accepting, lets every connection come to its end, then ends ``run()``. Any thread; later
  /// calls do nothing.
  public func shutDown() {
    guard !hasBegunShutdown.exchange(true, ordering: .relaxed) else { return }
    logger.info("draining", metadata: ["connections": "\(connectionCount)"])
    context.beginDraining()
    for loop in loops {
      loop.beginDrain { [self] in
        if loopsLeftToDrain.subtract(1, ordering: .relaxed).newValue == 0 { stop() }
      }
    }
    let loop = loops[0]
    let limit = context.limits.drainNanoseconds
    loop.execute { [self] in
      loop.schedule(afterNanoseconds: limit) { self.stop() }
    }
  }

  /// Reads again what may change while the server runs: certificate, key and authorities; opens
  /// the access log's file again. What cannot be used is logged as an error, and the old stays. Any
  /// thread.
  public func reload() {
    context.tls?.reload(logger)
    context.accessLog?.reopen()
  }

  /// Connections that live now.
  public var connectionCount: Int { loops.reduce(0) { $0 + $1.streamCount } }

  private func stop() {
    for loop in loops { loop.stop() }
  }
}

/// What ended the service without being asked to, and what is done about it.
private final class FirstFailure: Sendable {
  private struct State {
    var error: ServerError?
    var action: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  var value: ServerError? { state.withLock { $0.error } }

  func onSet(_ action: @escaping @Sendable () -> Void) { state.withLock { $0.action = action } }

  func set(_ error: ServerError) {
    let action = state.withLock { state in
      if state.error == nil { state.error = error }
      // Once: it holds the server.
      defer { state.action = nil }
      return state.action
    }
    action?()
  }

  func forget() { state.withLock { $0.action = nil } }
}
