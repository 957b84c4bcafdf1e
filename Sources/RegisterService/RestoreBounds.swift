// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import Synchronization

/// How far remote operations may carry registers that have a restore gap: to the value of the last
/// snapshot plus the gap, where a restored register starts.
///
/// An operation on such a register, and the look that a snapshot takes at it, run under one mutex:
/// no number is given out above what either the snapshot on the disk or the one that is being
/// written would restore. Others never come here.
final class RestoreBounds: Sendable {
  private struct Bound {
    var generation: UInt64
    var gap: UInt128
    var limit: UInt128
    /// The limit once the snapshot that is being written is on the disk.
    var next: UInt128?
  }

  /// By slot.
  private let bounds = Mutex<[UInt32: Bound]>([:])
  /// Has a snapshot taken soon; called often where it cannot be.
  private let wanted = Mutex<(@Sendable () -> Void)?>(nil)

  func onWanted(_ action: @escaping @Sendable () -> Void) { wanted.withLock { $0 = action } }

  private func want() { wanted.withLock { $0 }?() }

  // MARK: - Registers

  /// Runs `create`, and counts the first value as the last snapshot's.
  func add(
    _ gap: UInt128, initial: UInt128,
    _ create: () throws(ArenaError) -> (handle: RegisterHandle, created: Bool)
  ) throws(ArenaError) -> (handle: RegisterHandle, created: Bool) {
    let made = try bounds.withLock {
      (bounds: inout [UInt32: Bound]) throws(ArenaError) -> (handle: RegisterHandle, created: Bool)
      in
      let made = try create()
      if made.created {
        bounds[made.handle.slot] = Bound(
          generation: made.handle.generation, gap: gap,
          limit: made.handle.type.adding(restoreGap: gap, to: initial))
      }
      return made
    }
    // Until it is in a snapshot the register itself would not come back.
    if made.created { want() }
    return made
  }

  /// Learns what the last snapshot says of a register of this arena.
  func add(_ handle: RegisterHandle, saved: UInt128, gap: UInt128) {
    bounds.withLock { bounds in
      bounds[handle.slot] = Bound(
        generation: handle.generation, gap: gap,
        limit: handle.type.adding(restoreGap: gap, to: saved))
    }
  }

  func remove(_ handle: RegisterHandle) {
    bounds.withLock { bounds in
      if bounds[handle.slot]?.generation == handle.generation { bounds[handle.slot] = nil }
    }
  }

  // MARK: - Operations

  /// Runs `request` unless it would leave a value above the limit.
  ///
  /// - Returns: Nil when the register was deleted.
  func perform(
    _ request: AtomicRequest, on handle: RegisterHandle, in arena: Arena
  ) throws(ServiceError) -> AtomicOutcome? {
    let type = handle.type
    let (result, bound) = bounds.withLock { bounds -> (AtomicLimit?, Bound) in
      let bound = Self.bound(of: handle, in: arena, &bounds)
      let result = arena.withCell(of: handle) { $0.perform(request, atMost: bound.limit) }
      return (result, bound)
    }
    switch result {
    case nil: return nil
    case .refused(let found)?:
      want()
      throw .beyondRestoreGap(type, found: found, limit: bound.limit)
    case .performed(let outcome, let left)?:
      if !request.operation.isReadOnly, bound.limit != type.greatest {
        let soon = type.adding(restoreGap: bound.gap / 2, to: left)
        if !type.isLess(soon, than: bound.limit) { want() }
      }
      return outcome
    }
  }

  /// A register that no snapshot has and nobody has told of may only go down until there is one.
  private static func bound(
    of handle: RegisterHandle, in arena: Arena, _ bounds: inout [UInt32: Bound]
  ) -> Bound {
    if let bound = bounds[handle.slot], bound.generation == handle.generation { return bound }
    let bound = Bound(
      generation: handle.generation, gap: arena.restoreGap(of: handle),
      limit: arena.withCell(of: handle) { $0.load() } ?? 0)
    bounds[handle.slot] = bound
    return bound
  }

  // MARK: - Snapshots

  /// The value to save of a register. From here on no operation passes what this would restore.
  func save(_ info: RegisterInfo, read: UInt128, in arena: Arena) -> UInt128 {
    bounds.withLock { bounds in
      var bound = Self.bound(of: info.handle, in: arena, &bounds)
      let value = arena.withCell(of: info.handle) { $0.load() } ?? read
      let next = info.type.adding(restoreGap: bound.gap, to: value)
      bound.next = next
      if info.type.isLess(next, than: bound.limit) { bound.limit = next }
      bounds[info.handle.slot] = bound
      return value
    }
  }

  /// The snapshot is on the disk, or for false it never will be.
  func finishSaving(_ succeeded: Bool) {
    bounds.withLock { bounds in
      // In place: a copy would take as much memory again.
      var index = bounds.values.startIndex
      while index != bounds.values.endIndex {
        if succeeded, let next = bounds.values[index].next { bounds.values[index].limit = next }
        bounds.values[index].next = nil
        bounds.values.formIndex(after: &index)
      }
    }
  }
}
