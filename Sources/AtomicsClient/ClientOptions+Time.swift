// SPDX-License-Identifier: Apache-2.0

import EventLoop

extension ClientOptions {
  var timeoutNanoseconds: UInt64 {
    // A hundred years: sums stay sums.
    UInt64(min(max(timeoutMilliseconds, 0), 3_155_760_000_000)) * 1_000_000
  }

  /// How long a client waits for the answer to `command`, in nanoseconds; nil: without limit.
  ///
  /// - Parameter timeout: What the caller said; nil: as long as the options say, and of a wait its
  ///   own time before.
  func allowance(for command: ClientCommand, _ timeout: Duration? = nil) -> UInt64? {
    if let timeout { return timeout.clampedNanoseconds }
    guard case .wait(let plan, _) = command else { return timeoutNanoseconds }
    return plan.timeoutMilliseconds.map { UInt64($0) * 1_000_000 &+ timeoutNanoseconds }
  }

  /// When a call that begins now has taken too long.
  var deadline: Deadline { .after(nanoseconds: timeoutNanoseconds) }

  /// The same for a call with a time of its own.
  func deadline(after timeout: Duration?) -> Deadline {
    timeout.map { .after(nanoseconds: $0.clampedNanoseconds) } ?? deadline
  }
}

extension Duration {
  /// Nanoseconds from none to 292 years.
  var clampedNanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? .max / 2 : min(whole, .max / 2) + UInt64(attoseconds) / 1_000_000_000
  }
}
