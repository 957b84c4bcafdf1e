// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

/// A mapped `dir`: what a reader finds in it.
///
/// Every number found here is bounded before it becomes an offset; what makes no sense is answered
/// as "not there".
// A class, as its callers would copy all of a structure before each look-up.
final class Directory: Sendable {
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
  var deleteEpoch: UInt64 {
    // pairs with the release in SharedBytes.write(_: DirectoryCounters): who sees the epoch sees
    // the generations raised that it counts.
    bytes.acquire(HeaderLayout.deleteEpoch)
  }

  /// The slots that were ever used lie below.
  var nextSlot: Int {
    min(Int(truncatingIfNeeded: bytes.acquire(HeaderLayout.nextSlot)), watermark).nonnegative
  }

  /// The index level that the header names, or nil where that lies outside the index.
  var level: IndexLevel? { IndexLevel(bytes.acquire(HeaderLayout.indexWord), in: header) }

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
  func find(_ name: Span<UInt8>) -> Match? {
    guard name.count <= RegisterName.maximumByteCount else { return nil }
    return find(name, hash: hash(name))
  }

  /// The live register of this name, of at most 128 bytes, whose hash was worked out before.
  func find(_ name: Span<UInt8>, hash: UInt64) -> Match? {
    // pairs with the release in SharedBytes.write(_: DirectoryCounters): the level's words are all
    // there.
    var word = bytes.acquire(HeaderLayout.indexWord)
    // A miss in a level that was replaced meanwhile says nothing. The bound is for a word that
    // changes all the time.
    for _ in 0..<64 {
      if let level = IndexLevel(word, in: header), let match = find(name, hash, in: level) {
        return match
      }
      let present = bytes.acquire(HeaderLayout.indexWord)
      if present == word { break }
      word = present
    }
    return nil
  }

  @inline(__always)
  private func find(_ name: Span<UInt8>, _ hash: UInt64, in level: IndexLevel) -> Match? {
    let fingerprint = hash >> 32
    var position = level.firstPosition(hash)
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

  /// The offset of a field of a record; of a slot beyond the arena it is nothing to use.
  @inline(__always)
  func record(_ slot: Int, _ field: Int) -> Int {
    header.recordsOffset + slot * RecordLayout.stride + field
  }

  @inline(__always)
  private func match(slot: Int, name: Span<UInt8>, position: Int) -> Match? {
    // After the index word, whose slot had memory before it was there; a damaged one may name any.
    guard slot < watermark else { return nil }
    // pairs with the release in DirectoryWriter.create: a live record's bytes are final.
    let state = RecordState(bytes.acquire(record(slot, RecordLayout.state)))
    guard state.isLive else { return nil }
    let description = bytes.relaxed(record(slot, RecordLayout.description))
    guard Int(description >> 48 & 0xFF) == name.count, isName(name, ofRecord: slot),
      let type = RegisterType(description: description), isStill(state, ofRecord: slot)
    else { return nil }
    return Match(slot: slot, generation: state.generation, type: type, position: position)
  }

  /// Whether what was read of a record since its state was seen belongs together: a slot may have
  /// been given to another register meanwhile.
  @inline(__always)
  func isStill(_ state: RecordState, ofRecord slot: Int) -> Bool {
    // pairs with the fences in DirectoryWriter.finishDelete and behind the intent of its create:
    // whoever saw a byte of what comes later sees that the state has changed.
    atomicMemoryFence(ordering: .acquiring)
    return bytes.relaxed(record(slot, RecordLayout.state)) & ~0x80 == state.word & ~0x80
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

extension Int {
  fileprivate var nonnegative: Int { Swift.max(self, 0) }
}
