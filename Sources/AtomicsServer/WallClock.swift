// SPDX-License-Identifier: Apache-2.0

import Glibc
import HTTPMessage

/// The `Date` field's text, worked out once a second for all connections of a loop.
final class WallClock {
  private var second: Int64 = .min
  private var text: [UInt8] = []

  /// The current date. Cost: one vDSO call, no system call.
  var date: [UInt8] {
    var time = timespec()
    // Safety: `time` outlives the call.
    unsafe clock_gettime(CLOCK_REALTIME_COARSE, &time)
    if Int64(time.tv_sec) != second {
      second = Int64(time.tv_sec)
      text = HTTPDate.text(unixSeconds: second)
    }
    return text
  }
}
