// SPDX-License-Identifier: Apache-2.0

/// A directory for snapshots that belongs to one server, for as long as this value lives: two
/// arenas in one directory would be restored from each other's registers.
package final class SnapshotDirectoryLock: Sendable {
  private static let name = "lock"

  // The lock is on the open file, and ends with it.
  private let file: FileDescriptor

  /// - Throws: `snapshotDirectoryHeld` when another server has it.
  package init(at path: String) throws(ArenaError) {
    let directory = try FileDescriptor.directory(at: path)
    let file = try Self.openFile(in: directory)
    guard try file.tryLock() else { throw .snapshotDirectoryHeld(path: path) }
    self.file = file
  }

  private static func openFile(
    in directory: borrowing FileDescriptor
  ) throws(ArenaError) -> FileDescriptor {
    // It is never removed: who creates it, and who is second and opens it, lock one file.
    if try directory.status(of: name) == nil,
      let file = try? directory.createFile(named: name, mode: 0o600)
    {
      return file
    }
    return try directory.file(named: name, writable: true)
  }
}
