// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

// Locks of this open file, which descriptors of its own share, and nobody else's.
extension FileDescriptor {
  /// Locks bytes, for reading or for writing; a `length` of 0 is all of them from `start` on.
  /// False: somebody else's lock is in the way.
  func lock(_ type: Int32, from start: Int64, length: Int64 = 1) throws(ArenaError) -> Bool {
    let result = clinux_ofd_lock(number, Int16(type), start, length)
    guard result == 0 || result == -EAGAIN else {
      throw .systemCall("fcntl", path: path, code: -result)
    }
    return result == 0
  }

  func unlock(from start: Int64, length: Int64 = 1) {
    _ = clinux_ofd_lock(number, Int16(F_UNLCK), start, length)
  }

  /// A lock of somebody else that one of `type` would meet there, the one that the kernel comes
  /// upon first; nil: there is none.
  func foreignLock(
    meeting type: Int32 = F_WRLCK, from start: Int64, length: Int64 = 1
  ) throws(ArenaError) -> clinux_found_lock? {
    let found = clinux_ofd_find_lock(number, Int16(type), start, length)
    if found.error == -ENOENT { return nil }
    guard found.error == 0 else { throw .systemCall("fcntl", path: path, code: -found.error) }
    return found
  }

  /// The first bytes of the locks that other open files have on this one, from `start` on and in
  /// order; at most `limit` of them.
  func lockedBytes(from start: UInt64, limit: Int) throws(ArenaError) -> [UInt64] {
    var found: [UInt64] = []
    // The kernel names any one lock in a range; what is left of it and right of it is asked next.
    var ranges = [Int64(bitPattern: start)..<Int64.max]
    while let range = ranges.popLast(), found.count < limit {
      guard !range.isEmpty,
        let lock = try foreignLock(
          from: range.lowerBound, length: range.upperBound - range.lowerBound)
      else { continue }
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
