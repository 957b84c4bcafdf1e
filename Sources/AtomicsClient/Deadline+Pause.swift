// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Glibc

extension Deadline {
  /// Has the calling thread sleep until this moment, or until `limit` where that is earlier.
  func pause(atMostUntil limit: Deadline) {
    let moment = min(self, limit)
    while true {
      let now = Deadline.now
      guard moment > now else { return }
      // The call takes less than a second.
      usleep(UInt32(min((moment.nanoseconds - now.nanoseconds) / 1_000 + 1, 900_000)))
    }
  }
}
