// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes a snapshot beside its place, block by block, and puts it there whole.
///
/// Until ``commit()`` nothing that was there has changed; a writer that goes without takes what it
/// wrote away. Whoever is killed leaves a temporary file, which the next writer removes.
public final class SnapshotWriter {
  private let place: SnapshotPlace
  private let header: SnapshotHeader
  private let directory: FileDescriptor
  private let file: TemporaryFile
  private var block: [UInt8] = []
  private var chain = CRC32C()
  private var registerCount: UInt64 = 0
  private var blockCount: UInt64 = 0
  private var isCommitted = false

  /// Begins a snapshot that will be at `path`, in a directory that exists.
  ///
  /// - Throws: `notFound` without the directory, `invalidSnapshotPath`, `permissionDenied`,
  ///   `snapshotDiskFull`.
  public init(to path: String, header: SnapshotHeader) throws(ArenaError) {
    place = try SnapshotPlace(path)
    directory = try place.openDirectory()
    Self.removeAbandoned(of: place, in: directory)
    file = try Self.createTemporary(for: place, in: directory)
    self.header = header
    startBlock()
    let bytes = header.encoded
    chain.update(bytes.span.extracting(SnapshotLayout.headerChecksum..<bytes.count))
    try file.descriptor.append(bytes)
  }

  deinit {
    if !isCommitted { directory.remove(file.name) }
  }

  /// Adds a register. Blocks are written as they fill.
  public func append(_ entry: SnapshotEntry) throws(ArenaError) {
    let room = SnapshotLayout.blockHeadByteCount + SnapshotLayout.largestBlock
    if block.count + entry.encodedByteCount > room { try endBlock() }
    entry.append(to: &block)
    registerCount += 1
  }

  /// Ends the snapshot and puts it in its place; what was there becomes `NAME.previous`. When this
  /// returns both are on the disk.
  ///
  /// - Parameter keepsPrevious: False where what is there shall go, and `NAME.previous` stay.
  public func commit(keepsPrevious: Bool = true) throws(ArenaError) -> SnapshotSummary {
    if block.count > SnapshotLayout.blockHeadByteCount { try endBlock() }
    try file.descriptor.append(trailer)
    CrashPoint.snapshotWritten.reached()
    try file.descriptor.syncData()
    CrashPoint.snapshotSynced.reached()
    try publish(keepsPrevious: keepsPrevious)
    isCommitted = true
    try directory.syncNames()
    return SnapshotSummary(path: place.path, header: header, registerCount: registerCount)
  }

  /// At every moment one of the two names leads to a whole snapshot, also where the one that is
  /// replaced is damaged: the new one is in its place before the old one takes the other's.
  private func publish(keepsPrevious: Bool) throws(ArenaError) {
    let old = try directory.status(of: place.name)
    guard let old, keepsPrevious || !old.isRegularFile else {
      try directory.rename(file.name, to: place.name)
      CrashPoint.snapshotReplaced.reached()
      return
    }
    guard old.isRegularFile else { throw .unsafePath(path: place.path, .notARegularFile) }
    do throws(ArenaError) {
      try directory.exchange(file.name, with: place.name)
      CrashPoint.snapshotReplaced.reached()
      try directory.rename(file.name, to: place.previousName)
    } catch .systemCall("renameat2", _, _) {
      // Some network file systems cannot exchange names.
      try directory.rename(place.name, to: place.previousName)
      CrashPoint.snapshotReplaced.reached()
      try directory.rename(file.name, to: place.name)
    }
    CrashPoint.snapshotKept.reached()
  }

  private func startBlock() {
    block.removeAll(keepingCapacity: true)
    block.append(contentsOf: repeatElement(0, count: SnapshotLayout.blockHeadByteCount))
  }

  private func endBlock() throws(ArenaError) {
    let contents = SnapshotLayout.blockHeadByteCount..<block.count
    var head: [UInt8] = []
    head.append(littleEndian: UInt32(truncatingIfNeeded: contents.count))
    head.append(littleEndian: CRC32C.checksum(block.span.extracting(contents)))
    block.replaceSubrange(0..<head.count, with: head)
    chain.update(head.span.extracting(SnapshotLayout.blockChecksum..<head.count))
    try file.descriptor.append(block)
    blockCount += 1
    startBlock()
  }

  private var trailer: [UInt8] {
    var contents: [UInt8] = []
    contents.append(littleEndian: registerCount)
    contents.append(littleEndian: blockCount)
    contents.append(littleEndian: UInt64(chain.checksum))
    var bytes: [UInt8] = [0, 0, 0, 0]
    bytes.append(littleEndian: CRC32C.checksum(contents.span))
    return bytes + contents
  }

  // MARK: - Temporary files

  private struct TemporaryFile: ~Copyable {
    let name: String
    let descriptor: FileDescriptor
  }

  private static func prefix(of place: SnapshotPlace) -> String { ".\(place.name).new." }

  /// A new file that is locked for as long as its writer lives.
  private static func createTemporary(
    for place: SnapshotPlace, in directory: borrowing FileDescriptor
  ) throws(ArenaError) -> TemporaryFile {
    // Each turn that does not return lost its file to somebody who removes abandoned ones.
    for _ in 0..<16 {
      let name = prefix(of: place) + String(UInt64.random(in: .min ... .max), radix: 16)
      let file = try directory.createFile(named: name, mode: 0o600)
      if try file.tryLock(), let found = try directory.status(of: name),
        found.isSameFile(as: try file.status())
      {
        return TemporaryFile(name: name, descriptor: file)
      }
    }
    throw .systemCall("open", path: place.path, code: EEXIST)
  }

  /// Removes what writers left that died: nobody holds its lock.
  private static func removeAbandoned(
    of place: SnapshotPlace, in directory: borrowing FileDescriptor
  ) {
    guard let names = try? directory.names() else { return }
    for name in names where name.hasPrefix(prefix(of: place)) {
      if let file = try? directory.file(named: name, writable: true),
        (try? file.tryLock()) == true
      {
        directory.remove(name)
      }
    }
  }
}
