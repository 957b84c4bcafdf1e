// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport

@testable import SharedArena

/// Runs `body` with a path for a snapshot, beside which nothing else is.
func withSnapshotPath(_ body: (String) throws -> Void) throws {
  try withTemporaryArenaPath { path in
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    try body("\(path)/all")
  }
}

let someHeader = SnapshotHeader(
  uuid: (0x0807_0605_0403_0201, 0x100F_0E0D_0C0B_0A09), bootEpoch: 0x1122_3344_5566_7788,
  unixNanoseconds: 0x0102_0304_0506_0708)

/// Writes a snapshot of `entries`.
@discardableResult
func write(_ entries: [SnapshotEntry], to path: String) throws -> SnapshotSummary {
  let writer = try SnapshotWriter(to: path, header: someHeader)
  for entry in entries { try writer.append(entry) }
  return try writer.commit()
}

/// All that the newest whole snapshot at `path` holds.
func newestEntries(at path: String) throws -> [SnapshotEntry]? {
  guard let reader = try SnapshotReader.newest(at: path)?.reader else { return nil }
  var entries: [SnapshotEntry] = []
  while let block = try reader.nextBlock() { entries += block }
  return entries
}

func bytes(ofFile path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}

func setBytes(_ bytes: [UInt8], ofFile path: String) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}

func u64(_ name: String, _ value: UInt128, gap: UInt128 = 0) -> SnapshotEntry {
  SnapshotEntry(
    name: name, type: RegisterType(kind: .unsigned, width: .eight)!, value: value, restoreGap: gap)
}
