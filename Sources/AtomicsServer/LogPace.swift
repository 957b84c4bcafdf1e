// SPDX-License-Identifier: Apache-2.0

/// A line of the log a second at most, however often somebody gives cause for one.
struct LogPace {
  private var loggedAt: UInt64?

  /// Whether a line may be written at `now`, in nanoseconds; it then counts as written.
  mutating func takesLine(at now: UInt64) -> Bool {
    if let loggedAt, now &- loggedAt < 1_000_000_000 { return false }
    loggedAt = now
    return true
  }
}
