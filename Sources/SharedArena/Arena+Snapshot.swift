// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension Arena {
  /// Makes the directory at `path` for snapshots, for the caller alone, with those above it that
  /// are missing.
  ///
  /// - Throws: `unsafePath` where others than the caller and root could put files into it.
  public static func prepareSnapshotDirectory(at path: String) throws(ArenaError) {
    try SnapshotPlace.prepareDirectory(at: path)
  }

  /// Saves every register to a file, which replaces the one at `path`; that becomes
  /// `path.previous`.
  ///
  /// Each value is read by one atomic load, while operations go on: it is a value that the register
  /// had during the call. The values together need not be ones that the registers had at one
  /// moment. Registers that exist during the whole call are in it, others may be.
  ///
  /// - Throws: `notFound` without the file's directory, `snapshotDiskFull`, `permissionDenied`,
  ///   `invalidSnapshotPath`; `unsafePath` while `val` is cut, `damagedValues` while a register's
  ///   cell is overwritten or lost; `readOnly` where this processor cannot read 16 bytes without
  ///   writing.
  ///   Nothing has changed then.
  /// - Complexity: O(registers); waits for the disk, and holds nobody up meanwhile.
  @discardableResult
  public func snapshot(to path: String) throws(ArenaError) -> SnapshotSummary {
    try snapshot(to: path, losses: damage.lossCount) { $1 }
  }

  /// As above.
  ///
  /// - Parameters:
  ///   - losses: `damage.lossCount` as the caller knows it; nothing is saved when there are more.
  ///   - keepsPrevious: Whether what is there becomes `path.previous`; otherwise it goes.
  ///   - value: The value to save of a register that has a restore gap, given the one that was
  ///     read.
  package func snapshot(
    to path: String, losses: Int, keepsPrevious: Bool = true,
    value: (RegisterInfo, UInt128) -> UInt128
  ) throws(ArenaError) -> SnapshotSummary {
    let header = SnapshotHeader(
      uuid: uuid, bootEpoch: bootEpoch, unixNanoseconds: SystemClock.unixNanoseconds())
    let writer = try SnapshotWriter(to: path, header: header)
    let everyName: [UInt8] = []
    var cursor: UInt64? = 0
    while let start = cursor {
      let page = list(from: start, prefix: everyName.span, limit: 1024, scanLimit: 1024)
      for info in page.registers {
        guard let read = info.value else { throw unreadable(info.type) }
        var entry = SnapshotEntry(info, value: read)
        // Bytes that a stranger wrote into a name or label would make the whole file unreadable.
        guard (try? entry.specification(gaps: 0).check()) != nil else { continue }
        if info.restoreGap != 0 { entry.value = value(info, read) }
        try writer.append(entry)
      }
      cursor = page.next
    }
    // What was read of a file that is cut was never written to it.
    guard !isFaulty else {
      throw .unsafePath(path: "\(self.path)/\(ArenaFiles.values)", .truncated)
    }
    // Cells that were restored meanwhile looked whole, and were not.
    guard damage.lossCount == losses else { throw unreadableCells }
    return try writer.commit(keepsPrevious: keepsPrevious)
  }

  /// Why a register has no value that could be saved.
  private func unreadable(_ type: RegisterType) -> ArenaError {
    // Else an observer on a processor that cannot read 16 bytes without writing.
    guard isWritable || type.width.hasReadOnlyLoad else { return .readOnly }
    // There may be more of them than a step of the patrol finds.
    isWholePatrolDue.store(true, ordering: .relaxed)
    return unreadableCells
  }

  private var unreadableCells: ArenaError {
    .damagedValues(path: "\(path)/\(ArenaFiles.values)")
  }
}
