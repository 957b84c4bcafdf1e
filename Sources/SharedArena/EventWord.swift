// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Synchronization

/// A cell's word for those who want to know when its value changes; the doorbell has one, too.
///
///     31                       2 1                  0
///    | wake-ups so far          | a server watches | somebody sleeps |
///
/// Strangers write it, too: they can delay sleepers and wake them for nothing, no more.
@safe
struct EventWord: Sendable {
  // Safety: here and wherever the address or the word is used, as `init` demands, it lies at a
  // multiple of 4 in memory that stays mapped, and any 4 bytes are a word.
  // Sendable because: every access is atomic.
  private nonisolated(unsafe) let address: UnsafeMutableRawPointer

  static let awaited: UInt32 = 1
  static let watched: UInt32 = 2

  /// The word lies at a multiple of 4 and stays mapped while the value is in use.
  @unsafe
  init(at address: UnsafeMutableRawPointer) {
    unsafe self.address = address
  }

  private var word: UnsafeMutablePointer<Atomic<UInt32>> {
    unsafe address.assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// The word as it is, for those who only look.
  var current: UInt32 { unsafe word.pointee.load(ordering: .relaxed) }

  // MARK: - Sleepers

  /// Says that somebody waits, and makes sure that every operation which does not see it has its
  /// value in memory: a look at the value after this call finds it.
  ///
  /// - Returns: The word to sleep on.
  func announce() -> UInt32 {
    let event = unsafe word.pointee.bitwiseOr(Self.awaited, ordering: .sequentiallyConsistent)
      .newValue
    // The half of the barrier that operations do not pay for. Where there is none, the sleep's own
    // limit is what bounds the delay.
    _ = clinux_membarrier_global()
    return event
  }

  /// Sleeps while the word is `event`, for `nanoseconds` at most. May return early.
  func sleep(while event: UInt32, nanoseconds: UInt64) {
    let result = unsafe clinux_futex_wait(address, event, nanoseconds)
    // The page is gone, and no wake-up comes: what is left is to look now and then.
    if result == -EFAULT { SystemClock.pause(nanoseconds: Int(min(nanoseconds, 1_000_000))) }
  }

  /// Takes note that those who wait are about to be woken.
  ///
  /// - Returns: Whether somebody waited.
  func claim() -> Bool {
    var event = current
    // Sleepers, and others who wake them, change the word a few times; a stranger may for ever.
    for _ in 0..<64 {
      guard event & Self.awaited != 0 else { return false }
      let (exchanged, original) = unsafe word.pointee.compareExchange(
        expected: event, desired: (event &+ 4) & ~Self.awaited, ordering: .sequentiallyConsistent)
      if exchanged { return true }
      event = original
    }
    return true
  }

  /// Wakes everyone who sleeps here.
  func wake() {
    _ = unsafe clinux_futex_wake_all(address)
  }

  /// Wakes everyone who sleeps, if anybody does.
  func notify() {
    // Nothing before it may be moved behind it by the compiler; the processor's part is done by the
    // barrier in `announce`.
    AtomicFence.signal(.sequentiallyConsistent)
    guard current & Self.awaited != 0 else { return }
    if claim() { wake() }
  }

  // MARK: - Watchers

  /// Says that a server watches the cell. Exact after a barrier, as `announce` has one.
  func markWatched() {
    _ = unsafe word.pointee.bitwiseOr(Self.watched, ordering: .sequentiallyConsistent)
  }

  func unmarkWatched() {
    _ = unsafe word.pointee.bitwiseAnd(~Self.watched, ordering: .sequentiallyConsistent)
  }
}
