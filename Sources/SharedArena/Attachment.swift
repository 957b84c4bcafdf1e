// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization

/// What keeps deleted cells from being used again under this process: a shared lock on one byte of
/// `val`, far behind its end, whose place tells the delete epoch at which it was taken.
///
/// The lock belongs to the open file that `val` is mapped from, so the kernel keeps it for exactly
/// as long as anybody has that mapping, through fork, exec and any death.
struct Attachment: ~Copyable {
  let file: FileDescriptor
  /// The byte that is locked. Written by one who quiesces at a time.
  private let held: Atomic<UInt64>
  private let quiescing = Mutex(())
  /// A child shares the lock, and with it whatever this process does to it.
  private let forkCount: UInt

  /// Locks the byte of `epoch`, before anything was looked up.
  init(_ file: consuming FileDescriptor, epoch: UInt64) throws(ArenaError) {
    forkCount = clinux_fork_count()
    let byte = try Self.lock(file, atOrBefore: Self.byte(of: epoch))
    self.file = file
    held = Atomic(byte)
  }

  /// Deletions since this byte keep their cells.
  var byte: UInt64 { held.load(ordering: .relaxed) }

  static func byte(of epoch: UInt64) -> UInt64 {
    Arena.firstLockByte + epoch % Arena.firstLockByte
  }

  /// Moves the lock to the byte of `epoch`, unless a thread may still use what was deleted before.
  ///
  /// - Parameters:
  ///   - epoch: Read before the call, with acquire.
  ///   - isPinned: Whether somebody keeps cells without being inside.
  /// - Returns: Whether the lock is there now.
  func quiesce(at epoch: UInt64, isPinned: () -> Bool) -> Bool {
    // Before the mutex, which a child may have inherited locked.
    guard !isShared else { return false }
    return quiescing.withLock { _ in
      let (old, new) = (byte, Self.byte(of: epoch))
      guard new != old else { return true }
      guard (try? file.lock(F_RDLCK, from: Int64(truncatingIfNeeded: new))) == true else {
        return false
      }
      // Who enters from here on finds everything stale that was deleted up to `epoch`. A thread
      // that forked while it was inside has been counted before it left.
      guard clinux_activity_is_quiet(), !isPinned(), !isShared else {
        file.unlock(from: Int64(truncatingIfNeeded: new))
        return false
      }
      file.unlock(from: Int64(truncatingIfNeeded: old))
      held.store(new, ordering: .relaxed)
      return true
    }
  }

  /// Whether a child has the same open file, or this is the child.
  private var isShared: Bool { forkCount != clinux_fork_count() }

  /// Locks `byte`, or the nearest one before it that nobody sits on with a write lock, as nobody
  /// should: an older byte is as safe, and keeps more cells from being used again.
  private static func lock(
    _ file: borrowing FileDescriptor, atOrBefore byte: UInt64
  ) throws(ArenaError) -> UInt64 {
    for back in 0..<min(64, byte - Arena.firstLockByte + 1) {
      if try file.lock(F_RDLCK, from: Int64(truncatingIfNeeded: byte - back)) { return byte - back }
    }
    let found = try file.foreignLock(meeting: F_RDLCK, from: Int64(truncatingIfNeeded: byte))
    let process = found.flatMap { $0.process > 0 ? $0.process : nil }
    throw .attachmentLocked(path: file.path, byte: byte, process: process)
  }
}
