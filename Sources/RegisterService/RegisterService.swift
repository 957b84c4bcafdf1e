// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import SharedArena

/// The one door to the registers: every face of the server speaks to the arena through it, in the
/// same words.
///
/// **Thread safety**: any thread. Operations and look-ups run lock-free on the calling thread;
/// create and delete run one at a time.
public final class RegisterService: Sendable {
  public let arena: Arena

  public init(arena: Arena) {
    self.arena = arena
  }

  /// Looks `name` up.
  ///
  /// - Throws: `.invalidName` or `.notFound`.
  /// - Complexity: One probe of the arena's index, a few tens of nanoseconds; never blocks, never
  ///   allocates.
  @inlinable
  public func find(_ name: Span<UInt8>) throws(ServiceError) -> RegisterHandle {
    if let handle = arena.find(name) { return handle }
    // Only a miss pays for the grammar: no invalid name is ever registered.
    throw Self.missing(name)
  }

  @usableFromInline
  static func missing(_ name: Span<UInt8>) -> ServiceError {
    do throws(NameError) {
      try RegisterName.check(name)
      return .notFound
    } catch {
      return .invalidName(error)
    }
  }

  /// Runs `request`, checked against the handle's type, on the register behind `handle`.
  ///
  /// - Returns: Nil when the register was deleted.
  /// - Complexity: One load and compare above the operation's own cost.
  @inlinable
  public func perform(_ request: AtomicRequest, on handle: RegisterHandle) -> AtomicOutcome? {
    arena.cell(of: handle)?.perform(request)
  }

  /// The value's bits, or nil when the register was deleted.
  ///
  /// - Parameter order: A load order; traps otherwise.
  @inlinable
  public func load(_ handle: RegisterHandle, _ order: MemoryOrder = .sequentiallyConsistent)
    -> UInt128?
  {
    arena.cell(of: handle)?.load(order)
  }

  /// Makes a register, or confirms one of the same type.
  ///
  /// - Parameter exclusively: Throws `.exists` for any register of this name.
  /// - Returns: The handle, and whether the register was made by this call.
  public func create(_ specification: RegisterSpecification, exclusively: Bool = false)
    throws(ServiceError) -> (handle: RegisterHandle, created: Bool)
  {
    let made: (handle: RegisterHandle, created: Bool)
    do throws(ArenaError) {
      made = try arena.create(specification)
    } catch {
      throw ServiceError(error)
    }
    if exclusively && !made.created { throw .exists }
    return made
  }

  /// Removes the register called `name`. Handles to it find it gone from then on.
  public func delete(_ name: Span<UInt8>) throws(ServiceError) {
    let deleted: Bool
    do throws(ArenaError) {
      deleted = try arena.delete(name)
    } catch {
      throw ServiceError(error)
    }
    if !deleted { throw Self.missing(name) }
  }

  /// Everything known about the register behind `handle`.
  public func describe(_ handle: RegisterHandle) throws(ServiceError) -> RegisterInfo {
    guard let info = arena.info(of: handle) else { throw .gone }
    return info
  }

  /// A page of registers by slot, from `cursor` on; it may be short, and nil as `next` is the end.
  ///
  /// - Complexity: At most ``ExecutionBudget/scanLimit`` slots are looked at.
  public func list(from cursor: UInt64, prefix: Span<UInt8>, limit: Int)
    -> (registers: [RegisterInfo], next: UInt64?)
  {
    arena.list(
      from: cursor, prefix: prefix, limit: limit, scanLimit: ExecutionBudget.scanLimit)
  }
}
