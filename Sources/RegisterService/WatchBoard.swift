// SPDX-License-Identifier: Apache-2.0

import SharedArena
import Synchronization

/// What the hubs and those who change registers share: which hub is concerned with which part of
/// the slots, so that a change rings only where somebody looks, and how many watch each cell.
///
/// **No change is missed.** A writer that sees a cell's mark comes here after its operation. A hub
/// states its interest before it marks the cell, so the writer finds it. The writer then passes a
/// full fence before it looks at the hub's bits, and the hub one between taking them and looking at
/// values: a writer that finds its bit still set has its value in memory before the look.
final class WatchBoard: Sendable {
  /// Hubs above this many share bits of the masks, and are woken for each other's changes.
  private static let maskWidth = 64

  private let interests = InlineArray<8192, Atomic<UInt64>> { _ in Atomic(0) }
  private let bells = InlineArray<64, AtomicLazyReference<HubBell>> { _ in AtomicLazyReference() }
  private let hubCount = Mutex(0)
  /// How many watch the cell of a slot, on all hubs.
  private let watchers = Mutex<[UInt32: Int]>([:])
  /// Told when a first cell is watched.
  private let firstWatched = AtomicLazyReference<Action>()
  /// Watches, on all hubs.
  let watches = Atomic(0)
  /// Watches of prefixes, on all hubs.
  let prefixes = Atomic(0)

  /// Waits, and registers watched, of all clients.
  let waits = Atomic(0)
  let registers = Atomic(0)

  private final class Action: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  // MARK: - Hubs

  /// Gives a new hub its bell.
  func makeBell(wake: @escaping @Sendable () -> Void) -> HubBell {
    hubCount.withLock { count in
      let bell = HubBell(bit: count % Self.maskWidth, wake: wake)
      let first = bells[bell.bit].storeIfNil(bell)
      if first !== bell { first.append(bell) }
      count += 1
      return bell
    }
  }

  func setInterest(_ isInterested: Bool, of bell: HubBell, in bucket: Int) {
    // Bits that hubs share are left set: the price is a wake-up for nothing.
    let mask: UInt64 = 1 << UInt64(bell.bit)
    if isInterested {
      _ = interests[bucket].bitwiseOr(mask, ordering: .sequentiallyConsistent)
    } else if !bell.isShared {
      _ = interests[bucket].bitwiseAnd(~mask, ordering: .sequentiallyConsistent)
    }
  }

  /// Rings where somebody looks at cells of `bucket`. Any thread; lock-free.
  func changed(bucket: Int) {
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    var mask = interests[bucket].load(ordering: .relaxed)
    while mask != 0 {
      forEachBell(atBit: mask.trailingZeroBitCount) { $0.ring(bucket) }
      mask &= mask &- 1
    }
  }

  func changed(slot: Int) { changed(bucket: slot % Arena.bucketCount) }

  /// Tells the hubs that watch prefixes of a register that was just published.
  func created(_ register: RegisterReference, name: String) {
    // A hub counts its watch before it begins to go through the slots: either it is seen here, or
    // the slots that it goes through have the register.
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    guard prefixes.load(ordering: .relaxed) > 0 else { return }
    for bit in 0..<Self.maskWidth { forEachBell(atBit: bit) { $0.tell(register, name) } }
  }

  private func forEachBell(atBit bit: Int, _ body: (HubBell) -> Void) {
    var next = bells[bit].load()
    while let bell = next {
      body(bell)
      next = bell.next
    }
  }

  // MARK: - Cells

  /// Marks the cell of `slot` until as many calls of ``unwatch(_:in:)`` have been made.
  func watch(_ slot: UInt32, in arena: Arena) {
    let isFirst = watchers.withLock { watchers in
      watchers[slot, default: 0] += 1
      // Every time: whoever made a new register in the slot has cleared the mark.
      arena.setWatched(true, slot: Int(slot))
      return watchers.count == 1 && watchers[slot] == 1
    }
    if isFirst { firstWatched.load()?.run() }
  }

  func unwatch(_ slot: UInt32, in arena: Arena) {
    watchers.withLock { watchers in
      guard let count = watchers[slot] else { return }
      watchers[slot] = count > 1 ? count - 1 : nil
      // Under the lock: whoever watches it next marks it after this.
      if count == 1 { arena.setWatched(false, slot: Int(slot)) }
    }
  }

  /// Whether any cell is watched.
  var isWatching: Bool { watchers.withLock { !$0.isEmpty } }

  func onFirstWatched(_ action: @escaping @Sendable () -> Void) {
    _ = firstWatched.storeIfNil(Action(action))
  }

  /// Takes the marks of a killed server off a part of the slots.
  func clearStaleMarks(from cursor: UInt64, in arena: Arena) -> UInt64? {
    watchers.withLock { watchers in
      arena.clearMarks(from: cursor, scanLimit: 1024) { watchers[UInt32($0)] != nil }
    }
  }
}
