// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Synchronization

/// The page of `val` by which writers tell a server that a cell which it watches was changed.
///
/// Each slot belongs to one of 8192 buckets. A writer that sees the cell's bit "watched" after its
/// operation sets the bucket's bit, and rings if it was clear. The server takes the bits, and looks
/// at every cell of these buckets that it watches.
///
/// **No change is missed**, though no writer pays for a fence. There are three races; in each the
/// server's side has a barrier that every processor passes (`membarrier`), and the writer's side
/// needs no more than its program order:
///
/// 1. The server marks a cell, passes the barrier, and looks at it. A writer that did not see the
///    mark loaded the event word before the barrier, and its value, stored before that load, is
///    there to be seen, release stores that sat in a store buffer among them.
/// 2. The server takes the bits, passes the barrier, and looks at the cells. A writer that found
///    the bit set, and so does nothing, loaded it before it was taken or not: loaded before the
///    barrier, its value is seen; loaded after it, it was set anew, and is taken the next time.
/// 3. The server says that it sleeps, passes the barrier, and looks at the bits. A writer that did
///    not see it asleep set its bit before the barrier.
///
/// Where there is no `membarrier`, or a writer is killed between its steps, the server's looks now
/// and then bound the delay. Strangers can set bits and ring for nothing: the server's work for it
/// is bounded by its pauses. They can take bits away: then the looks find what they hid.
@safe
struct Doorbell: Sendable {
  // Safety: as `init` demands, a page that stays mapped; any bytes are words.
  // Sendable because: every access is atomic.
  private nonisolated(unsafe) let page: UnsafeMutableRawPointer

  /// The page stays mapped while the value is in use.
  @unsafe
  init(at page: UnsafeMutableRawPointer) {
    unsafe self.page = page
  }

  /// What the server sleeps on.
  var bell: EventWord { unsafe EventWord(at: page + DoorbellLayout.bell) }

  private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
    // Safety: every caller's index lies below `wordCount`.
    unsafe (page + (DoorbellLayout.changed + 8 * index))
      .assumingMemoryBound(to: Atomic<UInt64>.self)
  }

  /// Tells that the cell of `slot` was changed. Before this the event word was loaded.
  func ring(_ slot: Int) {
    let bucket = slot % DoorbellLayout.bucketCount
    let bit: UInt64 = 1 << UInt64(bucket & 63)
    guard unsafe word(bucket / 64).pointee.load(ordering: .relaxed) & bit == 0 else { return }
    let before = unsafe word(bucket / 64).pointee.bitwiseOr(bit, ordering: .sequentiallyConsistent)
      .oldValue
    if before & bit == 0 { bell.notify() }
  }

  /// Whether nobody rang since the last ``take(_:)``.
  var isQuiet: Bool {
    for index in 0..<DoorbellLayout.wordCount
    where unsafe word(index).pointee.load(ordering: .relaxed) != 0 {
      return false
    }
    return true
  }

  /// Takes all bits and calls `body` with their buckets, once every cell that was changed before
  /// shows its value.
  ///
  /// - Returns: Whether there were any.
  func take(_ body: (Int) -> Void) -> Bool {
    var taken = InlineArray<128, UInt64>(repeating: 0)
    var any: UInt64 = 0
    for index in 0..<DoorbellLayout.wordCount
    where unsafe word(index).pointee.load(ordering: .relaxed) != 0 {
      taken[index] = unsafe word(index).pointee.exchange(0, ordering: .sequentiallyConsistent)
      any |= taken[index]
    }
    guard any != 0 else { return false }
    _ = clinux_membarrier_global()
    for index in 0..<DoorbellLayout.wordCount {
      var bits = taken[index]
      while bits != 0 {
        body(64 * index + bits.trailingZeroBitCount)
        bits &= bits &- 1
      }
    }
    return true
  }
}
