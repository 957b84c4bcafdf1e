// SPDX-License-Identifier: Apache-2.0

extension Arena {
  /// Counts what the arena holds, and finds out who keeps deleted slots from being used again.
  ///
  /// - Parameter namesProcesses: Whether to look for the processes behind the locks, which reads
  ///   all of `/proc` that the caller may read.
  /// - Throws: `systemCall` and others, should `val` not be there any more.
  /// - Complexity: Microseconds without the processes; with them some microseconds for each open
  ///   file of the machine. Never waits for a writer: numbers may be of slightly different moments.
  public func statistics(namesProcesses: Bool = true) throws(ArenaError) -> ArenaStatistics {
    let counters = directory.bytes.counters
    let names = try arenaDirectory.file(named: ArenaFiles.directory, writable: false).status()
    // Another open file than the one that is locked: the kernel does not tell a file its own locks.
    let values = try arenaDirectory.file(named: ArenaFiles.values, writable: false)
    let valuesStatus = try values.status()
    let processes = namesProcesses ? LockingProcess.all(of: valuesStatus) : []
    let attachments = try values.lockedBytes(from: Self.firstLockByte, limit: 1024).map { byte in
      let epoch = byte - Self.firstLockByte
      return ArenaAttachment(
        lockByte: byte, epoch: epoch, waiting: waitingCount(after: epoch, counters),
        processes: processes.filter { process in
          process.bytes.contains { $0.contains(byte) }
        }.map(\.process))
    }
    return ArenaStatistics(
      capacity: capacity, live: counters.liveCount, free: counters.freeCount,
      waiting: counters.quarantineCount, pinned: counters.pinnedCount,
      committed: directory.watermark, deleteEpoch: UInt64(truncatingIfNeeded: counters.deleteEpoch),
      indexWords: directory.level?.wordCount ?? 0, indexUsed: counters.indexUsed,
      indexDead: counters.indexDead,
      waitingLevels: (0..<IndexPlace.maximumCount).count {
        directory.bytes.relaxed(HeaderLayout.indexPlaces + 8 * $0) != 0
      },
      directoryBytes: names.allocatedByteCount, valuesBytes: valuesStatus.allocatedByteCount,
      attachments: attachments, damage: damage)
  }

  /// How many slots wait that were deleted after `epoch`. The oldest are in front.
  private func waitingCount(after epoch: UInt64, _ counters: DirectoryCounters) -> Int {
    let end = directory.nextSlot
    var link = counters.quarantineHead
    for passed in 0..<max(0, min(counters.quarantineCount, 1 << 16)) {
      guard link >= 1, link <= end else { break }
      let deleted = directory.bytes.relaxed(directory.record(link - 1, RecordLayout.deletedEpoch))
      if deleted > epoch { return counters.quarantineCount - passed }
      link = Int(
        truncatingIfNeeded: directory.bytes.relaxed(directory.record(link - 1, RecordLayout.link)))
    }
    return 0
  }
}
