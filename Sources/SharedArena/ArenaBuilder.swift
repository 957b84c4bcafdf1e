// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Makes arenas: under a name that no arena has, then renamed, so that an arena exists whole or not
/// at all.
struct ArenaBuilder: ~Copyable {
  let place: ArenaPlace
  let temporaryName: String
  let directory: FileDescriptor
  let lock: DirectoryLock

  /// Builds an arena beside its place. The caller holds its directory lock from the start.
  ///
  /// - Parameter lastEpoch: The boot epoch of the arena whose place or registers it takes.
  static func build(
    at place: ArenaPlace, in parent: borrowing FileDescriptor, options: ArenaOptions,
    purpose: DirectoryLock.Purpose, after lastEpoch: UInt64 = 0
  ) throws(ArenaError) -> ArenaBuilder {
    guard (1...ArenaHeader.maximumCapacity).contains(options.capacity) else {
      throw .invalidCapacity(options.capacity)
    }
    let now = SystemClock.unixNanoseconds()
    // Milliseconds since 1970 grow from arena to arena even where the last one left no trace.
    let epoch = max(now / 1_000_000, lastEpoch &+ 1)
    let header = try ArenaHeader(
      capacity: options.capacity,
      bootIdentifier: BootIdentifier.read(from: options.bootIdentifierPath), bootEpoch: epoch,
      createdUnixNanoseconds: now)
    try parent.checkIsOnTmpfs()
    removeAbandoned(at: place, in: parent)
    let random = String(UInt64.random(in: .min ... .max), radix: 16)
    let name = "\(temporaryPrefix)\(random).\(place.name)"
    guard try parent.createDirectory(named: name, mode: 0o700) else {
      throw .systemCall("mkdirat", path: "\(parent.path)/\(name)", code: EEXIST)
    }
    do {
      let directory = try parent.directory(named: name)
      let lock = try DirectoryLock(directory.createFile(named: ArenaFiles.lock, mode: 0o600))
      _ = try lock.tryAcquire(for: purpose)
      try writeFiles(header, in: directory)
      try directory.setMode(0o750)
      return ArenaBuilder(
        place: place, temporaryName: name, directory: directory, lock: lock)
    } catch {
      remove(name, from: parent)
      throw error
    }
  }

  private init(
    place: ArenaPlace, temporaryName: String, directory: consuming FileDescriptor,
    lock: consuming DirectoryLock
  ) {
    self.place = place
    self.temporaryName = temporaryName
    self.directory = directory
    self.lock = lock
  }

  /// Gives the arena its name. False: something has it already, and the new arena is gone.
  func publish(in parent: borrowing FileDescriptor) throws(ArenaError) -> Bool {
    do {
      if try parent.rename(temporaryName, toNew: place.name) { return true }
    } catch {
      Self.remove(temporaryName, from: parent)
      throw error
    }
    Self.remove(temporaryName, from: parent)
    return false
  }

  private static func writeFiles(
    _ header: ArenaHeader, in directory: borrowing FileDescriptor
  ) throws(ArenaError) {
    let firstLevel = IndexLevel(log2: IndexLayout.firstLevelLog2, half: 0, in: header)
    let names = try directory.createFile(named: ArenaFiles.directory, mode: 0o640)
    try names.setLength(header.directoryLength)
    try names.allocate(0..<firstLevel.start + firstLevel.byteCount)
    try names.write(header.encoded)
    let values = try directory.createFile(named: ArenaFiles.values, mode: 0o660)
    try values.setLength(header.valuesLength)
    try values.allocate(0..<header.cellsOffset)
    try values.write(header.encodedValuesHeader)
    let map = try Mapping(of: names, byteCount: HeaderLayout.byteCount, writable: true)
    map.bytes.write(DirectoryCounters(indexWord: firstLevel.word))
  }

  // MARK: - What killed builders leave

  private static let temporaryPrefix = ".new."

  /// Removes arenas for this place whose builder died: nobody holds their lock. A builder that has
  /// not come as far as its lock file is only a moment old.
  private static func removeAbandoned(at place: ArenaPlace, in parent: borrowing FileDescriptor) {
    guard let names = try? parent.names() else { return }
    let now = Int(SystemClock.unixNanoseconds() / 1_000_000_000)
    for name in names where name.hasPrefix(temporaryPrefix) {
      let parts = name.dropFirst(temporaryPrefix.count).split(separator: ".", maxSplits: 1)
      guard parts.count == 2, parts[1] == place.name,
        let directory = try? parent.directory(named: name),
        let status = try? directory.status(), status.modifiedUnixSeconds < now - 10
      else { continue }
      if let file = try? directory.file(named: ArenaFiles.lock, writable: true) {
        guard (try? DirectoryLock(file).tryAcquire(for: .writing)) == true else { continue }
      }
      remove(name, from: parent)
    }
  }

  static func remove(_ name: String, from parent: borrowing FileDescriptor) {
    if let directory = try? parent.directory(named: name) {
      for file in ArenaFiles.all { directory.remove(file) }
    }
    parent.remove(name, isDirectory: true)
  }
}
