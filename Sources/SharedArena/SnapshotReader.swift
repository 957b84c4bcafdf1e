// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Glibc

/// Reads a snapshot block by block. Nothing in the file is believed before its checksum, and
/// nothing traps on what it holds.
public final class SnapshotReader {
  public let path: String
  public let header: SnapshotHeader
  private let file: FileDescriptor
  private var offset = SnapshotLayout.headerByteCount
  private var chain: CRC32C
  private let firstChain: CRC32C
  private var blockCount: UInt64 = 0
  private var isAtEnd = false
  /// Registers read so far.
  public private(set) var registerCount: UInt64 = 0

  /// Opens the snapshot at `path`, no other, and checks its header.
  ///
  /// - Throws: `notFound`, `permissionDenied`, `unsafePath`, `snapshotDamaged`, `snapshotVersion`.
  public convenience init(at path: String) throws(ArenaError) {
    let place = try SnapshotPlace(path)
    try self.init(place.openDirectory(), place.name, path: place.path)
  }

  init(
    _ directory: borrowing FileDescriptor, _ name: String, path: String
  ) throws(ArenaError) {
    var file = try Self.open(name, in: directory, path: path)
    file.path = path
    guard try file.status().isRegularFile else {
      throw .unsafePath(path: path, .notARegularFile)
    }
    let bytes = try file.read(SnapshotLayout.headerByteCount)
    header = try SnapshotHeader(decoding: bytes, path: path)
    var chain = CRC32C()
    chain.update(bytes.span.extracting(SnapshotLayout.headerChecksum..<bytes.count))
    (self.chain, firstChain) = (chain, chain)
    self.path = path
    self.file = file
  }

  private static func open(
    _ name: String, in directory: borrowing FileDescriptor, path: String
  ) throws(ArenaError) -> FileDescriptor {
    do throws(ArenaError) {
      return try directory.file(named: name, writable: false)
    } catch .notFound {
      throw .notFound(path: path)
    } catch .permissionDenied {
      throw .permissionDenied(path: path)
    }
  }

  /// The registers of the next block; nil at the end, after the trailer was checked: the snapshot
  /// is whole.
  public func nextBlock() throws(ArenaError) -> [SnapshotEntry]? {
    if isAtEnd { return nil }
    let headCount = SnapshotLayout.blockHeadByteCount
    let head = try read(headCount)
    let length = Int(head.span.littleEndian32(at: SnapshotLayout.blockLength))
    guard length > 0 else {
      try readTrailer()
      isAtEnd = true
      return nil
    }
    guard length <= SnapshotLayout.largestBlock else {
      throw damaged(.malformed(block: blockCount))
    }
    let contents = try read(length, at: headCount)
    let checksum = head.span.littleEndian32(at: SnapshotLayout.blockChecksum)
    guard CRC32C.checksum(contents.span) == checksum else {
      throw damaged(.checksum(block: blockCount))
    }
    var entries: [SnapshotEntry] = []
    var start = 0
    while start < length {
      guard let (entry, count) = SnapshotEntry.decode(contents.span.extracting(start..<length))
      else { throw damaged(.malformed(block: blockCount)) }
      entries.append(entry)
      start += count
    }
    chain.update(head.span.extracting(SnapshotLayout.blockChecksum..<headCount))
    offset += headCount + length
    blockCount += 1
    registerCount += UInt64(entries.count)
    return entries
  }

  /// Back to the first block.
  public func rewind() {
    offset = SnapshotLayout.headerByteCount
    chain = firstChain
    (blockCount, registerCount, isAtEnd) = (0, 0, false)
  }

  /// Reads to the end, then rewinds.
  ///
  /// - Returns: What the snapshot is.
  public func verify() throws(ArenaError) -> SnapshotSummary {
    rewind()
    while try nextBlock() != nil {}
    defer { rewind() }
    return SnapshotSummary(path: path, header: header, registerCount: registerCount)
  }

  private func readTrailer() throws(ArenaError) {
    // One byte more than there should be.
    let bytes = try file.read(SnapshotLayout.trailerByteCount + 1, at: offset)
    guard bytes.count >= SnapshotLayout.trailerByteCount else { throw damaged(.cut) }
    let span = bytes.span
    let contents = span.extracting(
      SnapshotLayout.registerCount..<SnapshotLayout.trailerByteCount)
    guard span.littleEndian32(at: SnapshotLayout.blockChecksum) == CRC32C.checksum(contents),
      span.littleEndian64(at: SnapshotLayout.registerCount) == registerCount,
      span.littleEndian64(at: SnapshotLayout.blockCount) == blockCount,
      span.littleEndian64(at: SnapshotLayout.chainChecksum) == UInt64(chain.checksum)
    else { throw damaged(.trailer) }
    guard bytes.count == SnapshotLayout.trailerByteCount else { throw damaged(.trailingBytes) }
  }

  private func read(_ count: Int, at distance: Int = 0) throws(ArenaError) -> [UInt8] {
    let bytes = try file.read(count, at: offset + distance)
    guard bytes.count == count else { throw damaged(.cut) }
    return bytes
  }

  private func damaged(_ damage: SnapshotDamage) -> ArenaError {
    .snapshotDamaged(path: path, damage)
  }
}

extension SnapshotReader {
  public typealias Newest = (
    reader: SnapshotReader, summary: SnapshotSummary, damage: SnapshotDamage?
  )

  /// The newest whole snapshot at `path`: the one there, or the one before it.
  ///
  /// - Returns: It, read to its end and rewound, and what is wrong with the newest where this is
  ///   the one before; nil: there is neither.
  /// - Throws: `noValidSnapshot` when all that is there is damaged; `snapshotVersion` when the
  ///   newest is of another version, as what it holds is not lost; what the system refuses.
  public static func newest(
    at path: String
  ) throws(ArenaError) -> Newest? {
    let place = try SnapshotPlace(path)
    let directory: FileDescriptor
    do throws(ArenaError) {
      directory = try place.openDirectory()
    } catch .notFound {
      return nil
    }
    let damage: SnapshotDamage
    switch try candidate(directory, place.name, place.path) {
    case .success(let reader, let summary): return (reader, summary, nil)
    case .failure(let found): damage = found
    }
    switch try candidate(directory, place.previousName, place.previousPath) {
    case .success(let reader, let summary): return (reader, summary, damage)
    case .failure(.missing) where damage == .missing: return nil
    case .failure(let previous):
      throw .noValidSnapshot(path: place.path, newest: damage, previous: previous)
    }
  }

  private enum Candidate {
    case success(SnapshotReader, SnapshotSummary)
    case failure(SnapshotDamage)
  }

  private static func candidate(
    _ directory: borrowing FileDescriptor, _ name: String, _ path: String
  ) throws(ArenaError) -> Candidate {
    do throws(ArenaError) {
      let reader = try SnapshotReader(directory, name, path: path)
      return .success(reader, try reader.verify())
    } catch .snapshotDamaged(_, let damage) {
      return .failure(damage)
    } catch .notFound {
      return .failure(.missing)
    }
  }
}
