// SPDX-License-Identifier: Apache-2.0

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
  ///   `invalidSnapshotPath`; `unsafePath` while `val` is cut; `readOnly` where this processor
  ///   cannot read 16 bytes without writing.
  ///   Nothing has changed then.
  /// - Complexity: O(registers); waits for the disk, and holds nobody up meanwhile.
  @discardableResult
  public func snapshot(to path: String) throws(ArenaError) -> SnapshotSummary {
    try snapshot(to: path) { $1 }
  }

  /// As above.
  ///
  /// - Parameter value: The value to save of a register that has a restore gap, given the one that
  ///   was read.
  package func snapshot(
    to path: String, value: (RegisterInfo, UInt128) -> UInt128
  ) throws(ArenaError) -> SnapshotSummary {
    let header = SnapshotHeader(
      uuid: uuid, bootEpoch: bootEpoch, unixNanoseconds: SystemClock.unixNanoseconds())
    let writer = try SnapshotWriter(to: path, header: header)
    let everyName: [UInt8] = []
    var cursor: UInt64? = 0
    while let start = cursor {
      let page = list(from: start, prefix: everyName.span, limit: 1024, scanLimit: 1024)
      for info in page.registers {
        // An observer on a processor that cannot read 16 bytes without writing.
        guard let read = info.value else { throw .readOnly }
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
    return try writer.commit()
  }
}
