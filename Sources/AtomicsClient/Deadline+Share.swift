// SPDX-License-Identifier: Apache-2.0

import EventLoop

extension Deadline {
  /// When the first of `count` has had its share of the time that is left at `now`. Who is done
  /// sooner leaves the rest to those that follow; the last has all of it.
  func share(among count: Int, from now: Deadline) -> Deadline {
    guard self != .never, self > now else { return self }
    return now.advanced(by: (nanoseconds - now.nanoseconds) / UInt64(max(1, count)))
  }
}
