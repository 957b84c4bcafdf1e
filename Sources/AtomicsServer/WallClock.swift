// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPMessage

/// The time of day and the `Date` field's text, worked out once a second for all connections of a
/// loop.
///
/// Sendable because: only the thread of its loop uses it.
final class WallClock: @unchecked Sendable {
  /// Seconds since 1970, as of the last ``update()``.
  private(set) var unixSeconds: Int64 = .min
  /// `unixSeconds` as HTTP writes it.
  private(set) var text: [UInt8] = []

  /// Reads the clock. Cost: one vDSO call, no system call.
  func update() {
    let seconds = Int64(time(nil))
    if seconds != unixSeconds {
      unixSeconds = seconds
      text = HTTPDate.text(unixSeconds: seconds)
    }
  }
}
