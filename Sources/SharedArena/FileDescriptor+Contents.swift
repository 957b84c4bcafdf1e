// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

extension FileDescriptor {
  func status() throws(ArenaError) -> Status {
    var status = stat()
    // Safety: `status` outlives the call.
    guard unsafe fstat(number, &status) == 0 else {
      throw .systemCall("fstat", path: path, code: errno)
    }
    return Status(status)
  }

  /// The status of the file at `path`; nil: not there.
  static func status(at path: String) throws(ArenaError) -> Status? {
    var status = stat()
    // Safety: `status` outlives the call.
    if unsafe lstat(path, &status) == 0 { return Status(status) }
    guard errno == ENOENT else { throw .systemCall("lstat", path: path, code: errno) }
    return nil
  }

  /// The status of `name` in this directory, not of what a link there points to; nil: not there.
  func status(of name: String) throws(ArenaError) -> Status? {
    var status = stat()
    // Safety: `status` outlives the call.
    if unsafe fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 { return Status(status) }
    guard errno == ENOENT else {
      throw .systemCall("fstatat", path: "\(path)/\(name)", code: errno)
    }
    return nil
  }

  func checkIsOnTmpfs() throws(ArenaError) {
    let magic = clinux_filesystem_magic(number)
    guard magic == Int64(clinux_tmpfs_magic) else { throw .notTmpfs(path: path) }
  }

  /// Sets the permissions, whatever the process's umask.
  func setMode(_ mode: UInt32) throws(ArenaError) {
    guard fchmod(number, mode) == 0 else { throw .systemCall("fchmod", path: path, code: errno) }
  }

  func setLength(_ byteCount: Int) throws(ArenaError) {
    guard ftruncate(number, byteCount) == 0 else {
      throw .systemCall("ftruncate", path: path, code: errno)
    }
  }

  /// Makes the pages of a range exist, so that touching them can neither fail nor fault.
  func allocate(_ range: Range<Int>) throws(ArenaError) {
    let result =
      MemoryFault.isFull
      ? -ENOSPC
      : clinux_fallocate(
        number, Int32(clinux_fallocate_keep_size), Int64(range.lowerBound), Int64(range.count))
    if result == -ENOSPC || result == -ENOMEM {
      throw .fileSystemFull(path: path, byteCount: range.count)
    }
    guard result == 0 else { throw .systemCall("fallocate", path: path, code: -result) }
  }

  /// Gives the pages of a range back; it reads as zeros once it is allocated again.
  func punchHole(_ range: Range<Int>) throws(ArenaError) {
    let mode = clinux_fallocate_keep_size | clinux_fallocate_punch_hole
    let result = clinux_fallocate(
      number, Int32(mode), Int64(range.lowerBound), Int64(range.count))
    guard result == 0 else { throw .systemCall("fallocate", path: path, code: -result) }
  }

  /// Up to `limit` bytes from `offset`; fewer at the end of the file.
  func read(_ limit: Int, at offset: Int = 0) throws(ArenaError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      // Safety: `buffer` has room for `limit` bytes; `pread` says how many it wrote.
      let result = unsafe pread(number, buffer.baseAddress, limit, offset)
      if result < 0 { failure = errno }
      count = max(0, result)
    }
    guard failure == 0 else { throw .systemCall("pread", path: path, code: failure) }
    return bytes
  }

  func write(_ bytes: [UInt8], at offset: Int = 0) throws(ArenaError) {
    // Safety: the array outlives the call.
    let written = unsafe bytes.withUnsafeBytes {
      unsafe pwrite(number, $0.baseAddress, $0.count, offset)
    }
    guard written == bytes.count else {
      throw written < 0
        ? .systemCall("pwrite", path: path, code: errno)
        : .fileSystemFull(path: path, byteCount: bytes.count)
    }
  }
}
