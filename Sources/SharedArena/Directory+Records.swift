// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension Directory {
  /// The part of the slots that begins at `cursor`, of at most `limit` slots but at least one, and
  /// the end of all; nil: the cursor is at the end or beyond.
  func slots(from cursor: UInt64, limit: Int) -> (Range<Int>, end: Int)? {
    let end = nextSlot
    guard let slot = Int(exactly: cursor), slot < end else { return nil }
    return (slot..<slot + min(end - slot, max(1, limit)), end)
  }

  /// The bytes of a record's name; at most 128, whatever the record says.
  func name(ofRecord slot: Int) -> [UInt8] {
    let description = bytes.relaxed(record(slot, RecordLayout.description))
    let count = min(Int(description >> 48 & 0xFF), RegisterName.maximumByteCount)
    return bytes.copy(record(slot, RecordLayout.name), count: count)
  }

  /// The generation of the record when it is live, else nil.
  func liveGeneration(ofRecord slot: Int) -> UInt64? {
    // pairs with the release in DirectoryWriter.create
    let state = RecordState(bytes.acquire(record(slot, RecordLayout.state)))
    return state.isLive ? state.generation : nil
  }

  /// Whether the name of a live record starts with `prefix`.
  func name(ofRecord slot: Int, startsWith prefix: Span<UInt8>) -> Bool {
    guard prefix.count <= RegisterName.maximumByteCount else { return false }
    let description = bytes.relaxed(record(slot, RecordLayout.description))
    guard prefix.count <= Int(description >> 48 & 0xFF) else { return false }
    for offset in stride(from: 0, to: prefix.count, by: 8) {
      let word = bytes.relaxed(record(slot, RecordLayout.name) + offset)
      for index in offset..<min(offset + 8, prefix.count)
      where UInt8(truncatingIfNeeded: word >> UInt64((index - offset) * 8)) != prefix[index] {
        return false
      }
    }
    return true
  }

  /// Whether a live record of this generation has neither label nor owner's tag nor restore gap;
  /// nil when it is not live, or not any more.
  func isPlain(ofRecord slot: Int, generation: UInt64) -> Bool? {
    // pairs with the release in DirectoryWriter.create
    let state = RecordState(bytes.acquire(record(slot, RecordLayout.state)))
    guard state.isLive, state.generation == generation else { return nil }
    let labelCount = bytes.relaxed(record(slot, RecordLayout.description)) >> 56
    let others =
      bytes.relaxed(record(slot, RecordLayout.ownerTag))
      | bytes.relaxed(record(slot, RecordLayout.restoreGap))
      | bytes.relaxed(record(slot, RecordLayout.restoreGap + 8))
    return isStill(state, ofRecord: slot) ? labelCount | others == 0 : nil
  }

  /// A copy of a live record, without its value; nil when it is not live, or not any more.
  func info(ofRecord slot: Int) -> RegisterInfo? {
    // pairs with the release in DirectoryWriter.create
    let state = RecordState(bytes.acquire(record(slot, RecordLayout.state)))
    guard state.isLive else { return nil }
    let description = bytes.relaxed(record(slot, RecordLayout.description))
    guard let type = RegisterType(description: description) else { return nil }
    let labelCount = min(
      Int(description >> 56), RegisterSpecification.maximumLabelByteCount)
    let gap = (
      low: bytes.relaxed(record(slot, RecordLayout.restoreGap)),
      high: bytes.relaxed(record(slot, RecordLayout.restoreGap + 8))
    )
    let info = RegisterInfo(
      name: String(decoding: name(ofRecord: slot), as: UTF8.self), type: type, value: 0,
      label: String(
        decoding: bytes.copy(record(slot, RecordLayout.label), count: labelCount), as: UTF8.self),
      createdUnixNanoseconds: bytes.relaxed(record(slot, RecordLayout.created)),
      ownerUser: UInt32(truncatingIfNeeded: description),
      ownerTag: bytes.relaxed(record(slot, RecordLayout.ownerTag)),
      restoreGap: UInt128(gap.high) << 64 | UInt128(gap.low), generation: state.generation,
      slot: UInt32(truncatingIfNeeded: slot), isPinned: state.isPinned)
    return isStill(state, ofRecord: slot) ? info : nil
  }
}
