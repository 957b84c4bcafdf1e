// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// A mapped `dir`: what a reader finds in it.
///
/// Every number found here is bounded before it becomes an offset; what makes no sense is answered
/// as "not there".
struct Directory: Sendable {
  let bytes: SharedBytes
  let header: ArenaHeader
  let hash: NameHash

  init(bytes: SharedBytes, header: ArenaHeader) {
    self.bytes = bytes
    self.header = header
    hash = NameHash(seed: (header.hashSeed.first, header.hashSeed.second))
  }

  /// Slots whose record and cell may be touched.
  var watermark: Int {
    // pairs with the release in DirectoryWriter.growSlots
    min(Int(truncatingIfNeeded: bytes.acquire(HeaderLayout.watermark)), header.capacity)
      .nonnegative
  }

  /// Deletions so far: the part of a lock byte that tells when an attachment was made.
  var deleteEpoch: UInt64 { bytes.acquire(HeaderLayout.deleteEpoch) }

  /// The slots that were ever used lie below.
  var nextSlot: Int {
    min(Int(truncatingIfNeeded: bytes.acquire(HeaderLayout.nextSlot)), watermark).nonnegative
  }

  /// The index level that the header names, or nil where that lies outside the index.
  @inline(__always)
  var level: IndexLevel? {
    // pairs with the release in DirectoryWriter.apply: the level's words are all there.
    // Read by each look-up, so a level that replaced another is seen by the next one at once.
    IndexLevel(bytes.acquire(HeaderLayout.indexWord), in: header)
  }

  /// A register found by its name.
  struct Match {
    var slot: Int
    var generation: UInt64
    var type: RegisterType
    /// Of the index word that led here.
    var position: Int
  }

  /// The live register of this name.
  ///
  /// - Complexity: O(1) expected; no system call, no allocation, no waiting.
  // Inlined, or its caller copies all of this value first.
  @inline(__always)
  func find(_ name: Span<UInt8>) -> Match? {
    guard name.count <= RegisterName.maximumByteCount, let level else { return nil }
    let hash = self.hash(name)
    let fingerprint = hash >> 32
    var position = Int(truncatingIfNeeded: hash) & level.mask
    // Levels are never full, so an empty word comes; the bound is for damaged ones.
    for _ in 0...level.mask {
      let word = bytes.acquire(level.offset(position))
      if word == 0 { return nil }
      if word >> 32 == fingerprint, let slot = slot(in: word),
        let match = match(slot: slot, name: name, position: position)
      {
        return match
      }
      position = (position + 1) & level.mask
    }
    return nil
  }

  /// The slot that an index word names; nil for tombstones and numbers beyond the arena.
  @inline(__always)
  func slot(in word: UInt64) -> Int? {
    let slot = Int(word & 0xFFFF_FFFF) - 1
    return slot >= 0 && slot < header.capacity ? slot : nil
  }

  /// The offset of a field of a record. Traps for slots beyond the arena.
  @inline(__always)
  func record(_ slot: Int, _ field: Int) -> Int {
    header.recordsOffset + slot * RecordLayout.stride + field
  }

  @inline(__always)
  private func match(slot: Int, name: Span<UInt8>, position: Int) -> Match? {
    // pairs with the release in DirectoryWriter.create: a live record's bytes are final, and stay
    // until nobody who could have found it is attached.
    let state = RecordState(bytes.acquire(record(slot, RecordLayout.state)))
    guard state.status == .live else { return nil }
    let description = bytes.relaxed(record(slot, RecordLayout.description))
    guard Int(description >> 48 & 0xFF) == name.count, isName(name, ofRecord: slot),
      let type = RegisterType(description: description)
    else { return nil }
    return Match(slot: slot, generation: state.generation, type: type, position: position)
  }

  @inline(__always)
  private func isName(_ name: Span<UInt8>, ofRecord slot: Int) -> Bool {
    let start = record(slot, RecordLayout.name)
    let whole = name.count & ~7
    var offset = 0
    while offset < whole {
      if bytes.relaxed(start + offset) != name.littleEndian64(at: offset) { return false }
      offset += 8
    }
    return whole == name.count
      || bytes.relaxed(start + offset) == name.zeroPaddedTail(from: whole)
  }
}

/// One table of the index: 2^k words somewhere in the index's part of `dir`.
///
///     63                               6 5      0
///    | offset in `dir`, a multiple of 64 | k      |
struct IndexLevel {
  var log2: Int
  var start: Int

  @inline(__always)
  init?(_ word: UInt64, in header: ArenaHeader) {
    log2 = Int(word & 63)
    start = Int(truncatingIfNeeded: word & ~63)
    guard log2 <= 40, start >= header.indexOffset,
      start <= header.indexOffset + header.indexLength - IndexLayout.wordByteCount << log2
    else { return nil }
  }

  init(log2: Int, start: Int) {
    self.log2 = log2
    self.start = start
  }

  var word: UInt64 { UInt64(truncatingIfNeeded: start) | UInt64(truncatingIfNeeded: log2) }
  @inline(__always) var mask: Int { 1 << log2 - 1 }
  var wordCount: Int { 1 << log2 }
  var byteCount: Int { IndexLayout.wordByteCount << log2 }
  @inline(__always)
  func offset(_ position: Int) -> Int { start + position * IndexLayout.wordByteCount }
}

/// A record's word of state.
///
///     63                       8 7      0
///    | generation               | status |
struct RecordState: Equatable {
  enum Status: UInt8 {
    /// Belongs to nobody.
    case free = 0
    /// Exists, once an index word leads to it.
    case live = 1
    /// Deleted. Its cell is not used again while handles may exist.
    case dead = 2
    /// Deleted, and waiting for those who were attached then.
    case quarantine = 3
  }

  var word: UInt64

  init(_ word: UInt64) { self.word = word }

  init(generation: UInt64, _ status: Status) {
    word = generation << 8 | UInt64(status.rawValue)
  }

  var generation: UInt64 { word >> 8 }
  /// Nil for a number that no version of this program wrote.
  @inline(__always) var status: Status? { Status(rawValue: UInt8(truncatingIfNeeded: word)) }
}

extension RegisterType {
  /// The type in a record's description word; nil where the bytes name none.
  @inline(__always)
  init?(description: UInt64) {
    guard let kind = AtomicKind(rawValue: UInt8(truncatingIfNeeded: description >> 32)),
      let width = AtomicWidth(rawValue: UInt8(truncatingIfNeeded: description >> 40))
    else { return nil }
    self.init(kind: kind, width: width)
  }
}

extension Int {
  fileprivate var nonnegative: Int { Swift.max(self, 0) }
}
