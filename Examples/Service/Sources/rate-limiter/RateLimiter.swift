// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import Foundation

/// So many calls a second for all who share the register's name, on however many machines.
///
/// The register holds the time up to which calls were granted, in nanoseconds since 1970. Each call
/// moves it on by what a call is worth, and the addition itself declines where that would be too
/// far ahead of the clock: nobody counts in between, and a process that dies holds nothing.
///
///     ────┬──────────────┬───────────────────┬────▶ time
///        now          granted           now + burst
///
/// The machines' clocks should agree to a fraction of the burst.
struct RateLimiter: Sendable {
  private let granted: Register<Int64>
  private let perCall: Int64
  private let burst: Int64

  /// - Parameter burst: How many calls may come at once after a pause.
  init(
    _ name: String, of atomics: RegisterClient, perSecond rate: Int64, burst: Int64
  ) async throws(ClientError) {
    granted = try await atomics.register(named: name, as: Int64.self)
    perCall = 1_000_000_000 / rate
    self.burst = burst * perCall
  }

  /// Whether a call may go on now. A call whose answer was lost may have used up its turn, and
  /// nothing worse: ask again, or refuse.
  func mayGo() async throws(ClientError) -> Bool {
    let now = Int64(Date().timeIntervalSince1970 * 1e9)
    // What nobody asked for in time is not saved up.
    try await granted.max(now)
    return try await granted.add(perCall, overflow: .fail, within: 0...(now + burst)).exchanged
  }
}
