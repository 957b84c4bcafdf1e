// SPDX-License-Identifier: Apache-2.0

// CLinux's headers are the first to show some of the C library's structures to the compiler.
import CLinux
import Glibc

/// An open file or directory, closed with the value. Opened without following links, and closed by
/// the kernel on exec.
struct FileDescriptor: ~Copyable {
  let number: Int32
  /// For error messages only: the file may have been moved since.
  var path: String

  deinit {
    close(number)
  }

  /// What `fstat` tells, as far as it matters here.
  struct Status: Equatable {
    var device: UInt64
    var inode: UInt64
    var mode: UInt32
    var owner: UInt32
    var byteCount: Int
    /// Memory behind the file.
    var allocatedByteCount: Int
    var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
    var isSymbolicLink: Bool { mode & S_IFMT == S_IFLNK }
    var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
    var modifiedUnixSeconds: Int

    init(_ status: stat) {
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      mode = status.st_mode
      owner = status.st_uid
      byteCount = Int(status.st_size)
      allocatedByteCount = Int(status.st_blocks) * 512
      modifiedUnixSeconds = Int(status.st_mtim.tv_sec)
    }

    func isSameFile(as other: Status) -> Bool { device == other.device && inode == other.inode }
  }
}
