// SPDX-License-Identifier: Apache-2.0

import SharedArena
import Synchronization

/// How other threads tell a hub that something changed. One bit for each bucket of slots, so that
/// it is as large for a million changes as for one.
final class HubBell: Sendable {
  /// A register that was made while prefixes are watched.
  struct Made: Sendable {
    var register: RegisterReference
    var name: String
  }

  /// Made registers that are kept for the hub; with more it goes through all slots again.
  private static let madeLimit = 4096

  /// The hub's bit in the masks of the board.
  let bit: Int
  private let wake: @Sendable () -> Void
  private let words = InlineArray<128, Atomic<UInt64>> { _ in Atomic(0) }
  /// The hub was woken, and has not looked since.
  private let isRung = Atomic(false)
  private let made = Mutex<[Made]>([])
  /// Prefixes that the hub watches.
  let prefixes = Atomic(0)
  private let sharer = AtomicLazyReference<HubBell>()
  private let shares = Atomic(false)

  init(bit: Int, wake: @escaping @Sendable () -> Void) {
    self.bit = bit
    self.wake = wake
  }

  // MARK: - Hubs with the same bit

  var next: HubBell? { sharer.load() }
  var isShared: Bool { shares.load(ordering: .relaxed) }

  /// Puts `bell` behind the last one that shares this one's bit; one thread at a time.
  func append(_ bell: HubBell) {
    var last = self
    last.shares.store(true, ordering: .relaxed)
    while let next = last.next { last = next }
    bell.shares.store(true, ordering: .relaxed)
    _ = last.sharer.storeIfNil(bell)
  }

  // MARK: - Any thread

  /// Says that a cell of `bucket` changed. The caller has passed a full fence since its operation.
  func ring(_ bucket: Int) {
    let mask: UInt64 = 1 << UInt64(bucket & 63)
    if words[bucket / 64].load(ordering: .relaxed) & mask != 0 { return }
    // pairs with the exchanges in `take`
    let before = words[bucket / 64].bitwiseOr(mask, ordering: .sequentiallyConsistent).oldValue
    if before & mask == 0 { wakeHub() }
  }

  /// Has the hub called, unless that is on its way.
  func wakeHub() {
    if !isRung.exchange(true, ordering: .sequentiallyConsistent) { wake() }
  }

  func tell(_ register: RegisterReference, _ name: String) {
    guard prefixes.load(ordering: .relaxed) > 0 else { return }
    made.withLock { made in
      if made.count <= Self.madeLimit { made.append(Made(register: register, name: name)) }
    }
    wakeHub()
  }

  // MARK: - The hub's thread

  var hasRung: Bool { isRung.load(ordering: .relaxed) }

  /// Takes the buckets that changed; their cells show their values when `body` is called.
  func take(_ body: (Int) -> Void) {
    guard isRung.exchange(false, ordering: .sequentiallyConsistent) else { return }
    var taken = InlineArray<128, UInt64>(repeating: 0)
    for index in 0..<128 where words[index].load(ordering: .relaxed) != 0 {
      taken[index] = words[index].exchange(0, ordering: .sequentiallyConsistent)
    }
    atomicMemoryFence(ordering: .sequentiallyConsistent)
    for index in 0..<128 {
      var bits = taken[index]
      while bits != 0 {
        body(64 * index + bits.trailingZeroBitCount)
        bits &= bits &- 1
      }
    }
  }

  /// Takes the registers that were made; nil: more than are kept.
  func takeMade() -> [Made]? {
    made.withLock { made in
      defer { made = [] }
      return made.count > Self.madeLimit ? nil : made
    }
  }
}
