// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

// Files on a disk: what is written is on it only after it was synced.
extension FileDescriptor {
  /// Writes all of `bytes` where the last call ended.
  func append(_ bytes: [UInt8]) throws(ArenaError) {
    var done = 0
    while done < bytes.count {
      // Safety: the array outlives the call, and `done` is below its count.
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(number, $0.baseAddress.map { unsafe $0 + done }, $0.count - done)
      }
      if count >= 0 {
        done += count
      } else if errno == ENOSPC || errno == EDQUOT {
        throw .snapshotDiskFull(path: path)
      } else if errno != EINTR {
        throw .systemCall("write", path: path, code: errno)
      }
    }
  }

  func syncData() throws(ArenaError) {
    guard fdatasync(number) == 0 else {
      let code = errno
      throw code == ENOSPC || code == EDQUOT
        ? .snapshotDiskFull(path: path) : .systemCall("fdatasync", path: path, code: code)
    }
  }

  /// Brings the names in this directory to the disk.
  func syncNames() throws(ArenaError) {
    guard fsync(number) == 0 else { throw .systemCall("fsync", path: path, code: errno) }
  }

  /// Renames within this directory, over what has the name.
  func rename(_ old: String, to new: String) throws(ArenaError) {
    // Safety: Swift passes names as bytes that end with a zero and live as long as the call.
    let result = unsafe clinux_renameat2(number, old, number, new, 0)
    guard result == 0 else {
      throw .systemCall("renameat", path: "\(path)/\(new)", code: -result)
    }
  }

  /// Locks the whole file for this open file alone. False: another has it.
  func tryLock() throws(ArenaError) -> Bool { try lock(F_WRLCK, from: 0, length: 0) }
}
