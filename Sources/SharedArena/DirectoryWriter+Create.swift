// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

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
    var counters = try counters()
    let slot = counters.nextSlot
    guard slot < header.capacity else { throw .capacityReached(limit: header.capacity) }
    try growSlots(toHold: slot)
    guard let level = IndexLevel(counters.indexWord, in: header) else { throw malformed("index") }
    let hash = directory.hash(name)
    let position = try insertionPosition(for: hash, in: level)
    let previousWord = bytes.relaxed(level.offset(position))
    let before = RecordState(bytes.relaxed(directory.record(slot, RecordLayout.state)))

    counters.nextSlot += 1
    counters.liveCount &+= 1
    if previousWord == 0 { counters.indexUsed += 1 } else { counters.indexDead -= 1 }
    bytes.write(
      Intent(
        operation: .create, slot: slot, position: position, previousWord: previousWord,
        counters: counters))
    CrashPoint.createIntended.reached()
    let handle = RegisterHandle(
      slot: UInt32(truncatingIfNeeded: slot), type: specification.type,
      generation: before.generation &+ 1)
    fill(handle, from: specification)
    CrashPoint.createFilled.reached()
    // An indexed record that is not live does not exist: nobody sees this yet.
    bytes.release(
      IndexLayout.word(hash: hash, slot: slot), at: level.offset(position))
    CrashPoint.createIndexed.reached()
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
    return (handle, true)
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
    // pairs with the acquire in Arena.cell(of:): whoever sees the generation sees the value.
    cells.release(handle.generation, at: cell(slot, CellLayout.generation))
  }

  /// The first place on the name's way through `level` that holds no name.
  private func insertionPosition(
    for hash: UInt64, in level: IndexLevel
  ) throws(ArenaError) -> Int {
    var position = Int(truncatingIfNeeded: hash) & level.mask
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
