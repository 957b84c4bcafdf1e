// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Why an arena could not be opened, or a register not be made or removed.
public enum ArenaError: Error, Equatable, Sendable {
  // The caller's words.

  /// An arena is named by 1 to 64 ASCII letters, digits and `. _ -`, without a leading dot.
  case invalidArenaName(String)
  /// An arena has room for 1 to 2^31 registers.
  case invalidCapacity(Int)
  case invalidName(NameError)
  /// A label has at most 64 bytes and no control characters.
  case invalidLabel
  /// An initial value has bits beyond the register's width.
  case initialValueOutOfRange(RegisterType)
  /// The name belongs to a register of another type.
  case typeMismatch(existing: RegisterType)
  /// The arena was opened to observe, or has features that this program only observes.
  case readOnly
  /// This processor has no load of so many bytes that does not write, and the arena is open to
  /// observe.
  case widthNotReadable(RegisterType)
  /// The reference is into another arena: `path` leads to one that was made later, or elsewhere.
  case foreignReference(path: String)

  // The file system.

  case notFound(path: String)
  /// The caller may not open this.
  case permissionDenied(path: String)
  case unsafePath(path: String, PathProblem)
  /// Only memory-backed files are accepted: a disk stalls plain stores.
  case notTmpfs(path: String)
  case fileSystemFull(path: String, byteCount: Int)
  /// Every slot of the arena is used, or `waiting`: deleted, while somebody is attached who could
  /// know it. The capacity was fixed when the arena was made.
  case capacityReached(limit: Int, waiting: Int)
  /// The name index is full, and older levels of it still wait for who was attached then.
  case indexSpaceUsed(limit: Int)
  /// A file at `path` is not the one that this process works on any more.
  case unpublished(path: String)
  /// The kernel's boot identifier could not be read, so the arena's age is unknown.
  case bootIdentifierUnreadable(path: String)
  case systemCall(name: String, path: String, code: Int32)

  // The contents of the files.

  case notAnArena(path: String)
  case foreignEndianness(path: String, tag: UInt32)
  case versionMismatch(path: String, found: UInt32, expected: UInt32)
  case unknownFeatures(path: String, bits: UInt64)
  case checksumMismatch(path: String, found: UInt32, computed: UInt32)
  /// The checksum is right and the numbers are not: `field` contradicts the layout.
  case malformedHeader(path: String, field: String)
  /// `val` belongs to another `dir`.
  case mispairedFiles(path: String)
  /// Another program wrote over a register's cell: it has no value that could be trusted.
  case overwrittenCell(slot: UInt32)
  /// Another program broke registers' cells in the file at `path`: no snapshot is made of values
  /// that may be lost.
  case damagedValues(path: String)
  /// Another program takes the file's pages away faster than they can be given back.
  case damageContinues(path: String)

  // Snapshots.

  /// A snapshot's path ends with the name of a file, of at most 200 bytes.
  case invalidSnapshotPath(String)
  case snapshotDamaged(path: String, SnapshotDamage)
  case snapshotVersion(path: String, found: UInt32, expected: UInt32)
  /// Neither the newest snapshot at `path` nor the one before it can be used.
  case noValidSnapshot(path: String, newest: SnapshotDamage, previous: SnapshotDamage)
  /// Another server keeps its snapshots in the directory at `path`.
  case snapshotDirectoryHeld(path: String)
  /// The file system that takes the snapshots is full.
  case snapshotDiskFull(path: String)
  /// Restore gaps are numbers of integer registers, and not negative.
  case restoreGapNotTaken(RegisterType)

  // The locks.

  /// Another program holds write locks on `val` where those who attach lock theirs. `process`: one
  /// that holds such a lock, where the kernel tells.
  case attachmentLocked(path: String, byte: UInt64, process: Int32?)

  /// A server holds the directory for its life: ask it over `socket`.
  case directoryHeld(process: Int32, program: String, socket: String)
  /// Another writer did not finish within the time limit.
  case directoryBusy(process: Int32, program: String)
  /// This process may not write the directory: ask the server over `socket`.
  case directoryDenied(socket: String)
  /// The arena was opened before `fork`: the child looks up and operates, and opens its own to
  /// write.
  case openedBeforeFork
}

/// What is wrong with a file or directory that an arena needs.
public enum PathProblem: Equatable, Sendable {
  case symbolicLink
  case notADirectory
  case notARegularFile
  case wrongOwner(user: UInt32)
  case writableByOthers(mode: UInt32)
  /// Shorter than its header says.
  case truncated
}

extension ArenaError {
  static func systemCall(_ name: String, path: String, code: Int32) -> ArenaError {
    .systemCall(name: name, path: path, code: code)
  }
}
