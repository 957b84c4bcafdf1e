// SPDX-License-Identifier: Apache-2.0

import SharedArena

/// Waiting for registers and watching them: what hubs, and the thread at the doorbell, need.
extension RegisterService {
  /// A hub for the clients of one thread.
  ///
  /// - Parameter wake: Has ``WaitHub/process(now:)`` called soon; called on any thread.
  public func makeHub(
    _ limits: WaitLimits = WaitLimits(), wake: @escaping @Sendable () -> Void
  ) -> WaitHub {
    WaitHub(self, limits, wake: wake)
  }

  /// Has those who wait for the register look at it, in all processes.
  ///
  /// - Throws: `.gone`.
  public func notify(_ register: RegisterReference) throws(ServiceError) {
    guard arena.condition(of: register.handle) != .deleted else { throw .gone }
    arena.notify(register.handle)
  }

  // MARK: - Changes by other processes

  /// The longest time between two looks for rings.
  public static let longestRingDelay: UInt64 = 50_000_000
  /// Whether there is anything that others could ring for.
  public var isWatching: Bool { board.isWatching }

  /// Has `action` called, on any thread, when something is watched and nothing was before. Once
  /// only.
  public func onFirstWatched(_ action: @escaping @Sendable () -> Void) {
    board.onFirstWatched(action)
  }

  /// Sleeps until another process changed what is watched, ``longestRingDelay`` at most, and passes
  /// it on. Blocks: for a thread of its own, and one at a time.
  ///
  /// - Returns: Whether anybody rang.
  public func passRingsOn() -> Bool {
    arena.awaitRing(nanoseconds: Self.longestRingDelay)
    return arena.takeRings { board.changed(bucket: $0) }
  }

  /// Gives the thread's processor away for a moment shorter than a second.
  public func rest(nanoseconds: Int) { arena.rest(nanoseconds: nanoseconds) }

  /// Wakes the thread in ``passRingsOn()``.
  public func wakeDoorbell() { arena.wakeDoorbell() }

  /// Takes marks off registers that a server left which was killed, in a part of the slots.
  ///
  /// - Parameter cursor: 0 for the first part, then what the call before returned; nil is the end.
  public func clearStaleMarks(from cursor: UInt64) -> UInt64? {
    board.clearStaleMarks(from: cursor, in: arena)
  }

  func reference(_ handle: RegisterHandle) -> RegisterReference {
    RegisterReference(handle, isBounded: hasBounds && arena.restoreGap(of: handle) != 0)
  }
}
