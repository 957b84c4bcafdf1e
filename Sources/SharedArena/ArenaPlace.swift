// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The names in an arena's directory.
enum ArenaFiles {
  static let directory = "dir"
  static let values = "val"
  static let lock = DirectoryLock.fileName
  static let socket = "sock"
  static let all = [directory, values, lock, socket]
}

/// A path at which an arena is, or is to be: a parent that nobody else can write, and a name.
struct ArenaPlace {
  let parentPath: String
  let name: String

  var path: String { "\(parentPath)/\(name)" }
  var socketPath: String { "\(path)/\(ArenaFiles.socket)" }

  /// The name of the directory that a person's arenas are in.
  static func parentName(of user: UInt32) -> String { "atomics-\(user)" }

  init(_ path: String) throws(ArenaError) {
    var components = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    let name = components.popLast() ?? ""
    try ArenaName.check(name)
    self.name = name
    let root = path.hasPrefix("/") ? "/" : components.isEmpty ? "." : ""
    parentPath = root + components.joined(separator: "/")
  }

  /// The directory that the arena's directory is in: it belongs to the caller or to root, and
  /// nobody else can write it, so nobody else can put another arena in this one's place.
  ///
  /// - Parameter creating: Whether to make it, for the caller alone, when it is missing.
  func openParent(creating: Bool) throws(ArenaError) -> FileDescriptor {
    if creating, try FileDescriptor.status(at: parentPath) == nil {
      try FileDescriptor.createDirectory(at: parentPath, mode: 0o700)
    }
    let parent = try FileDescriptor.directory(at: parentPath)
    try parent.checkIsPrivate(orOwnedBy: nil)
    return parent
  }

  /// The arena's own directory.
  func openDirectory(in parent: borrowing FileDescriptor) throws(ArenaError) -> FileDescriptor {
    let directory = try parent.directory(named: name)
    try directory.checkIsPrivate(orOwnedBy: nil)
    try directory.checkIsOnTmpfs()
    return directory
  }

  /// The arena's own directory for a client, which may be of another user.
  ///
  /// Not where the parent bears the caller's number, as in `Arena.defaultPath()`: anyone may make
  /// directories in /dev/shm, and a stranger could have made this one first.
  func openDirectoryAsClient() throws(ArenaError) -> FileDescriptor {
    let parent = try FileDescriptor.directory(at: parentPath)
    let directory = try parent.directory(named: name)
    let isCallersOwn = parentPath.hasSuffix("/\(Self.parentName(of: geteuid()))")
    let owner = isCallersOwn ? nil : try directory.status().owner
    try parent.checkIsPrivate(orOwnedBy: owner)
    try directory.checkIsPrivate(orOwnedBy: owner)
    try directory.checkIsOnTmpfs()
    return directory
  }

  /// Whether `directory` is what stands at this path now.
  func isPublished(
    _ directory: borrowing FileDescriptor, in parent: borrowing FileDescriptor
  ) throws(ArenaError) -> Bool {
    guard let found = try parent.status(of: name) else { return false }
    return found.isSameFile(as: try directory.status())
  }
}

extension FileDescriptor {
  /// Whether only root and one user can write this directory: the caller, or `user`.
  fileprivate func checkIsPrivate(orOwnedBy user: UInt32?) throws(ArenaError) {
    let status = try status()
    guard status.isDirectory else { throw .unsafePath(path: path, .notADirectory) }
    guard status.owner == geteuid() || status.owner == 0 || status.owner == user else {
      throw .unsafePath(path: path, .wrongOwner(user: status.owner))
    }
    guard status.mode & 0o022 == 0 else {
      throw .unsafePath(path: path, .writableByOthers(mode: status.mode & 0o7777))
    }
  }

  /// Whether this is a regular file on tmpfs of the user who owns the arena's directory.
  func checkIsArenaFile(of owner: UInt32) throws(ArenaError) {
    let status = try status()
    guard status.isRegularFile else { throw .unsafePath(path: path, .notARegularFile) }
    guard status.owner == owner else {
      throw .unsafePath(path: path, .wrongOwner(user: status.owner))
    }
    try checkIsOnTmpfs()
  }
}
