// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The time of day; it jumps when the date is set.
public enum UnixTime {
  /// Nanoseconds since 1970. One `clock_gettime`, usually without a system call.
  public static var nanoseconds: UInt64 {
    var time = timespec()
    // Safety: `time` outlives the call.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }
}
