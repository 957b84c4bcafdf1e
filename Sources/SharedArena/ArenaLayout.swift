// SPDX-License-Identifier: Apache-2.0

// Layout version 1. All numbers are little-endian and naturally aligned; offsets and lengths are in
// bytes. Two files share one numbering of slots: slot `n` is the n-th record of `dir` and the n-th
// cell of `val`, so no address is ever stored.
//
//   dir   | header, 4096 | index levels ...        | records, 256 each ...                |
//   val   | header, 4096 | doorbells, 4096         | cells, 64 each ...                   |
//
// Both files have their full length from the start and are mapped once; nearly all of it is holes.
// A page is allocated (fallocate) before anybody touches it, and the watermark says how far.

/// The first page of `dir`.
///
///   0 magic | 8 endian tag, version | 16 features ... | 40 uuid | 56 boot id | 72 boot epoch ...
///   .. 184 checksum                                   immutable once published
///   256     watermark, index word                     read by every look-up, written seldom
///   320     next slot, live, delete epoch ...         written by each create and delete
///   384     intent                                    what the writer is about to do
enum HeaderLayout {
  static let magic = 0  // 8 bytes, `magicBytes`
  static let endianTag = magic + 8  // 4 bytes, `endianTagValue` as the writer's machine stores it
  static let version = endianTag + 4  // 4 bytes
  static let incompatibleFeatures = version + 4  // 8 bytes; unknown bit: do not open
  static let readOnlyFeatures = incompatibleFeatures + 8  // 8 bytes; unknown bit: only observe
  static let compatibleFeatures = readOnlyFeatures + 8  // 8 bytes; unknown bit: go on
  static let uuid = compatibleFeatures + 8  // 16 bytes, random per arena
  static let bootIdentifier = uuid + 16  // 16 bytes, of the boot that made the arena
  static let bootEpoch = bootIdentifier + 16  // 8 bytes, grows with every arena at this path
  static let hashSeed = bootEpoch + 8  // 16 bytes, random per arena
  static let created = hashSeed + 16  // 8 bytes, nanoseconds since 1970
  static let recordStride = created + 8  // 4 bytes
  static let cellStride = recordStride + 4  // 4 bytes
  static let capacity = cellStride + 4  // 8 bytes, slots
  static let indexOffset = capacity + 8  // 8 bytes, in `dir`
  static let indexLength = indexOffset + 8  // 8 bytes, room for all levels
  static let recordsOffset = indexLength + 8  // 8 bytes, in `dir`
  static let directoryLength = recordsOffset + 8  // 8 bytes, of `dir`
  static let doorbellsOffset = directoryLength + 8  // 8 bytes, in `val`
  static let cellsOffset = doorbellsOffset + 8  // 8 bytes, in `val`
  static let valuesLength = cellsOffset + 8  // 8 bytes, of `val`
  static let checksum = valuesLength + 8  // 4 bytes, CRC-32C of everything before it; 4 bytes zero
  static let immutableEnd = checksum + 8

  // On a line that look-ups keep in their caches while names come and go.
  static let watermark = 256  // 8 bytes, slots whose record and cell are allocated; only grows
  static let indexWord = watermark + 8  // 8 bytes, `IndexWord`: the present level

  static let nextSlot = 320  // 8 bytes, every slot from here on was never used
  static let liveCount = nextSlot + 8  // 8 bytes, registers
  static let deleteEpoch = liveCount + 8  // 8 bytes, deletions so far
  static let indexUsed = deleteEpoch + 8  // 8 bytes, words of the present level that are not empty
  static let indexDead = indexUsed + 8  // 8 bytes, those among them whose register is deleted
  static let indexEnd = indexDead + 8  // 8 bytes, end of the present level's allocation in `dir`
  static let freeHead = indexEnd + 8  // 8 bytes, slot + 1 of the first free record, 0 = none
  static let quarantineHead = freeHead + 8  // 8 bytes, reserved for slots that wait to be free

  static let intent = 384  // 8 bytes, `Intent`: 0 = none; written last, cleared first
  static let intentPosition = intent + 8  // 8 bytes, word of the index level that changes
  static let intentPreviousWord = intentPosition + 8  // 8 bytes, what that word held
  static let intentNextSlot = intentPreviousWord + 8  // 8 bytes; this and the rest: the values that
  static let intentLiveCount = intentNextSlot + 8  //     the fields above get when it is done
  static let intentDeleteEpoch = intentLiveCount + 8
  static let intentIndexUsed = intentDeleteEpoch + 8
  static let intentIndexDead = intentIndexUsed + 8
  static let intentIndexWord = intentIndexDead + 8
  static let intentIndexEnd = intentIndexWord + 8
  static let mutableEnd = intentIndexEnd + 8

  static let byteCount = 4096

  static let magicBytes: [UInt8] = [0x89, 0x41, 0x54, 0x4D, 0x41, 0x52, 0x4E, 0x0A]  // \x89ATMARN\n
  static let endianTagValue: UInt32 = 0x0102_0304
  static let currentVersion: UInt32 = 1
  static let knownIncompatibleFeatures: UInt64 = 0
  static let knownReadOnlyFeatures: UInt64 = 0
}

/// One word of an index level: where a name may be found.
///
///     63             32 31              0
///    | high half of hash | slot + 1      |     0 = empty, `tombstone` = a name was here
enum IndexLayout {
  static let wordByteCount = 8
  static let firstLevelLog2 = 10
  static let tombstone: UInt64 = 0x0000_0000_FFFF_FFFF

  static func word(hash: UInt64, slot: Int) -> UInt64 {
    hash & 0xFFFF_FFFF_0000_0000 | UInt64(truncatingIfNeeded: slot + 1)
  }

  /// Room for every level that `capacity` creations and as many deletions can ask for.
  ///
  /// A level is at most half full and was a quarter full when it was built, so a level of n words
  /// is paid for by n/8 creations (when it doubles) or n/4 deletions: 64 + 32 bytes a slot at the
  /// most.
  static func length(capacity: Int) -> Int {
    (capacity * 128 + (8 * wordByteCount << firstLevelLog2)).roundedUpToPage
  }
}

/// A register's record, 256 bytes; the first line holds all that a look-up of a short name needs.
///
///    0       8           12     13     14       15        16      144     208    224    232   240
///    | state | owner uid | kind | width | name n | label n | name  | label | gap  | time | tag | 0 |
enum RecordLayout {
  static let state = 0  // 8 bytes, `RecordState`; its release-store is the publication
  static let description = state + 8  // 8 bytes, the next five fields as one word
  static let ownerUser = description  // 4 bytes
  static let kind = ownerUser + 4  // 1 byte
  static let width = kind + 1  // 1 byte, log2 of the byte count
  static let nameByteCount = width + 1  // 1 byte
  static let labelByteCount = nameByteCount + 1  // 1 byte
  static let name = labelByteCount + 1  // 128 bytes, zeros after the name
  static let label = name + 128  // 64 bytes, zeros after the label
  static let restoreGap = label + 64  // 16 bytes
  static let created = restoreGap + 16  // 8 bytes, nanoseconds since 1970; FREE: next free slot + 1
  static let ownerTag = created + 8  // 8 bytes
  static let reserved = ownerTag + 8  // 16 bytes, zero
  static let stride = reserved + 16
}

/// The first page of `val`: proof that it belongs to the `dir` beside it.
enum ValuesLayout {
  static let magic = 0  // 8 bytes, `magicBytes`
  static let uuid = magic + 8  // 16 bytes, as in `dir`
  static let length = uuid + 16  // 8 bytes, of `val`
  static let byteCount = 4096

  static let doorbells = byteCount  // 4096 bytes, zero until something rings
  static let cells = doorbells + 4096

  static let magicBytes: [UInt8] = [0x89, 0x41, 0x54, 0x4D, 0x56, 0x41, 0x4C, 0x0A]  // \x89ATMVAL\n
}

/// A register's cell: a cache line of its own, so that neighbours never slow each other down.
///
///    0        16      20   24           32        64
///    | value  | event | 0  | generation | 0 ...   |
@usableFromInline
enum CellLayout {
  @usableFromInline static let value = 0  // 16 bytes; a narrower value lies at the start
  static let event = value + 16  // 4 bytes, who waits; 4 bytes zero
  @usableFromInline static let generation = 24  // 8 bytes, equals the record's while it lives
  @usableFromInline static let stride = 64
}

extension Int {
  /// The next multiple of the page size that the layout is made of.
  var roundedUpToPage: Int { (self + 4095) & ~4095 }
}
