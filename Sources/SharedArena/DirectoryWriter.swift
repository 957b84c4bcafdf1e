// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

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
  /// What this process alone remembers between changes, guarded like the directory itself.
  let memory = Mutex(Memory())

  struct Memory {
    /// The level that will replace the present one.
    var building: IndexBuilding?
    /// How many slots have to wait before it is looked again whether some are free.
    var reclaimAt = DirectoryWriter.reclaimStep
  }

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
    guard isPlausible(counters) else { throw malformed("counters") }
    return counters
  }

  func isPlausible(_ counters: DirectoryCounters) -> Bool {
    guard (0...directory.watermark).contains(counters.nextSlot),
      let level = IndexLevel(counters.indexWord, in: header), level.place(in: header) != nil,
      (0...level.wordCount).contains(counters.indexUsed)
    else { return false }
    let slots = 0...counters.nextSlot
    return (0...counters.indexUsed).contains(counters.indexDead)
      && slots.contains(counters.freeHead) && slots.contains(counters.freeCount)
      && slots.contains(counters.quarantineHead) && slots.contains(counters.quarantineTail)
      && slots.contains(counters.quarantineCount) && slots.contains(counters.pinnedCount)
      && slots.contains(counters.liveCount) && (0..<Int.max).contains(counters.deleteEpoch)
  }

  func malformed(_ field: String) -> ArenaError {
    .malformedHeader(path: directoryFile.path, field: field)
  }

  /// The present level of checked counters.
  func level(of counters: DirectoryCounters) throws(ArenaError) -> IndexLevel {
    guard let level = IndexLevel(counters.indexWord, in: header) else { throw malformed("index") }
    return level
  }

  func cell(_ slot: Int, _ field: Int) -> Int {
    header.cell(slot, field)
  }

  func state(ofRecord slot: Int) -> RecordState {
    RecordState(bytes.relaxed(directory.record(slot, RecordLayout.state)))
  }

  /// What a free or deleted record links to: the next slot of its list + 1, bounded.
  func link(ofRecord slot: Int, below end: Int) throws(ArenaError) -> Int {
    let link = Int(truncatingIfNeeded: bytes.relaxed(directory.record(slot, RecordLayout.link)))
    guard (0...end).contains(link) else { throw malformed("list of slots") }
    return link
  }

  func setLink(ofRecord slot: Int, to link: Int) {
    bytes.write(UInt64(truncatingIfNeeded: link), at: directory.record(slot, RecordLayout.link))
  }
}
