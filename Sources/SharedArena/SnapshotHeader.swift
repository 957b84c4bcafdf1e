// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What a snapshot says of itself before its registers.
public struct SnapshotHeader: Equatable, Sendable {
  /// The identity of the arena that was saved, the first 8 bytes first.
  public var uuid: (UInt64, UInt64)
  public var bootEpoch: UInt64
  /// When it was begun, in nanoseconds since 1970.
  public var unixNanoseconds: UInt64

  public static func == (first: SnapshotHeader, second: SnapshotHeader) -> Bool {
    first.uuid == second.uuid && first.bootEpoch == second.bootEpoch
      && first.unixNanoseconds == second.unixNanoseconds
  }
}

/// What a whole snapshot is.
public struct SnapshotSummary: Equatable, Sendable {
  /// The file, which may be the one before the newest.
  public var path: String
  public var header: SnapshotHeader
  public var registerCount: UInt64
}

extension SnapshotHeader {
  private typealias Layout = SnapshotLayout

  var encoded: [UInt8] {
    var bytes = Layout.magicBytes
    bytes.append(littleEndian: Layout.endianTagValue)
    bytes.append(littleEndian: Layout.currentVersion)
    for word in [uuid.0, uuid.1, bootEpoch, unixNanoseconds, 0] { bytes.append(littleEndian: word) }
    bytes.append(littleEndian: UInt32(0))
    bytes.append(littleEndian: CRC32C.checksum(bytes.span))
    return bytes
  }

  /// Reads and checks a header.
  ///
  /// - Parameter path: For the errors.
  init(decoding bytes: [UInt8], path: String) throws(ArenaError) {
    func damaged(_ damage: SnapshotDamage) -> ArenaError { .snapshotDamaged(path: path, damage) }
    guard !bytes.isEmpty else { throw damaged(.cut) }
    let magic = Layout.magicBytes.prefix(bytes.count)
    guard bytes.starts(with: magic) else { throw damaged(.notASnapshot) }
    guard bytes.count >= Layout.headerByteCount else { throw damaged(.cut) }
    let span = bytes.span
    let tag = span.littleEndian32(at: Layout.endianTag)
    guard tag == Layout.endianTagValue else { throw damaged(.foreignEndianness(tag: tag)) }
    // Before the checksum: where that lies is the version's to say.
    let version = span.littleEndian32(at: Layout.version)
    guard version == Layout.currentVersion else {
      throw .snapshotVersion(path: path, found: version, expected: Layout.currentVersion)
    }
    let computed = CRC32C.checksum(span.extracting(0..<Layout.headerChecksum))
    guard span.littleEndian32(at: Layout.headerChecksum) == computed else {
      throw damaged(.checksum(block: nil))
    }
    guard (Layout.headerReserved..<Layout.headerChecksum).allSatisfy({ bytes[$0] == 0 }) else {
      throw damaged(.malformed(block: nil))
    }
    uuid = (span.littleEndian64(at: Layout.uuid), span.littleEndian64(at: Layout.uuid + 8))
    bootEpoch = span.littleEndian64(at: Layout.bootEpoch)
    unixNanoseconds = span.littleEndian64(at: Layout.time)
  }
}
