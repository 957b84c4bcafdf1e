// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A moment of the monotonic clock, in nanoseconds; it does not move when the date is set.
public struct Deadline: Hashable, Comparable, Sendable {
  /// Nanoseconds since an arbitrary start, the same for all processes until reboot.
  public let nanoseconds: UInt64

  /// A deadline that never passes.
  public static let never = Deadline(nanoseconds: .max)

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  /// The current moment. One `clock_gettime`, usually without a system call.
  public static var now: Deadline {
    var time = timespec()
    // Safety: `time` outlives the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Deadline(
      nanoseconds: UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
        &+ UInt64(truncatingIfNeeded: time.tv_nsec))
  }

  /// The moment `nanoseconds` from now; `.never` when that is beyond the clock's range.
  public static func after(nanoseconds: UInt64) -> Deadline { now.advanced(by: nanoseconds) }

  /// This moment moved into the future, at most to `.never`.
  public func advanced(by nanoseconds: UInt64) -> Deadline {
    let (sum, overflow) = self.nanoseconds.addingReportingOverflow(nanoseconds)
    return overflow ? .never : Deadline(nanoseconds: sum)
  }

  public static func < (left: Deadline, right: Deadline) -> Bool {
    left.nanoseconds < right.nanoseconds
  }

  /// Milliseconds from `now` until this moment for epoll_wait and poll: rounded up, so that a
  /// wake-up is never early and a loop does not turn idly below one millisecond; -1 = for ever.
  func pollTimeout(from now: Deadline) -> Int32 {
    if self == .never { return -1 }
    if self <= now { return 0 }
    let remaining = nanoseconds - now.nanoseconds
    let milliseconds = remaining / 1_000_000 + (remaining % 1_000_000 == 0 ? 0 : 1)
    return Int32(clamping: milliseconds)
  }
}
