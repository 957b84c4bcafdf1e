// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// The two clocks of the system, in nanoseconds, and a short rest.
enum SystemClock {
  /// Since some moment in the past; never goes back.
  static func monotonicNanoseconds() -> UInt64 { read(CLOCK_MONOTONIC) }

  /// The monotonic time at which `timeout` from now is over; the last one where it never is.
  static func deadline(after timeout: Duration) -> UInt64 {
    deadline(afterNanoseconds: timeout.wholeNanoseconds)
  }

  static func deadline(afterNanoseconds timeout: UInt64) -> UInt64 {
    let (sum, overflow) = monotonicNanoseconds().addingReportingOverflow(timeout)
    return overflow ? .max : sum
  }

  /// Since 1970; goes where its keeper sets it.
  static func unixNanoseconds() -> UInt64 { read(CLOCK_REALTIME) }

  /// Gives the processor away for about `nanoseconds`, less than a second.
  static func pause(nanoseconds: Int) {
    var duration = timespec(tv_sec: 0, tv_nsec: nanoseconds)
    // Safety: `duration` outlives the call. A signal may end the rest early: the caller looks
    // again.
    _ = unsafe clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nil)
  }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // Safety: `time` outlives the call.
    _ = unsafe clock_gettime(clock, &time)
    return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
      &+ UInt64(truncatingIfNeeded: time.tv_nsec)
  }
}
