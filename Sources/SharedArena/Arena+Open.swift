// SPDX-License-Identifier: Apache-2.0

import Glibc

extension Arena {
  /// The arena of the user who runs this process.
  public static func defaultPath() -> String {
    "/dev/shm/\(ArenaPlace.parentName(of: geteuid()))/default"
  }

  /// Attaches to the arena at `path`, and makes it where there is none.
  ///
  /// - Throws: As `open(at:access:options:)`; `fileSystemFull`, `unsafePath` and others from making
  ///   it.
  public static func openOrCreate(
    at path: String, options: ArenaOptions = ArenaOptions()
  ) throws(ArenaError) -> Arena {
    do {
      return try open(at: path, access: .readWrite, options: options)
    } catch .notFound {
      let place = try ArenaPlace(path)
      let parent = try place.openParent(creating: true)
      // Either this arena or that of somebody faster is there afterwards.
      _ = try ArenaBuilder.build(
        at: place, in: parent, options: options, purpose: .writing
      ).publish(in: parent)
      return try open(at: path, access: .readWrite, options: options)
    }
  }

  /// Attaches to the arena at `path`.
  ///
  /// - Throws: `notFound` where there is none; the errors of its header where it cannot be used.
  public static func open(
    at path: String, access: ArenaAccess = .readWrite, options: ArenaOptions = ArenaOptions()
  ) throws(ArenaError) -> Arena {
    let place = try ArenaPlace(path)
    return try Arena(
      path: path, arenaDirectory: place.openDirectoryAsClient(), access: access, options: options)
  }

  /// Adopts the arena at `path` with its values, or makes one, and holds its directory until the
  /// arena is gone: every other process asks this one to create and delete.
  ///
  /// An arena that an earlier boot left is replaced.
  ///
  /// - Returns: The arena, and whether it was there before.
  /// - Throws: `directoryHeld` when it has a server; `directoryBusy` when a writer does not end;
  ///   `bootIdentifierUnreadable`; the errors of the path and of the header.
  public static func serve(
    at path: String, options: ArenaOptions = ArenaOptions()
  ) throws(ArenaError) -> (arena: Arena, adopted: Bool) {
    let (arena, origin) = try serve(at: path, options: options, restoringFrom: nil)
    return (arena, origin == .adopted)
  }

  /// As above; a new arena has the registers of the newest whole snapshot at `snapshotPath`, if
  /// there is one, before anybody can see it.
  ///
  /// - Throws: `noValidSnapshot` when there are snapshots and all are damaged, and whatever else
  ///   `restore(from:)` throws: a server that should have had registers never starts without.
  public static func serve(
    at path: String, options: ArenaOptions = ArenaOptions(), restoringFrom snapshotPath: String?
  ) throws(ArenaError) -> (arena: Arena, origin: ArenaOrigin) {
    let place = try ArenaPlace(path)
    let parent = try place.openParent(creating: true)
    let boot = try BootIdentifier.read(from: options.bootIdentifierPath)
    // Each turn that does not return lost a race against somebody who got further.
    for _ in 0..<16 {
      guard try parent.status(of: place.name) != nil else {
        if let served = try serveNew(
          at: place, in: parent, path, options, restoring: snapshotPath, replacing: nil)
        {
          return served
        }
        continue
      }
      let found = try place.openDirectory(in: parent)
      let lock = try DirectoryLock(found.file(named: ArenaFiles.lock, writable: true))
      try lock.acquire(
        for: .serving, timeoutNanoseconds: options.lockTimeoutNanoseconds,
        socketPath: place.socketPath)
      guard try place.isPublished(found, in: parent) else { continue }
      let header = try ArenaHeader(
        decoding: found.file(named: ArenaFiles.directory, writable: false)
          .read(HeaderLayout.immutableEnd),
        path: "\(path)/\(ArenaFiles.directory)")
      if header.bootIdentifier == boot {
        let isRepaired = try found.repairValuesHeader(of: header)
        let arena = try Arena(path: path, serving: found, lock: lock, options: options)
        if isRepaired { arena.note(.header) }
        return (arena, .adopted)
      }
      if let served = try serveNew(
        at: place, in: parent, path, options, restoring: snapshotPath, replacing: header)
      {
        return served
      }
    }
    throw .unpublished(path: path)
  }

  private static func serveNew(
    at place: ArenaPlace, in parent: borrowing FileDescriptor, _ path: String,
    _ options: ArenaOptions, restoring snapshotPath: String?, replacing old: ArenaHeader?
  ) throws(ArenaError) -> (arena: Arena, origin: ArenaOrigin)? {
    var snapshot: Snapshot?
    if let snapshotPath { snapshot = try Snapshot(newestAt: snapshotPath) }
    let lastEpoch = max(old?.bootEpoch ?? 0, snapshot?.summary.header.bootEpoch ?? 0)
    return try ArenaBuilder.build(
      at: place, in: parent, options: options, purpose: .serving, after: lastEpoch
    ).serve(
      in: parent, path: path, options: options, restoring: snapshot, replaces: old != nil)
  }

  /// Attaches with the directory lock in hand, and keeps it.
  convenience init(
    path: String, serving directory: consuming FileDescriptor, lock: consuming DirectoryLock,
    options: ArenaOptions
  ) throws(ArenaError) {
    var directory = directory
    // It may have been opened under the name that it had before it was published.
    directory.path = path
    try self.init(
      path: path, arenaDirectory: directory, access: .readWrite, options: options)
    try hold(lock)
  }
}
