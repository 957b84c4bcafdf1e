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
    let bytes = try values.lockedBytes(from: Self.firstLockByte, limit: 1024)
    let epochs = bytes.map { $0 - Self.firstLockByte }
    let waiting = waitingCounts(after: epochs, counters)
    let attachments = bytes.indices.map { index in
      ArenaAttachment(
        lockByte: bytes[index], epoch: epochs[index], waiting: waiting[index],
        processes: processes.filter { process in
          process.bytes.contains { $0.contains(bytes[index]) }
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

  /// For each of the ascending `epochs`, how many slots wait that were deleted after it: of those
  /// that wait the oldest are in front.
  private func waitingCounts(after epochs: [UInt64], _ counters: DirectoryCounters) -> [Int] {
    var counts: [Int] = []
    let end = directory.nextSlot
    var link = counters.quarantineHead
    for passed in 0..<max(0, min(counters.quarantineCount, 1 << 16)) {
      guard link >= 1, link <= end, counts.count < epochs.count else { break }
      let deleted = directory.bytes.relaxed(directory.record(link - 1, RecordLayout.deletedEpoch))
      while counts.count < epochs.count, deleted > epochs[counts.count] {
        counts.append(counters.quarantineCount - passed)
      }
      link = Int(
        truncatingIfNeeded: directory.bytes.relaxed(directory.record(link - 1, RecordLayout.link)))
    }
    return counts + repeatElement(0, count: epochs.count - counts.count)
  }
}
