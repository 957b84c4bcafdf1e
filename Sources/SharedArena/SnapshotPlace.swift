// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Where a snapshot is, or is to be: a directory and a name in it. The one before it stands beside
/// it as `NAME.previous`.
struct SnapshotPlace {
  let directoryPath: String
  let name: String
  /// As the caller wrote it: it is what messages name.
  let path: String

  var previousName: String { name + ".previous" }
  var previousPath: String { path + ".previous" }

  init(_ path: String) throws(ArenaError) {
    var components = path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    let name = components.popLast() ?? ""
    // With room for what temporary names add.
    guard !name.isEmpty, name != ".", name != "..", name.utf8.count <= 200, !path.hasSuffix("/"),
      !path.utf8.contains(0)
    else { throw .invalidSnapshotPath(path) }
    self.name = name
    self.path = path
    let root = path.hasPrefix("/") ? "/" : components.isEmpty ? "." : ""
    directoryPath = root + components.joined(separator: "/")
  }

  func openDirectory() throws(ArenaError) -> FileDescriptor {
    try FileDescriptor.directory(at: directoryPath)
  }

  /// Makes the directory at `path`, for the caller alone, with those above it that are missing,
  /// and checks that nobody else can put files into it.
  static func prepareDirectory(at path: String) throws(ArenaError) {
    var made = path.hasPrefix("/") ? "" : "."
    for component in path.split(separator: "/", omittingEmptySubsequences: true) {
      made += "/\(component)"
      if try FileDescriptor.status(at: made) == nil {
        try FileDescriptor.createDirectory(at: made, mode: 0o700)
      }
    }
    try checkDirectory(at: path)
  }

  /// Checks that only the caller and root can put files into the directory at `path`: a server
  /// believes what it finds there.
  static func checkDirectory(at path: String) throws(ArenaError) {
    let status = try FileDescriptor.directory(at: path).status()
    guard status.owner == geteuid() || status.owner == 0 else {
      throw .unsafePath(path: path, .wrongOwner(user: status.owner))
    }
    guard status.mode & 0o022 == 0 else {
      throw .unsafePath(path: path, .writableByOthers(mode: status.mode & 0o7777))
    }
  }
}
