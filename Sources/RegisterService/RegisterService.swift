// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import SharedArena
import Synchronization

/// The one door to the registers: every face of the server speaks to the arena through it, in the
/// same words. Another engine can stand behind it later.
///
/// **Thread safety**: any thread. Operations and look-ups run lock-free on the calling thread;
/// create and delete run one at a time.
public final class RegisterService: Sendable {
  @usableFromInline let arena: Arena
  /// How far registers with a restore gap may go; nil without snapshots, which set the bounds.
  let bounds: RestoreBounds?
  @usableFromInline let hasBounds: Bool
  /// Who waits for registers, and watches them.
  let board = WatchBoard()
  /// Keeps other servers' snapshots out of the directory of this one's.
  private let snapshotLock: SnapshotDirectoryLock?
  /// How many losses of values there were when a snapshot from before them was kept.
  let lossesKept = Atomic(0)

  /// A service over an arena that is open already.
  ///
  /// - Parameter takesSnapshots: Whether somebody calls ``takeSnapshot(in:)`` when it is wanted.
  package init(
    arena: Arena, takesSnapshots: Bool = false, snapshotLock: SnapshotDirectoryLock? = nil
  ) {
    self.arena = arena
    self.snapshotLock = snapshotLock
    hasBounds = takesSnapshots
    bounds = takesSnapshots ? RestoreBounds() : nil
    arena.onWatchedChange { [board] slot in board.changed(slot: slot) }
    // A register whose value was lost goes on where nothing was given out yet.
    if let bounds { arena.onLostValue { handle in bounds.limit(of: handle) } }
  }

  /// The most bytes of a name.
  public static var nameLimit: Int { RegisterName.maximumByteCount }

  /// - Throws: `.invalidName` with what names are.
  public static func checkName(_ name: Span<UInt8>) throws(ServiceError) {
    do throws(NameError) {
      try RegisterName.check(name)
    } catch {
      throw .invalidName("\(error)")
    }
  }

  /// Whether a register can have a name that begins with `prefix`.
  public static func isPrefixOfNames(_ prefix: String) -> Bool {
    // If it is none itself, a letter more makes it one, or nothing does.
    [prefix, prefix + "a"].contains { name in (try? checkName(Array(name.utf8).span)) != nil }
  }

  /// Looks `name` up.
  ///
  /// - Throws: `.invalidName` or `.notFound`.
  /// - Complexity: One probe of the arena's index, a few tens of nanoseconds; never blocks, never
  ///   allocates.
  @inlinable
  public func find(_ name: Span<UInt8>) throws(ServiceError) -> RegisterReference {
    if let handle = arena.find(name) {
      return RegisterReference(handle, isBounded: hasBounds && arena.restoreGap(of: handle) != 0)
    }
    // Only a miss pays for the grammar: no invalid name is ever registered.
    try Self.checkName(name)
    throw .notFound
  }

  /// Runs `request`, checked against the reference's type, on its register.
  ///
  /// - Throws: `.gone`; `.beyondRestoreGap` and `.notSavedYet`, for registers that have a restore
  ///   gap; `.overwritten` and `.damaged` where another program broke the arena.
  /// - Complexity: A few loads and compares above the operation's own cost; a mutex with a restore
  ///   gap.
  @inlinable
  public func perform(
    _ request: AtomicRequest, on register: RegisterReference
  ) throws(ServiceError) -> AtomicOutcome {
    let outcome =
      register.isBounded
      ? try performBounded(request, on: register) : arena.perform(request, on: register.handle)
    return try checked(outcome, isFaulty: arena.isFaulty, register)
  }

  /// What an operation found, if it did, and the arena was whole after it.
  @inlinable @inline(__always)
  func checked<Found>(
    _ found: Found?, isFaulty: Bool, _ register: RegisterReference
  ) throws(ServiceError) -> Found {
    guard let found, !isFaulty else {
      throw refusal(of: register, isPerformed: found != nil)
    }
    return found
  }

  /// Adds to a register of at most 8 bytes that is not limited (``RegisterReference/isLimited``):
  /// `perform(_:on:)` of an addition, small enough to stand in a caller's loop.
  ///
  /// - Returns: The value found.
  /// - Throws: As `perform(_:on:)`.
  @inlinable @inline(__always)
  public func add(
    _ word: UInt64, to register: RegisterReference, order: MemoryOrder
  ) throws(ServiceError) -> UInt64 {
    let found = arena.add(word, to: register.unboundedHandle, order: order)
    return try checked(found, isFaulty: arena.isFaulty, register)
  }

  /// Reads a register of at most 8 bytes, as `add(_:to:order:)` does.
  @inlinable @inline(__always)
  public func loadWord(
    _ register: RegisterReference, order: MemoryOrder
  ) throws(ServiceError) -> UInt64 {
    let found = arena.loadWord(register.handle, order: order)
    return try checked(found, isFaulty: arena.isFaulty, register)
  }

  /// The value's bits.
  ///
  /// - Parameter order: A load order; traps otherwise.
  /// - Throws: As `perform(_:on:)`.
  @inlinable
  public func load(
    _ register: RegisterReference, _ order: MemoryOrder = .sequentiallyConsistent
  ) throws(ServiceError) -> UInt128 {
    let bits = arena.load(register.handle, order: order)
    return try checked(bits, isFaulty: arena.isFaulty, register)
  }

  /// Whether a register is still there: its name leads to it then, and to no other.
  ///
  /// - Complexity: A few loads; nothing is looked up.
  @inlinable
  public func isPresent(_ register: RegisterReference) -> Bool {
    arena.isPresent(register.handle) && !arena.isFaulty
  }

  /// Whether a register's name, type and value are all that ``describe(_:)`` would tell a reader:
  /// it has neither label nor owner's tag nor restore gap.
  ///
  /// - Throws: As `perform(_:on:)`.
  /// - Complexity: A few loads; allocates nothing.
  public func isPlain(_ register: RegisterReference) throws(ServiceError) -> Bool {
    guard let isPlain = arena.isPlain(register.handle), !arena.isFaulty else {
      throw refusal(of: register, isPerformed: false)
    }
    return isPlain
  }

  /// Everything known about a register; its value is read sequentially consistent.
  ///
  /// - Throws: As `perform(_:on:)`.
  public func describe(_ register: RegisterReference) throws(ServiceError) -> RegisterDescription {
    let info = arena.info(of: register.handle)
    guard let info, info.value != nil, !arena.isFaulty else {
      throw refusal(of: register, isPerformed: false)
    }
    return RegisterDescription(info)
  }

  /// A page of registers by slot, from `cursor` on; it may be short, and nil as `next` is the end.
  ///
  /// - Throws: `.overwritten` where the cell of one of them is, which is usable again afterwards;
  ///   `.damaged`.
  /// - Complexity: At most ``ExecutionBudget/scanLimit`` slots are looked at.
  public func list(from cursor: UInt64, prefix: Span<UInt8>, limit: Int)
    throws(ServiceError) -> (registers: [RegisterDescription], next: UInt64?)
  {
    let page = arena.list(
      from: cursor, prefix: prefix, limit: limit, scanLimit: ExecutionBudget.scanLimit)
    try refuseWhileDamaged()
    let lost = page.registers.filter { $0.value == nil }
    if let first = lost.first {
      for info in lost.dropFirst() {
        _ = refusal(of: RegisterReference(info.handle, isBounded: false), isPerformed: false)
      }
      throw refusal(of: RegisterReference(first.handle, isBounded: false), isPerformed: false)
    }
    return (page.registers.map(RegisterDescription.init), page.next)
  }

  /// Makes a register, or confirms one of the same type.
  ///
  /// - Parameter exclusively: Throws `.exists` for any register of this name.
  /// - Returns: The register, and whether it was made by this call.
  /// - Throws: `.snapshotsOff` for a restore gap where no snapshots are taken.
  public func create(_ definition: RegisterDefinition, exclusively: Bool = false)
    throws(ServiceError) -> (register: RegisterReference, created: Bool)
  {
    let gap = definition.restoreGap
    if gap != 0 && !hasBounds { throw .snapshotsOff }
    let made: (register: RegisterReference, created: Bool)
    do throws(ArenaError) {
      let new = try arena.create(definition.specification)
      made = (reference(new.handle), new.created)
    } catch {
      if exclusively, case .typeMismatch = error { throw .exists }
      throw ServiceError(error)
    }
    if made.created {
      if gap != 0 { bounds?.add(made.register.handle, initial: definition.initial, gap: gap) }
      board.created(made.register, name: definition.name)
    }
    try refuseWhileDamaged()
    if exclusively && !made.created { throw .exists }
    return (made.register, made.created)
  }

  /// Removes the register called `name`. References to it find it gone from then on.
  ///
  /// - Throws: `.invalidName` or `.notFound`.
  public func delete(_ name: Span<UInt8>) throws(ServiceError) {
    try Self.checkName(name)
    let deleted: Bool
    let handle = arena.find(name)
    do throws(ArenaError) {
      deleted = try arena.delete(name)
    } catch {
      throw ServiceError(error)
    }
    try refuseWhileDamaged()
    if !deleted { throw .notFound }
    if let handle { forget(handle) }
  }

  /// What follows a deletion.
  func forget(_ handle: RegisterHandle) {
    bounds?.remove(handle)
    board.changed(slot: Int(handle.slot))
  }
}
