// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Glibc
import SharedArena
import Synchronization

/// Registers of an arena that is mapped into this process: an operation is one instruction on its
/// cell, and asks nobody. Only what changes the directory goes to the arena's server, where it has
/// one.
// Sendable because: all is constant but `openedArena`, which is written once, by whoever first
// holds the lock, before `isOpen` says so, and is read by others only after that.
final class LocalRegisters: @unchecked Sendable {
  let path: String
  let options: ClientOptions
  /// Whether the arena was there once. Not `AtomicLazyReference`, which the compiler does not
  /// specialise: it costs more than an operation does.
  private let isOpen = Atomic(false)
  private let opening = Mutex(())
  private var openedArena: Arena?
  /// Tells this mapping's handles from those of others.
  private let number = ConnectionNumber.next()
  /// Threads that wait for somebody.
  let threadCount = Atomic(0)
  let lasting = LastingMapCalls()

  /// Maps nothing yet: the arena may be made by the first `create`.
  init(path: String?, options: ClientOptions) {
    self.path = path ?? Arena.defaultPath()
    self.options = options
  }

  func run(_ command: ClientCommand) throws(ClientError) -> ClientReply {
    switch command {
    case .create(let plan):
      let (handle, created) = try create(plan)
      return .register(try reference(plan.name, handle), created: created)
    case .find(let name):
      return .register(try reference(name, find(name)), created: false)
    case .perform(let request, let register, _):
      return .outcome(try perform(request, on: register))
    case .wait(let plan, let register):
      return .waited(try wait(plan, on: register, unless: MapCancellation()))
    case .watch:
      throw .usage("A watch of the map needs a feed.")
    case .notify(let register):
      try notify(register)
      return .notified
    case .delete(let name):
      try delete(name)
      return .deleted
    case .list(let prefix, let cursor, let limit):
      return .page(try list(prefix: prefix, from: cursor, limit: Int(limit)))
    case .info(let name):
      let arena = try arena()
      guard let info = arena.info(of: try find(name)) else { throw .notFound(name: name) }
      return .description(try description(info, in: arena, isComplete: true))
    case .deleteOwned(let tag, let cursor):
      let (count, next) = try deleteOwned(tag: tag, from: cursor)
      return .ownedDeleted(count: count, next: next)
    case .arenaReport:
      return .arenaReport(try report())
    case .pin(let name):
      try pin(name)
      return .pinned
    case .ping:
      _ = try arena()
      return .pong
    case .capabilities:
      return .capabilities(try capabilities())
    }
  }

  /// - Complexity: One operation on the cell; no system call, no lock, no allocation.
  func perform(
    _ request: AtomicRequest, on register: RegisterReference
  ) throws(ClientError) -> AtomicOutcome {
    let arena = try arena()
    let handle = try handle(of: register)
    try register.check(request)
    let outcome = arena.perform(request, on: handle)
    guard let outcome, !arena.isFaulty else {
      throw refusal(of: handle, register.name, in: arena, isPerformed: outcome != nil)
    }
    return outcome
  }

  /// The register itself: where another one has its name by now, there is none.
  func handle(of register: RegisterReference) throws(ClientError) -> RegisterHandle {
    if case .mapped(number, let known) = register.place { return known }
    let mark = try arena().mark
    guard register.generation == 0 || register.arena == mark else {
      throw .notFound(name: register.name)
    }
    let handle = try find(register.name)
    guard handle.type == register.type else {
      throw .rejected(
        code: "type-mismatch", text: "The register's type is \(handle.type.name).", applied: .no)
    }
    guard register.isSame(generation: handle.generation, slot: handle.slot) else {
      throw .notFound(name: register.name)
    }
    return handle
  }

  /// Why there is no result, or none that counts.
  func refusal(
    of handle: RegisterHandle, _ name: String, in arena: Arena, isPerformed: Bool
  ) -> ClientError {
    if isPerformed || arena.isFaulty {
      return .rejected(
        code: "internal", text: "Another program cut the file of the arena at \(path).",
        applied: .unknown)
    }
    guard arena.condition(of: handle) != .deleted else { return .notFound(name: name) }
    return .rejected(
      code: "internal",
      text: "Another program wrote over the cell of \(name): its value is not to be trusted.",
      applied: .no)
  }

  private func capabilities() throws(ClientError) -> ServerCapabilities {
    let arena = try arena()
    return ServerCapabilities(
      serverName: "shm", operations: Set(AtomicOperation.allCases), types: Set(RegisterType.all),
      lockFreeWidths: Set(AtomicWidth.allCases.filter(\.isLockFree)), bootEpoch: arena.bootEpoch,
      arenaUUID: arena.number, inFlightLimit: .max)
  }

  /// Where the register's cell is.
  func location(of name: String) throws(ClientError) -> CellLocation {
    try arena().location(of: find(name))
  }

  // MARK: - The directory

  private var arenaOptions: ArenaOptions {
    ArenaOptions(lockTimeoutNanoseconds: options.timeoutNanoseconds)
  }

  /// The arena, where it was there once.
  private var known: Arena? {
    // Pairs with `keep`, which releases.
    isOpen.load(ordering: .acquiring) ? openedArena : nil
  }

  /// Keeps `arena`, unless another thread was quicker: then that one's is returned.
  private func keep(_ arena: sending Arena) -> Arena {
    opening.withLock { _ in
      if let openedArena { return openedArena }
      openedArena = arena
      // Pairs with `known`, which acquires.
      isOpen.store(true, ordering: .releasing)
      return arena
    }
  }

  func arena() throws(ClientError) -> Arena {
    if let known { return known }
    do throws(ArenaError) {
      return keep(try Arena.open(at: path, options: arenaOptions))
    } catch {
      if case .notFound = error {
        throw noArena
      }
      throw ClientError(error)
    }
  }

  /// The error of a map without an arena, in which therefore is no register either.
  var noArena: ClientError {
    .arena(
      "There is no arena at \(path): start a server that keeps one there, or create a register.")
  }

  /// The arena, which is made where there is none.
  func arenaOrNew() throws(ArenaError) -> Arena {
    if let known { return known }
    return keep(try Arena.openOrCreate(at: path, options: arenaOptions))
  }

  func find(_ name: String) throws(ClientError) -> RegisterHandle {
    try RegisterReference.check(name: name)
    guard let handle = try arena().find(name.utf8.span) else { throw .notFound(name: name) }
    return handle
  }

  private func reference(
    _ name: String, _ handle: RegisterHandle
  ) throws(ClientError) -> RegisterReference {
    RegisterReference(
      name: name, type: handle.type, generation: handle.generation,
      place: .mapped(arena: number, handle), slot: handle.slot, arena: try arena().mark)
  }

  private func create(
    _ plan: RegisterPlan
  ) throws(ClientError) -> (handle: RegisterHandle, created: Bool) {
    do throws(ArenaError) {
      return try arenaOrNew().create(
        RegisterSpecification(
          name: plan.name, type: plan.type, initial: plan.initial, label: plan.label,
          ownerUser: geteuid(), ownerTag: plan.ownerTag, restoreGap: plan.restoreGap))
    } catch {
      guard let socket = error.server else { throw ClientError(error) }
      let created = try ask(socket, .create(plan)).asRegister().created
      return (try find(plan.name), created)
    }
  }

  private func delete(_ name: String) throws(ClientError) {
    // Found first: a bad name or a missing arena is told as it is everywhere else.
    _ = try find(name)
    do throws(ArenaError) {
      guard let arena = known, try arena.delete(Array(name.utf8).span) else {
        throw ArenaError.notFound(path: name)
      }
    } catch {
      if case .notFound = error { throw .notFound(name: name) }
      guard let socket = error.server else { throw ClientError(error) }
      _ = try ask(socket, .delete(name: name))
    }
  }

  private func list(
    prefix: String, from cursor: UInt64, limit: Int
  ) throws(ClientError) -> RegisterPage {
    let arena = try arena()
    let page = arena.list(
      from: cursor, prefix: Array(prefix.utf8).span, limit: max(1, limit), scanLimit: 1 << 20)
    return RegisterPage(
      registers: try page.registers.map { info throws(ClientError) in
        try description(info, in: arena, isComplete: false)
      },
      next: page.next)
  }

  private func description(
    _ info: RegisterInfo, in arena: Arena, isComplete: Bool
  ) throws(ClientError) -> RegisterDescription {
    // The arena is open for writing: it reads the value of every cell that is in order.
    guard info.value != nil else {
      throw refusal(of: info.handle, info.name, in: arena, isPerformed: false)
    }
    return RegisterDescription(info, isComplete: isComplete)
  }

  /// Has the server that holds the directory do it.
  func ask(_ socket: String, _ command: ClientCommand) throws(ClientError) -> ClientReply {
    try connect(to: socket).call(command)
  }

  /// A connection to the server that holds the directory.
  func connect(to socket: String) throws(ClientError) -> BlockingConnection {
    guard let server = try RemoteServer(.unix(path: socket), options: options) else {
      throw .closed
    }
    return try BlockingConnection(to: server, options: options)
  }
}

extension Arena {
  /// As servers tell it.
  fileprivate var number: UInt128 { UInt128(uuid.1) << 64 | UInt128(uuid.0) }

  fileprivate var mark: ArenaMark { ArenaMark(number) }
}

extension RegisterDescription {
  fileprivate init(_ info: RegisterInfo, isComplete: Bool) {
    self.init(
      name: info.name, type: info.type, value: info.value ?? 0, label: info.label,
      ownerTag: isComplete ? info.ownerTag : 0, restoreGap: isComplete ? info.restoreGap : 0,
      details: isComplete
        ? Details(
          createdUnixNanoseconds: info.createdUnixNanoseconds, generation: info.generation,
          ownerUser: info.ownerUser, slot: info.slot, isPinned: info.isPinned) : nil)
  }
}
