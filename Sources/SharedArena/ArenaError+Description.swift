// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Glibc

extension ArenaError: CustomStringConvertible {
  /// One sentence for a person: what was wrong, where, and what helps.
  public var description: String {
    switch self {
    case .invalidArenaName(let name):
      "'\(name)' is no arena name: 1 to 64 ASCII letters, digits and . _ -, without a leading dot"
    case .invalidCapacity(let capacity):
      "an arena has room for 1 to \(ArenaHeader.maximumCapacity) registers, not \(capacity)"
    case .invalidName(let error): error.description
    case .invalidLabel: "a label has at most 64 bytes and no control characters"
    case .initialValueOutOfRange(let type): "the initial value does not fit \(type.name)"
    case .typeMismatch(let existing): "the register exists with type \(existing.name)"
    case .readOnly: "the arena is open for observing only"
    case .widthNotReadable(let type):
      "a \(type.name) cannot be read where it is mapped only for reading: this processor has no "
        + "16-byte load (AVX); open the arena for writing or ask the server"
    case .foreignReference(let path):
      "the arena at \(path) is not the one that the reference was made in: its registers are others"
    case .notFound(let path): "\(path) does not exist"
    case .permissionDenied(let path): "\(path): permission denied"
    case .unsafePath(let path, let problem): "\(path) \(problem)"
    case .notTmpfs(let path): "\(path) is not on tmpfs; arenas live under /dev/shm or /run"
    case .fileSystemFull(let path, let byteCount):
      "no room for \(byteCount) more bytes of \(path): "
        + "remove files there or enlarge the tmpfs (mount -o remount,size=..., "
        + "in a container docker run --shm-size=...)"
    case .capacityReached(let limit, let waiting):
      "all \(limit) slots of the arena are used"
        + (waiting == 0
          ? "; a larger capacity is chosen when an arena is made: atomics-server "
            + "--arena-capacity, or ArenaOptions.capacity in a program"
          : ", \(waiting) of them deleted and waiting for processes that were attached before; "
            + "`atomics-client stat` shows which")
    case .indexSpaceUsed(let limit):
      "the name index is full, and its \(limit) bytes hold older levels that wait for processes "
        + "that were attached before; `atomics-client stat` shows which"
    case .unpublished(let path):
      "\(path) was removed or replaced while the arena was in use; open the arena again"
    case .bootIdentifierUnreadable(let path):
      "the boot identifier in \(path) cannot be read; is /proc mounted?"
    case .systemCall(let name, let path, let code): "\(name) \(path): \(message(for: code))"
    case .overwrittenCell(let slot):
      "another program wrote over the cell of slot \(slot): its value is not to be trusted"
    case .damagedValues(let path):
      "another program broke cells in \(path): values may be lost, and no snapshot is made of "
        + "them; a server that keeps the arena repairs it within a second"
    case .damageContinues(let path):
      "another program keeps taking pages of \(path) away; "
        + "find out which one has it open (fuser \(path))"
    case .attachmentLocked(let path, let byte, let process):
      "\(process.map { "process \($0)" } ?? "another program") holds a write lock on \(path) "
        + "at byte \(byte), where none belongs; lslocks and fuser \(path) tell who may"
    case .invalidSnapshotPath(let path):
      "'\(path)' names no snapshot file: a path ends with a name of at most 200 bytes"
    case .snapshotDamaged(let path, let damage):
      "\(path) \(damage); restore another snapshot, such as the one before it (.previous)"
    case .snapshotVersion(let path, let found, let expected):
      "\(path) is a snapshot of version \(found) where this program knows \(expected); "
        + "export it as JSON Lines with the program that wrote it"
    case .noValidSnapshot(let path, let newest, let previous):
      "neither snapshot can be used: \(path) \(newest), and \(path).previous \(previous); "
        + "put a whole one there, or move these away to start with no registers"
    case .snapshotDirectoryHeld(let path):
      "another server keeps its snapshots in \(path) (fuser \(path)/lock tells which): give each "
        + "arena a directory of its own by snapshot_directory (--snapshot-directory)"
    case .snapshotDiskFull(let path):
      "no room to write \(path): make some there, or keep snapshots elsewhere"
    case .restoreGapNotTaken(let type) where type.kind.isInteger:
      "a restore gap is not negative"
    case .restoreGapNotTaken(let type):
      "\(type.name) registers take no restore gap: it is added to integers only"
    case .directoryHeld(let process, let program, let socket):
      "\(program) (process \(process)) serves the arena; it creates and deletes over \(socket)"
    case .directoryBusy(let process, let program):
      "\(program) (process \(process)) still writes the arena's directory; try again"
    case .directoryDenied(let socket):
      "only the arena's owner writes its directory; ask the server over \(socket)"
    case .openedBeforeFork: "the arena was opened before fork; open it again in the child"
    case .notAnArena, .foreignEndianness, .versionMismatch, .unknownFeatures, .checksumMismatch,
      .malformedHeader, .mispairedFiles:
      "\(contentsDescription); if nobody needs its values, remove the arena's directory"
    }
  }

  private var contentsDescription: String {
    switch self {
    case .notAnArena(let path): "\(path) is not an arena (wrong magic number)"
    case .foreignEndianness(let path, let tag):
      "\(path) was made by a machine of another byte order (tag \(hexadecimal(tag)))"
    case .versionMismatch(let path, let found, let expected):
      "\(path) has layout version \(found) where this program knows \(expected)"
    case .unknownFeatures(let path, let bits):
      "\(path) uses features that this program does not know (bits \(hexadecimal(bits)))"
    case .checksumMismatch(let path, let found, let computed):
      "the header of \(path) is damaged (checksum \(hexadecimal(found)), "
        + "computed \(hexadecimal(computed)))"
    case .malformedHeader(let path, let field): "the header of \(path) is wrong about its \(field)"
    case .mispairedFiles(let path):
      "\(path) does not belong to the directory beside it, or was written over, which a server that "
        + "keeps the arena repairs within a second"
    default: ""
    }
  }

  private func hexadecimal(_ value: some BinaryInteger) -> String {
    "0x" + String(value, radix: 16)
  }

  private func message(for code: Int32) -> String {
    // Safety: the C library answers every number with a string that ends with a zero.
    unsafe String(cString: strerror(code))
  }
}

extension PathProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .symbolicLink: "is a symbolic link"
    case .notADirectory: "is not a directory"
    case .notARegularFile: "is not a regular file"
    case .wrongOwner(let user): "belongs to user \(user)"
    case .writableByOthers(let mode):
      "can be written by others (mode 0\(String(mode & 0o7777, radix: 8)))"
    case .truncated: "is shorter than its header says"
    }
  }
}
