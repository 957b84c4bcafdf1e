// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

extension FileDescriptor {
  /// The first bytes of the locks that other open files have on this one, from `start` on and in
  /// order; at most `limit` of them.
  func lockedBytes(from start: UInt64, limit: Int) throws(ArenaError) -> [UInt64] {
    var found: [UInt64] = []
    // The kernel names any one lock in a range; what is left of it and right of it is asked next.
    var ranges = [Int64(bitPattern: start)..<Int64.max]
    while let range = ranges.popLast(), found.count < limit {
      guard !range.isEmpty else { continue }
      let lock = clinux_ofd_find_lock(
        number, range.lowerBound, range.upperBound - range.lowerBound)
      if lock.error == -ENOENT { continue }
      guard lock.error == 0 else { throw .systemCall("fcntl", path: path, code: -lock.error) }
      let first = max(lock.start, range.lowerBound)
      let (sum, isBeyond) = lock.start.addingReportingOverflow(lock.length)
      let end = lock.length == 0 || isBeyond ? Int64.max : sum
      found.append(UInt64(bitPattern: first))
      ranges.append(max(first, min(end, range.upperBound))..<range.upperBound)
      // Looked at first: the oldest hold the most back.
      ranges.append(range.lowerBound..<first)
    }
    return found.sorted()
  }
}
