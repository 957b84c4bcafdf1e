// SPDX-License-Identifier: Apache-2.0

/// Where everything lies in a snapshot; the article Snapshots draws it.
enum SnapshotLayout {
  /// `0x89 "ATMSNP" 0x0A`: the first byte is no text, the last one a line end that careless copies
  /// change.
  static let magicBytes: [UInt8] = [0x89, 0x41, 0x54, 0x4D, 0x53, 0x4E, 0x50, 0x0A]
  static let endianTagValue: UInt32 = 0x0102_0304
  static let currentVersion: UInt32 = 1

  // The header.
  static let endianTag = 8  // 4 bytes
  static let version = 12  // 4 bytes
  static let uuid = 16  // 16 bytes
  static let bootEpoch = 32
  static let time = 40
  static let headerReserved = 48  // 12 bytes
  static let headerChecksum = 60  // 4 bytes, of the bytes before
  static let headerByteCount = 64

  // Before each block, and at the start of the trailer.
  static let blockLength = 0  // 4 bytes; 0 is the trailer
  static let blockChecksum = 4  // 4 bytes, of what follows
  static let blockHeadByteCount = 8
  static let largestBlock = 64 << 10

  // The trailer.
  static let registerCount = 8
  static let blockCount = 16
  static let chainChecksum = 24  // 4 bytes, of the checksums of header and blocks in order
  static let trailerReserved = 28  // 4 bytes
  static let trailerByteCount = 32

  // An entry.
  static let entryLength = 0  // 2 bytes, a multiple of 8
  static let kind = 2  // 1 byte
  static let width = 3  // 1 byte
  static let nameLength = 4  // 1 byte
  static let labelLength = 5  // 1 byte
  static let flags = 6  // 1 byte
  static let entryReserved = 7  // 1 byte
  static let ownerUser = 8  // 4 bytes
  static let entryReserved2 = 12  // 4 bytes
  static let ownerTag = 16
  static let created = 24
  static let generation = 32
  static let value = 40  // 16 bytes
  static let restoreGap = 56  // 16 bytes
  static let name = 72

  static let pinnedFlag: UInt8 = 1
  static let largestEntry = name + RegisterName.maximumByteCount + 64
}
