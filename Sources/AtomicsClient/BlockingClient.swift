// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import EventLoop

/// Registers, used from a thread that waits: one call at a time, or many pipelined.
///
///     let client = try BlockingClient(ServerAddress("atr://127.0.0.1:7070"))
///     let hits = try client.create("hits", type).register
///     let outcome = try client.perform(AtomicRequest(.increment, on: hits.type), on: hits)
///
/// Pipelined, replies come in the order of the requests:
///
///     for _ in 0..<1000 { try client.submit(increment, on: hits) }
///     for _ in 0..<1000 { last = try client.nextOutcome() }
///
/// A lost connection is made again when a call needs one. A call that was sent and not answered,
/// and that may have run, ends as `connectionLost(applied: .unknown)` and is never sent twice;
/// others are sent again within their time. Registers are found again by their names, and one
/// that is another by then is ``ClientError/notFound(name:)``.
///
/// **Thread safety**: one thread at a time; make one client per thread.
public final class BlockingClient {
  enum Transport {
    case remote(BlockingConnection)
    case map(LocalRegisters)
  }

  let transport: Transport
  private let options: ClientOptions
  /// Tickets of `submit` whose outcomes have not been taken, oldest first.
  private var pipeline = RequestQueue<UInt64>()
  /// Outcomes of the map, which are there at once.
  private var mapped = RequestQueue<Result<AtomicOutcome, ClientError>>()

  /// Connects to `address`, or maps the arena there.
  ///
  /// - Throws: ``ClientError/unreachable(server:reason:)`` where no server answers,
  ///   ``ClientError/arena(_:)`` where there is no arena (one that `create` may still make is no
  ///   error), ``ClientError/usage(_:)`` for an address that cannot be.
  public init(
    _ address: ServerAddress, options: ClientOptions = ClientOptions()
  ) throws(ClientError) {
    self.options = options
    if case .map(let path) = address {
      transport = .map(LocalRegisters(path: path, options: options))
    } else if let server = try RemoteServer(address, options: options) {
      transport = .remote(try BlockingConnection(to: server, options: options))
    } else {
      throw .usage("`\(address)` names no server.")
    }
  }

  private func call(
    _ command: ClientCommand, _ timeout: Duration?
  ) throws(ClientError) -> ClientReply {
    try command.check()
    switch transport {
    case .remote(let connection): return try connection.call(command, timeout: timeout)
    case .map(let registers): return try registers.run(command)
    }
  }

  /// Makes a register, or confirms that it exists with this type: the other arguments then count
  /// for nothing.
  ///
  /// - Parameter timeout: As everywhere here: how long the call may take, connecting included; nil:
  ///   as the options say.
  /// - Throws: ``ClientError/rejected(code:text:applied:)`` with `type-mismatch` where it exists
  ///   with another type, `invalid-name` for a bad name.
  public func create(
    _ name: String, _ type: RegisterType, initial: UInt128 = 0, label: String = "",
    timeout: Duration? = nil
  ) throws(ClientError) -> (register: RegisterReference, created: Bool) {
    try create(
      RegisterPlan(name: name, type: type, initial: initial, label: label), timeout: timeout)
  }

  /// Makes a register with all that one can have; as above.
  public func create(
    _ plan: RegisterPlan, timeout: Duration? = nil
  ) throws(ClientError) -> (register: RegisterReference, created: Bool) {
    try call(.create(plan), timeout).asRegister()
  }

  /// Finds a register. Keep what this returns: operations on it cost no look-up.
  public func register(
    named name: String, timeout: Duration? = nil
  ) throws(ClientError) -> RegisterReference {
    try call(.find(name: name), timeout).asRegister().register
  }

  /// Runs one operation and waits for its outcome.
  ///
  /// - Parameter timeout: How long to wait for it, connecting included; nil: as the options say.
  ///   When the time is up the connection stays, and a late answer is dropped. Over the map nothing
  ///   waits.
  /// - Throws: ``ClientError/notFound(name:)`` where the register was deleted; see
  ///   ``ClientError/applied`` for what a lost connection leaves open.
  public func perform(
    _ request: AtomicRequest, on register: RegisterReference, timeout: Duration? = nil
  ) throws(ClientError) -> AtomicOutcome {
    try perform(request, on: register, returns: .old, timeout: timeout)
  }

  /// As above; with ``ReturnMode/nothing`` the outcome tells no values.
  func perform(
    _ request: AtomicRequest, on register: RegisterReference, returns: ReturnMode,
    timeout: Duration?
  ) throws(ClientError) -> AtomicOutcome {
    switch transport {
    case .remote(let connection):
      try register.check(request)
      return try connection.call(
        .perform(request, on: register, returns: returns), timeout: timeout
      ).asOutcome()
    case .map(let registers): return try registers.perform(request, on: register)
    }
  }

  /// Deletes a register.
  public func delete(_ name: String, timeout: Duration? = nil) throws(ClientError) {
    _ = try call(.delete(name: name), timeout)
  }

  /// Part of the list of registers whose names begin with `prefix`, from the cursor of the part
  /// before (0 = the start). A part may be short; ``RegisterPage/next`` is nil at the end.
  public func list(
    prefix: String = "", from cursor: UInt64 = 0, limit: Int = 100, timeout: Duration? = nil
  ) throws(ClientError) -> RegisterPage {
    try call(.list(prefix: prefix, from: cursor, limit: limit), timeout).asPage()
  }

  /// All that is known about a register.
  public func info(
    named name: String, timeout: Duration? = nil
  ) throws(ClientError) -> RegisterDescription {
    try call(.info(name: name), timeout).asDescription()
  }

  /// Deletes registers of the caller's user that were created with this owner tag, as far as they
  /// lie in a part of the arena, and tells how many, and the cursor of the next part (nil at the
  /// end). Start with cursor 0; those that are created meanwhile may stay.
  ///
  /// Over TCP the caller's user is the server's own. HTTP has no such request.
  public func deleteOwned(
    tag: UInt64, from cursor: UInt64 = 0, timeout: Duration? = nil
  ) throws(ClientError) -> (count: Int, next: UInt64?) {
    try call(.deleteOwned(tag: tag, cursor: cursor), timeout).asOwnedDeleted()
  }

  /// Figures of the arena as a whole, at most about a second old. HTTP has no such request.
  public func arenaReport(timeout: Duration? = nil) throws(ClientError) -> ArenaReport {
    try call(.arenaReport, timeout).asArenaReport()
  }

  /// One round trip.
  public func ping(timeout: Duration? = nil) throws(ClientError) {
    _ = try call(.ping, timeout)
  }

  /// What the server can do. One round trip.
  public func capabilities(
    timeout: Duration? = nil
  ) throws(ClientError) -> ServerCapabilities {
    try call(.capabilities, timeout).asCapabilities()
  }

  /// Closes the client for good; its watches end. Operations submitted whose outcomes have not been
  /// taken fail, those that may have run as lost; calls throw ``ClientError/closed``. Over the map
  /// it does nothing.
  public func close() {
    if case .remote(let connection) = transport { connection.close() }
  }

  // MARK: - Pipelining

  /// Queues an operation; its outcome comes from ``nextOutcome(timeout:)``. Sends nothing until
  /// ``flush()``, ``nextOutcome(timeout:)`` or a full buffer.
  public func submit(
    _ request: AtomicRequest, on register: RegisterReference
  ) throws(ClientError) {
    switch transport {
    case .remote(let connection):
      try register.check(request)
      pipeline.append(
        try connection.submit(.perform(request, on: register), until: options.deadline))
    case .map(let registers):
      mapped.append(
        Result(catching: { () throws(ClientError) in
          try registers.perform(request, on: register)
        }))
    }
  }

  /// Sends what is queued, and does not wait for replies. What goes wrong afterwards
  /// ``nextOutcome(timeout:)`` tells.
  public func flush() throws(ClientError) {
    guard case .remote(let connection) = transport else { return }
    _ = try connection.connected(until: options.deadline)
    connection.flush(until: options.deadline)
  }

  /// Operations submitted whose outcomes have not been taken.
  public var pendingCount: Int { pipeline.count + mapped.count }

  /// The outcome of the oldest operation submitted; waits for it.
  ///
  /// - Parameter timeout: How long to wait, from now on; nil: as the options say.
  /// - Throws: That operation's error; the others keep theirs.
  public func nextOutcome(timeout: Duration? = nil) throws(ClientError) -> AtomicOutcome {
    if let result = mapped.popFirst() { return try result.get() }
    guard case .remote(let connection) = transport, let ticket = pipeline.popFirst() else {
      throw .usage("No operation was submitted whose outcome is left.")
    }
    return try connection.reply(
      to: ticket, until: options.deadline(after: timeout)
    ).asOutcome()
  }
}
