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
    /// Whether a snapshot on the disk has the register. Before that nothing would come back of what
    /// was given out, so the limit is where the register stands.
    var isSaved = false
  }

  /// By slot.
  private let bounds = Mutex<[UInt32: Bound]>([:])
  /// Has a snapshot taken soon; called often where it cannot be.
  private let wanted = Mutex<(@Sendable () -> Void)?>(nil)

  func onWanted(_ action: @escaping @Sendable () -> Void) { wanted.withLock { $0 = action } }

  private func want() { wanted.withLock { $0 }?() }

  // MARK: - Registers

  /// Learns of a register that was just made with the value `initial`, and has it saved: until it
  /// is in a snapshot it does not grow, as it would not come back itself.
  func add(_ handle: RegisterHandle, initial: UInt128, gap: UInt128) {
    bounds.withLock { bounds in
      // Whoever was faster with an operation, or a snapshot, has learned the same.
      guard bounds[handle.slot]?.generation != handle.generation else { return }
      bounds[handle.slot] = Bound(generation: handle.generation, gap: gap, limit: initial)
    }
    want()
  }

  /// Learns what the last snapshot says of a register of this arena.
  func add(_ handle: RegisterHandle, saved: UInt128, gap: UInt128) {
    bounds.withLock { bounds in
      bounds[handle.slot] = Bound(
        generation: handle.generation, gap: gap,
        limit: handle.type.adding(restoreGap: gap, to: saved), isSaved: true)
    }
  }

  /// What remote operations may have carried the register to, and not beyond; nil: nothing is known
  /// of it.
  func limit(of handle: RegisterHandle) -> UInt128? {
    bounds.withLock { bounds in
      guard let bound = bounds[handle.slot], bound.generation == handle.generation else {
        return nil
      }
      return bound.limit
    }
  }

  func remove(_ handle: RegisterHandle) {
    bounds.withLock { bounds in
      if bounds[handle.slot]?.generation == handle.generation { bounds[handle.slot] = nil }
    }
  }

  // MARK: - Operations

  /// Runs `request` unless it would raise the value above the limit.
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
      throw bound.isSaved
        ? .beyondRestoreGap(type, found: found, limit: bound.limit)
        : .notSavedYet(type, found: found)
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
      var value = arena.withCell(of: info.handle) { $0.load() } ?? read
      // Lost between the two looks.
      if arena.condition(of: info.handle) != .alive { value = read }
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
        if succeeded, let next = bounds.values[index].next {
          bounds.values[index].limit = next
          bounds.values[index].isSaved = true
        }
        bounds.values[index].next = nil
        bounds.values.formIndex(after: &index)
      }
    }
  }
}
