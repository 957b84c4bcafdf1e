// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension Arena {
  /// Tells that this process has no use for what was deleted up to now, so that it can be used
  /// again: moves its lock to the present delete epoch.
  ///
  /// Creating and deleting does this now and then, and a server once a second. A process that only
  /// operates, and lives long beside many deletions, should call it from time to time: otherwise
  /// what others delete keeps its memory.
  ///
  /// - Returns: False, and nothing is changed, while a thread is inside an operation; for ever
  ///   after a ``cell(of:)``, after a fork, and where the kernel has no `membarrier`.
  /// - Complexity: Three system calls and an interrupt of each processor that runs this process;
  ///   one comparison when nothing was deleted.
  @discardableResult
  public func quiesce() -> Bool {
    let epoch = directory.deleteEpoch
    return attachment.quiesce(at: epoch) { hasLentCells.load(ordering: .relaxed) }
  }

  /// Quiesces when enough was deleted to be worth it, or every slot has been used.
  func quiesceWhenDue() {
    let behind = Attachment.byte(of: directory.deleteEpoch) &- attachment.byte
    let isFull = directory.nextSlot == directory.header.capacity
    if behind >= UInt64(DirectoryWriter.reclaimStep) || (behind > 0 && isFull) { quiesce() }
  }
}
