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
///   320     next slot, live, delete epoch, lists ...  written by each create and delete
///   448     intent                                    what the writer is about to do
///   1024    places of index levels                    when each was given up
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
  static let indexWord = watermark + 8  // 8 bytes, `IndexLevel`: the present level

  static let counters = 320  // the numbers of `DirectoryCounters`, 8 bytes each, in this order
  static let nextSlot = counters  // every slot from here on was never used
  static let liveCount = nextSlot + 8  // registers
  static let deleteEpoch = liveCount + 8  // deletions so far, moves of the index included
  static let indexUsed = deleteEpoch + 8  // words of the present level that are not empty
  static let indexDead = indexUsed + 8  // those among them that are tombstones
  static let freeHead = indexDead + 8  // slot + 1 of the first free record, 0 = none
  static let freeCount = freeHead + 8
  static let quarantineHead = freeCount + 8  // slot + 1 of the first one that waits to be free
  static let quarantineTail = quarantineHead + 8  // slot + 1 of the last one
  static let quarantineCount = quarantineTail + 8
  static let pinnedCount = quarantineCount + 8  // slots that are never used for another register
  static let countersEnd = pinnedCount + 8

  static let intent = 448  // 8 bytes, `Intent`: 0 = none; written last, cleared first
  static let intentPosition = intent + 8  // word of the index level that changes
  static let intentPreviousWord = intentPosition + 8  // what that word held
  static let intentRun = intentPreviousWord + 8  // delete: words up to it that become empty
  static let intentLink = intentRun + 8  // what a list linked to before
  static let intentIndexWord = intentLink + 8  // this and the rest: what the header gets when done
  static let intentCounters = intentIndexWord + 8  // in the order of the counters above
  static let intentEnd = intentCounters + (countersEnd - counters)

  static let indexPlaces = 1024  // 8 bytes for each place of a level: when it was given up, or 0
  static let indexPlacesEnd = indexPlaces + 8 * IndexPlace.maximumCount

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
///
/// A name's place in a level of 2^k words is told by the first k bits of its hash. They are part of
/// the word, so a level is built from another one without a look at any record, and in order.
enum IndexLayout {
  static let wordByteCount = 8
  static let firstLevelLog2 = 10
  static let lastLevelLog2 = 32
  static let tombstone: UInt64 = 0x0000_0000_FFFF_FFFF

  static func word(hash: UInt64, slot: Int) -> UInt64 {
    hash & 0xFFFF_FFFF_0000_0000 | UInt64(truncatingIfNeeded: slot + 1)
  }

  /// The largest level that `capacity` registers need: they fill half of it.
  static func largestLevelLog2(capacity: Int) -> Int {
    var log2 = firstLevelLog2
    while 1 << log2 < 2 * capacity, log2 < lastLevelLog2 { log2 += 1 }
    return log2
  }

  /// Room for two levels of each size, so that a new one can be built beside the present one.
  static func length(capacity: Int) -> Int {
    IndexPlace.offset(log2: largestLevelLog2(capacity: capacity) + 1, half: 0)
  }
}

/// Where a level may lie: two places for each size, one behind the other.
enum IndexPlace {
  static let maximumCount = 2 * (IndexLayout.lastLevelLog2 - IndexLayout.firstLevelLog2 + 1)

  static func number(log2: Int, half: Int) -> Int {
    2 * (log2 - IndexLayout.firstLevelLog2) + half
  }

  /// Bytes from the start of the index.
  static func offset(log2: Int, half: Int) -> Int {
    16 * (1 << log2 - 1 << IndexLayout.firstLevelLog2) + half * (8 << log2)
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
  static let created = restoreGap + 16  // 8 bytes, nanoseconds since 1970
  static let ownerTag = created + 8  // 8 bytes
  static let reserved = ownerTag + 8  // 16 bytes, zero
  static let stride = reserved + 16

  // In a record that is not live.
  static let deletedEpoch = restoreGap  // 8 bytes, the delete epoch of its deletion
  static let link = created  // 8 bytes, slot + 1 of the next one in its list
}

/// The first page of `val`: proof that it belongs to the `dir` beside it.
enum ValuesLayout {
  static let magic = 0  // 8 bytes, `magicBytes`
  static let uuid = magic + 8  // 16 bytes, as in `dir`
  static let length = uuid + 16  // 8 bytes, of `val`
  static let byteCount = 4096

  static let doorbells = byteCount  // 4096 bytes, `DoorbellLayout`
  static let cells = doorbells + 4096

  static let magicBytes: [UInt8] = [0x89, 0x41, 0x54, 0x4D, 0x56, 0x41, 0x4C, 0x0A]  // \x89ATMVAL\n
}

/// The second page of `val`: how writers tell a server that a cell which it watches was changed.
///
///    0      4    64                                        1088
///   | bell | 0  | one bit for each of 8192 parts of slots | 0 ...  |
enum DoorbellLayout {
  static let bell = 0  // 4 bytes, an event word: the server sleeps on it; 4 bytes zero
  static let changed = 64  // 1024 bytes; slot n belongs to bit n modulo 8192
  static let bucketCount = 8192
  static let wordCount = bucketCount / 64
}

/// A register's cell: a cache line of its own, so that neighbours never slow each other down.
///
///    0        16      20   24           32        64
///    | value  | event | 0  | generation | 0 ...   |
@usableFromInline
enum CellLayout {
  @usableFromInline static let value = 0  // 16 bytes; a narrower value lies at the start
  @usableFromInline static let event = 16  // 4 bytes, `EventWord`; 4 bytes zero
  @usableFromInline static let concerned: UInt32 = 3  // its bits that somebody waits or watches
  @usableFromInline static let generation = 24  // 8 bytes, equals the record's while it lives
  @usableFromInline static let stride = 64
}

extension Int {
  /// The next multiple of the page size that the layout is made of.
  var roundedUpToPage: Int { (self + 4095) & ~4095 }
}
