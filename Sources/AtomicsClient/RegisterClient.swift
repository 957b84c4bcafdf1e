// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Registers, used from asynchronous code.
///
///     let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
///     let hits = try await atomics.create("hits", type).register
///     let outcome = try await atomics.perform(AtomicRequest(.increment, on: hits.type), on: hits)
///
/// Calls that run at the same time share one connection, and what they send leaves in one piece, in
/// the order in which they came. Over the map an operation runs in the call itself and waits for
/// nobody; what changes the directory runs on a thread of its own.
///
/// The client outlives its connections. When one is lost, calls that may have run fail and say so
/// (``Applied/unknown``): they are never sent again. Those that change nothing, those that were
/// never sent and those that a server which took its leave had not looked at go over the next
/// connection, which is made when somebody asks for something, after a pause of 25 to 50 ms that
/// grows to 5 s where attempts fail. Until then a call waits, within its time, and fails as
/// ``ClientError/unreachable(server:reason:)`` when that is up.
///
/// **Deadlines and cancellation**: each call has `timeout`, or what ``ClientOptions`` say. When it
/// is up, or when the task is cancelled, the call throws at once and says whether it may have run;
/// the connection and the calls of others go on.
///
/// **Threads**: any task on any executor. No call blocks the thread that it is made on, the loop
/// has its own: handlers of SwiftNIO or Vapor may `await` one as it is.
public final class RegisterClient: Sendable {
  enum Transport: Sendable {
    case remote(LoopConnection)
    case map(LocalRegisters)
  }

  let transport: Transport

  private init(_ transport: Transport) {
    self.transport = transport
  }

  deinit {
    if case .remote(let connection) = transport { connection.close() }
  }

  /// Connects to `address`, or maps the arena there. A remote client has a thread of its own.
  ///
  /// One attempt is made, and what is wrong with it thrown.
  ///
  /// - Throws: As ``BlockingClient/init(_:options:)``.
  public static func connect(
    to address: ServerAddress, options: ClientOptions = ClientOptions()
  ) async throws(ClientError) -> RegisterClient {
    if case .map(let path) = address {
      return RegisterClient(.map(LocalRegisters(path: path, options: options)))
    }
    guard let server = try RemoteServer(address, options: options) else {
      throw .usage("`\(address)` names no server.")
    }
    return RegisterClient(.remote(try await LoopConnection.connect(to: server, options: options)))
  }

  private func call(
    _ command: ClientCommand, timeout: Duration? = nil
  ) async throws(ClientError) -> ClientReply {
    try command.check()
    switch transport {
    case .remote(let connection): return try await connection.call(command, timeout: timeout)
    case .map(let registers): return try await registers.call(command, timeout: timeout)
    }
  }

  /// Makes a register, or confirms that it exists with this type; see
  /// ``BlockingClient/create(_:_:initial:label:timeout:)``.
  public func create(
    _ name: String, _ type: RegisterType, initial: UInt128 = 0, label: String = "",
    timeout: Duration? = nil
  ) async throws(ClientError) -> (register: RegisterReference, created: Bool) {
    try await create(
      RegisterPlan(name: name, type: type, initial: initial, label: label), timeout: timeout)
  }

  /// Makes a register with all that one can have; as above.
  // One value, for all that a plan may come to hold: Swift 6.3 calls an asynchronous function wrong
  // that has a 128-bit parameter beyond those that fit into registers.
  public func create(
    _ plan: RegisterPlan, timeout: Duration? = nil
  ) async throws(ClientError) -> (register: RegisterReference, created: Bool) {
    try await call(.create(plan), timeout: timeout).asRegister()
  }

  /// Finds a register. Keep what this returns: operations on it cost no look-up.
  public func register(
    named name: String, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterReference {
    try await call(.find(name: name), timeout: timeout).asRegister().register
  }

  /// Runs one operation.
  ///
  /// - Throws: ``ClientError/notFound(name:)`` where the register was deleted; see
  ///   ``ClientError/applied`` for what a lost connection leaves open.
  @discardableResult
  public func perform(
    _ request: AtomicRequest, on register: RegisterReference, timeout: Duration? = nil
  ) async throws(ClientError) -> AtomicOutcome {
    try await perform(request, on: register, returns: .old, timeout: timeout)
  }

  /// As above; with ``ReturnMode/nothing`` the outcome tells no values.
  func perform(
    _ request: AtomicRequest, on register: RegisterReference, returns: ReturnMode,
    timeout: Duration?
  ) async throws(ClientError) -> AtomicOutcome {
    switch transport {
    case .remote(let connection):
      try register.check(request)
      return try await connection.call(
        .perform(request, on: register, returns: returns), timeout: timeout
      )
      .asOutcome()
    case .map(let registers):
      try registers.checkOpen()
      return try registers.perform(request, on: register)
    }
  }

  /// Deletes a register.
  public func delete(_ name: String, timeout: Duration? = nil) async throws(ClientError) {
    _ = try await call(.delete(name: name), timeout: timeout)
  }

  /// Part of the list of registers; see ``BlockingClient/list(prefix:from:limit:timeout:)``.
  public func list(
    prefix: String = "", from cursor: UInt64 = 0, limit: Int = 100,
    timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterPage {
    try await call(.list(prefix: prefix, from: cursor, limit: limit), timeout: timeout).asPage()
  }

  /// All that is known about a register.
  public func info(
    named name: String, timeout: Duration? = nil
  ) async throws(ClientError) -> RegisterDescription {
    try await call(.info(name: name), timeout: timeout).asDescription()
  }

  /// Deletes registers of one owner tag; see ``BlockingClient/deleteOwned(tag:from:timeout:)``.
  public func deleteOwned(
    tag: UInt64, from cursor: UInt64 = 0, timeout: Duration? = nil
  ) async throws(ClientError) -> (count: Int, next: UInt64?) {
    try await call(.deleteOwned(tag: tag, cursor: cursor), timeout: timeout).asOwnedDeleted()
  }

  /// Figures of the arena as a whole; see ``BlockingClient/arenaReport(timeout:)``.
  public func arenaReport(
    timeout: Duration? = nil
  ) async throws(ClientError) -> ArenaReport {
    try await call(.arenaReport, timeout: timeout).asArenaReport()
  }

  /// One round trip.
  public func ping(timeout: Duration? = nil) async throws(ClientError) {
    _ = try await call(.ping, timeout: timeout)
  }

  /// What the server can do. One round trip.
  public func capabilities(
    timeout: Duration? = nil
  ) async throws(ClientError) -> ServerCapabilities {
    try await call(.capabilities, timeout: timeout).asCapabilities()
  }

  /// Closes the client for good. Calls under way fail; later ones throw ``ClientError/closed``.
  public func close() {
    switch transport {
    case .remote(let connection): connection.close()
    case .map(let registers): registers.close()
    }
  }
}
