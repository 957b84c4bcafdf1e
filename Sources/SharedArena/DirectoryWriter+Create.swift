// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension DirectoryWriter {
  /// Makes a register, or finds the one of that name and type.
  ///
  /// `specification` was checked.
  func create(
    _ specification: RegisterSpecification
  ) throws(ArenaError) -> (handle: RegisterHandle, created: Bool) {
    let name = specification.name.utf8.span
    if let existing = directory.find(name) {
      guard existing.type == specification.type else {
        throw .typeMismatch(existing: existing.type)
      }
      return (RegisterHandle(existing), false)
    }
    try makeRoomInIndex()
    try reclaimWhenDue()
    var counters = try counters()
    let (slot, link) = try takeSlot(&counters)
    let level = try level(of: counters)
    let hash = directory.hash(name)
    let position = try insertionPosition(for: hash, in: level)
    let previousWord = bytes.relaxed(level.offset(position))
    let word = IndexLayout.word(hash: hash, slot: slot)
    let before = state(ofRecord: slot)

    counters.liveCount += 1
    if previousWord == 0 { counters.indexUsed += 1 } else { counters.indexDead -= 1 }
    bytes.write(
      Intent(
        operation: .create, slot: slot, position: position, previousWord: previousWord, link: link,
        counters: counters))
    CrashPoint.createIntended.reached()
    let handle = RegisterHandle(
      slot: UInt32(truncatingIfNeeded: slot), type: specification.type,
      generation: before.generation &+ 1)
    fill(handle, from: specification)
    CrashPoint.createFilled.reached()
    // An indexed record that is not live does not exist: nobody sees this yet.
    // pairs with the acquire in Directory.find
    bytes.release(word, at: level.offset(position))
    CrashPoint.createIndexed.reached()
    // pairs with the acquire in Directory.nextSlot
    bytes.release(UInt64(truncatingIfNeeded: counters.nextSlot), at: HeaderLayout.nextSlot)
    CrashPoint.createCounted.reached()
    // The publication; pairs with the acquire in Directory.match.
    bytes.release(
      RecordState(generation: handle.generation, .live).word,
      at: directory.record(slot, RecordLayout.state))
    CrashPoint.createPublished.reached()
    bytes.write(counters)
    CrashPoint.createApplied.reached()
    bytes.clearIntent()
    memory.withLock { $0.building?.insert(word, at: position, of: level, in: bytes) }
    return (handle, true)
  }

  /// The slot for a new register, taken off the counters: a free one, else one never used.
  private func takeSlot(
    _ counters: inout DirectoryCounters
  ) throws(ArenaError) -> (slot: Int, link: Int) {
    if counters.freeHead == 0 && counters.nextSlot >= header.capacity {
      try reclaim(atMost: 1)
      counters = try self.counters()
    }
    if counters.freeHead > 0 {
      let slot = counters.freeHead - 1
      guard state(ofRecord: slot).status == .free else { throw malformed("list of slots") }
      let link = try link(ofRecord: slot, below: counters.nextSlot)
      counters.freeHead = link
      counters.freeCount -= 1
      return (slot, link)
    }
    let slot = counters.nextSlot
    guard slot < header.capacity else {
      throw .capacityReached(limit: header.capacity, waiting: counters.quarantineCount)
    }
    try growSlots(toHold: slot)
    counters.nextSlot += 1
    return (slot, Intent.noLink)
  }

  /// Writes a record that nobody can find yet, and its cell.
  private func fill(_ handle: RegisterHandle, from specification: RegisterSpecification) {
    let slot = Int(handle.slot)
    func word(_ value: UInt64, _ field: Int) {
      bytes.write(value, at: directory.record(slot, field))
    }
    let name = specification.name.utf8
    let label = specification.label.utf8
    let type = specification.type
    let counts = UInt64(name.count) << 48 | UInt64(label.count) << 56
    let typeBytes = UInt64(type.kind.rawValue) << 32 | UInt64(type.width.rawValue) << 40
    word(UInt64(specification.ownerUser) | typeBytes | counts, RecordLayout.description)
    bytes.write(name.span, at: directory.record(slot, RecordLayout.name), paddedTo: 128)
    bytes.write(label.span, at: directory.record(slot, RecordLayout.label), paddedTo: 64)
    word(UInt64(truncatingIfNeeded: specification.restoreGap), RecordLayout.restoreGap)
    word(UInt64(truncatingIfNeeded: specification.restoreGap >> 64), RecordLayout.restoreGap + 8)
    word(
      specification.createdUnixNanoseconds ?? SystemClock.unixNanoseconds(), RecordLayout.created)
    word(specification.ownerTag, RecordLayout.ownerTag)
    word(0, RecordLayout.reserved)
    word(0, RecordLayout.reserved + 8)

    cells.write(UInt64(truncatingIfNeeded: specification.initial), at: cell(slot, CellLayout.value))
    cells.write(
      UInt64(truncatingIfNeeded: specification.initial >> 64), at: cell(slot, CellLayout.value + 8))
    cells.write(0, at: cell(slot, CellLayout.event))
    // pairs with the acquire in Arena.withCell: whoever sees the generation sees the value.
    cells.release(handle.generation, at: cell(slot, CellLayout.generation))
  }

  /// The first place on the name's way through `level` that holds no name.
  private func insertionPosition(
    for hash: UInt64, in level: IndexLevel
  ) throws(ArenaError) -> Int {
    var position = level.firstPosition(hash)
    for _ in 0...level.mask {
      let word = bytes.relaxed(level.offset(position))
      if word == 0 || word == IndexLayout.tombstone { return position }
      position = (position + 1) & level.mask
    }
    throw malformed("index")
  }
}

extension RegisterHandle {
  init(_ match: Directory.Match) {
    self.init(
      slot: UInt32(truncatingIfNeeded: match.slot), type: match.type, generation: match.generation)
  }
}
