// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// The one who changes a directory: holds its lock, and maps `dir` for writing.
///
/// Readers are never kept out. Each change becomes visible by one release-store, everything before
/// it can be taken back, and everything after it can be finished by whoever writes next.
final class DirectoryWriter: Sendable {
  let directory: Directory
  let cells: SharedBytes
  let lock: DirectoryLock
  let directoryFile: FileDescriptor
  let valuesFile: FileDescriptor
  private let mapping: Mapping
  /// The lock stays taken between changes.
  let holdsForLife: Bool

  var bytes: SharedBytes { directory.bytes }
  var header: ArenaHeader { directory.header }

  /// - Parameter cells: The whole of `val`, writable, kept mapped by the caller.
  init(
    arenaDirectory: borrowing FileDescriptor, header: ArenaHeader, cells: SharedBytes,
    lock: consuming DirectoryLock, holdsForLife: Bool
  ) throws(ArenaError) {
    directoryFile = try arenaDirectory.file(named: ArenaFiles.directory, writable: true)
    valuesFile = try arenaDirectory.file(named: ArenaFiles.values, writable: true)
    mapping = try Mapping(of: directoryFile, byteCount: header.directoryLength, writable: true)
    directory = Directory(bytes: mapping.bytes, header: header)
    self.cells = cells
    self.lock = lock
    self.holdsForLife = holdsForLife
  }

  /// The counters, bounded: what they say becomes offsets.
  func counters() throws(ArenaError) -> DirectoryCounters {
    let counters = bytes.counters
    guard (0...header.capacity).contains(counters.nextSlot),
      let level = IndexLevel(counters.indexWord, in: header),
      (0...level.wordCount).contains(counters.indexUsed),
      (0...counters.indexUsed).contains(counters.indexDead),
      counters.indexEnd & 63 == 0, counters.indexEnd >= level.start + level.byteCount,
      counters.indexEnd <= header.indexOffset + header.indexLength
    else { throw malformed("counters") }
    return counters
  }

  func malformed(_ field: String) -> ArenaError {
    .malformedHeader(path: directoryFile.path, field: field)
  }

  func cell(_ slot: Int, _ field: Int) -> Int {
    header.cellsOffset + slot * CellLayout.stride + field
  }
}
