// SPDX-License-Identifier: Apache-2.0

import CLinux
import Synchronization

/// What a server needs that watches many registers at once; how it fits together is said at
/// `Doorbell`.
extension Arena {
  /// The buckets that a doorbell tells of: slot *n* belongs to bucket *n* modulo this.
  public static var bucketCount: Int { DoorbellLayout.bucketCount }

  /// Has `action` called with the slot whenever an operation of this process changed a watched
  /// cell, instead of ringing the bell for it; on any thread, before the operation returns. The
  /// first one stays.
  package func onWatchedChange(_ action: @escaping @Sendable (_ slot: Int) -> Void) {
    // pairs with the load in `wakeWaiters`
    _ = watcher.storeIfNil(Watcher(action))
  }

  /// Marks a register's cell as watched, or not; ``passBarrier()`` makes it exact.
  package func setWatched(_ isWatched: Bool, slot: Int) {
    let event = event(ofSlot: slot)
    if isWatched { event.markWatched() } else { event.unmarkWatched() }
  }

  /// Whether the cell of a used slot bears the mark.
  package func isWatched(slot: Int) -> Bool {
    event(ofSlot: slot).current & EventWord.watched != 0
  }

  /// Until this returns, every operation under way that did not see the marks set before has its
  /// value in memory.
  package func passBarrier() { _ = clinux_membarrier_global() }

  /// Takes what other processes rang for and calls `body` with each bucket.
  ///
  /// - Returns: Whether anybody rang.
  package func takeRings(_ body: (_ bucket: Int) -> Void) -> Bool { doorbell.take(body) }

  /// Sleeps until another process rings, `nanoseconds` at most, or returns at once when one has.
  package func awaitRing(nanoseconds: UInt64) {
    let (doorbell, bell) = (doorbell, doorbell.bell)
    let event = bell.announce()
    if doorbell.isQuiet { bell.sleep(while: event, nanoseconds: nanoseconds) }
  }

  /// Ends the sleep of ``awaitRing(nanoseconds:)``.
  package func wakeDoorbell() { doorbell.bell.notify() }

  /// Gives the processor away for a moment shorter than a second.
  package func rest(nanoseconds: Int) { SystemClock.pause(nanoseconds: nanoseconds) }

  /// Takes the marks off cells that a killed server left, in a part of the slots.
  ///
  /// - Parameter isWatched: Whether the mark is this server's own.
  /// - Returns: Where the next part starts; nil: this was the last.
  package func clearMarks(
    from cursor: UInt64, scanLimit: Int, unless isWatched: (Int) -> Bool
  ) -> UInt64? {
    guard let (slots, end) = directory.slots(from: cursor, limit: scanLimit) else { return nil }
    for slot in slots where self.isWatched(slot: slot) && !isWatched(slot) {
      setWatched(false, slot: slot)
    }
    return slots.upperBound < end ? UInt64(slots.upperBound) : nil
  }
}

/// Who is told of changes to watched cells within this process.
final class Watcher: Sendable {
  let changed: @Sendable (_ slot: Int) -> Void

  init(_ changed: @escaping @Sendable (_ slot: Int) -> Void) { self.changed = changed }
}
