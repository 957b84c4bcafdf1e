// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
public import Synchronization

/// Named registers in shared memory, as one process sees them.
///
/// Any number of processes attach to an arena; each operates on its registers by hardware atomics,
/// without asking anyone. Names come and go under the directory lock, which a server holds for its
/// life and others take for the length of one change.
///
/// **Thread safety**: any thread. Cells must not be used after the arena is gone.
public final class Arena: Sendable {
  /// The arena's directory, as it was given.
  public let path: String
  /// The byte of `val` that this attachment holds locked: no cell that was deleted since is used
  /// again while it is.
  public var lockByte: UInt64 { attachment.byte }

  let directory: Directory
  let values: SharedBytes
  let isWritable: Bool
  let options: ArenaOptions
  let arenaDirectory: FileDescriptor
  let writing = Mutex<DirectoryWriter?>(nil)
  /// The process that attached. A child shares its locks, so it must not write.
  let process: Int32

  /// Who is told of changes to watched cells within this process; nil: the bell is rung.
  let watcher = AtomicLazyReference<Watcher>()

  // Kept for what maps them, and for the lock that is on `val`'s open file.
  private let directoryMapping: Mapping
  private let valuesMapping: Mapping
  let attachment: Attachment
  let directoryFaults: FaultCount
  let damages = Mutex(DamageReport())
  /// Where the walk that looks for overwritten cells goes on.
  let patrolSlot = Atomic(0)
  /// The next repair walks over all cells: a snapshot met one that is overwritten.
  let isWholePatrolDue = Atomic(false)
  /// What a register is raised to before its lost cell can be used again; nil: it is left alone.
  let floor = Mutex<(@Sendable (RegisterHandle) -> UInt128?)?>(nil)
  let publishedFiles: [String: FileDescriptor.Status]

  // What `withCell` needs, and nothing else.
  @usableFromInline let cells: CellTable
  /// Slots whose cell may be touched, as far as this process knows; 0 for observers. Never taken
  /// from `val`, which strangers write.
  @usableFromInline let watermark: Atomic<Int>
  /// How often `val` was missing where it was mapped, and has not been mapped anew since.
  @usableFromInline let faults: FaultCount
  /// Whether cells were given out for longer than a call.
  @usableFromInline let hasLentCells = Atomic(false)

  /// Attaches to the arena in `arenaDirectory`.
  init(
    path: String, arenaDirectory: consuming FileDescriptor, access: ArenaAccess,
    options: ArenaOptions
  ) throws(ArenaError) {
    let owner = try arenaDirectory.status().owner
    let names = try arenaDirectory.file(named: ArenaFiles.directory, writable: false)
    try names.checkIsArenaFile(of: owner)
    let header = try ArenaHeader(
      decoding: names.read(HeaderLayout.immutableEnd), path: names.path)
    let isWritable = access == .readWrite
    if isWritable {
      let unknown = header.readOnlyFeatures & ~HeaderLayout.knownReadOnlyFeatures
      guard unknown == 0 else { throw .unknownFeatures(path: names.path, bits: unknown) }
    }
    let valuesFile = try arenaDirectory.file(named: ArenaFiles.values, writable: isWritable)
    try valuesFile.checkIsArenaFile(of: owner)
    let mirror = header.encodedValuesHeader
    guard try valuesFile.read(mirror.count) == mirror else {
      throw .mispairedFiles(path: valuesFile.path)
    }
    try names.checkLength(header.directoryLength)
    try valuesFile.checkLength(header.valuesLength)
    directoryMapping = try Mapping(of: names, byteCount: header.directoryLength, writable: false)
    directory = Directory(bytes: directoryMapping.bytes, header: header)
    let valuesStatus = try valuesFile.status()
    attachment = try Attachment(valuesFile, epoch: directory.deleteEpoch)
    valuesMapping = try Mapping(
      of: attachment.file, byteCount: header.valuesLength, writable: isWritable)
    values = valuesMapping.bytes
    faults = valuesMapping.faults
    directoryFaults = directoryMapping.faults
    cells = CellTable(in: values, header: header)
    watermark = Atomic(isWritable ? directory.watermark : 0)
    publishedFiles = try [
      ArenaFiles.directory: names.status(), ArenaFiles.values: valuesStatus,
    ]
    self.path = path
    self.isWritable = isWritable
    self.options = options
    self.arenaDirectory = arenaDirectory
    process = getpid()
    // Sleepers of other processes may then rely on a barrier that reaches this one.
    _ = clinux_membarrier_register_global()
  }

  static let firstLockByte: UInt64 = 1 << 62

  /// Maps `val` anew where it is: from the very open file that the attachment's lock is on.
  func remapValues() throws(ArenaError) { try valuesMapping.remap(attachment.file) }

  /// Forgets the faults of `val` up to `count`. False: there were more.
  func settleFaults(_ count: UInt64) -> Bool { valuesMapping.settle(count) }

  /// The identity of the arena: 16 random bytes drawn when it was made, the first 8 first.
  public var uuid: (UInt64, UInt64) {
    (directory.header.uuid.first, directory.header.uuid.second)
  }

  /// Grows with every arena that is made at this path, and not when one is adopted: values from
  /// before another epoch are gone.
  public var bootEpoch: UInt64 { directory.header.bootEpoch }

  /// How many registers the arena can hold at once.
  public var capacity: Int { directory.header.capacity }

  /// How many registers it holds.
  public var count: Int {
    Int(truncatingIfNeeded: directory.bytes.relaxed(HeaderLayout.liveCount))
  }

  /// Where the arena's server listens for local clients.
  public var socketPath: String { "\(path)/\(ArenaFiles.socket)" }
}

extension FileDescriptor {
  func checkLength(_ expected: Int) throws(ArenaError) {
    guard try status().byteCount >= expected else { throw .unsafePath(path: path, .truncated) }
  }
}
