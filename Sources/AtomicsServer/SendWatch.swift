// SPDX-License-Identifier: Apache-2.0

/// Whether a peer takes what waits for it. Looked at after each turn; while nothing waits, that
/// costs a comparison.
struct SendWatch {
  /// What waited after the last look, the output of its turn included.
  private var unsent = 0
  /// When that was.
  private var lookedAt: UInt64 = 0
  /// When the peer was last seen to have taken something; 0: nothing waits.
  private var takenAt: UInt64 = 0

  /// Nothing waited before this turn.
  @inline(__always)
  mutating func rest() { takenAt = 0 }

  /// - Parameters:
  ///   - now: Nanoseconds of a monotonic clock.
  ///   - kept: Bytes that have waited since before this turn, in the kernel too: a socket says that
  ///     it can take more only once much of its buffer is free.
  ///   - made: Bytes that this turn has added.
  ///   - limit: Seconds; 0: there is no limit.
  /// - Returns: Whether the peer has taken nothing for as long as the limit.
  mutating func hasStalled(at now: UInt64, kept: Int, made: Int, limit: Int) -> Bool {
    // Nothing was sent since the last look of the same turn.
    if takenAt != 0, now == lookedAt {
      unsent &+= made
      return false
    }
    lookedAt = now
    if takenAt == 0 || kept < unsent { takenAt = max(now, 1) }
    unsent = kept &+ made
    return limit > 0 && now &- takenAt >= UInt64(limit) &* 1_000_000_000
  }
}
