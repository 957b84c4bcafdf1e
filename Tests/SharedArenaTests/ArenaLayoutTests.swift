// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SharedArena

/// Other programs know these numbers: a change of one is a new layout version.
@Suite struct ArenaLayoutTests {
  @Test("the header's fields are where version 1 has them")
  func header() {
    #expect(
      HeaderLayout.magicBytes == Array("\u{89}ATMARN\n".unicodeScalars.map { UInt8($0.value) }))
    #expect(HeaderLayout.currentVersion == 1)
    #expect(HeaderLayout.endianTagValue == 16_909_060)
    let fixed = [
      HeaderLayout.magic, HeaderLayout.endianTag, HeaderLayout.version,
      HeaderLayout.incompatibleFeatures, HeaderLayout.readOnlyFeatures,
      HeaderLayout.compatibleFeatures, HeaderLayout.uuid, HeaderLayout.bootIdentifier,
      HeaderLayout.bootEpoch, HeaderLayout.hashSeed, HeaderLayout.created,
      HeaderLayout.recordStride, HeaderLayout.cellStride, HeaderLayout.capacity,
      HeaderLayout.indexOffset, HeaderLayout.indexLength, HeaderLayout.recordsOffset,
      HeaderLayout.directoryLength, HeaderLayout.doorbellsOffset, HeaderLayout.cellsOffset,
      HeaderLayout.valuesLength, HeaderLayout.checksum, HeaderLayout.immutableEnd,
    ]
    #expect(
      fixed == [
        0, 8, 12, 16, 24, 32, 40, 56, 72, 80, 96, 104, 108, 112, 120, 128, 136, 144, 152, 160, 168,
        176, 184,
      ])
    let changing = [
      HeaderLayout.watermark, HeaderLayout.indexWord, HeaderLayout.nextSlot,
      HeaderLayout.liveCount, HeaderLayout.deleteEpoch, HeaderLayout.indexUsed,
      HeaderLayout.indexDead, HeaderLayout.indexEnd, HeaderLayout.freeHead,
      HeaderLayout.quarantineHead, HeaderLayout.intent, HeaderLayout.intentPosition,
      HeaderLayout.intentPreviousWord, HeaderLayout.intentNextSlot, HeaderLayout.intentLiveCount,
      HeaderLayout.intentDeleteEpoch, HeaderLayout.intentIndexUsed, HeaderLayout.intentIndexDead,
      HeaderLayout.intentIndexWord, HeaderLayout.intentIndexEnd, HeaderLayout.mutableEnd,
    ]
    #expect(
      changing == [
        256, 264, 320, 328, 336, 344, 352, 360, 368, 376, 384, 392, 400, 408, 416, 424, 432, 440,
        448, 456, 464,
      ])
    #expect(HeaderLayout.byteCount == 4096)
  }

  @Test("a record's fields are where version 1 has them")
  func record() {
    let fields = [
      RecordLayout.state, RecordLayout.ownerUser, RecordLayout.kind, RecordLayout.width,
      RecordLayout.nameByteCount, RecordLayout.labelByteCount, RecordLayout.name,
      RecordLayout.label, RecordLayout.restoreGap, RecordLayout.created, RecordLayout.ownerTag,
      RecordLayout.reserved, RecordLayout.stride,
    ]
    #expect(fields == [0, 8, 12, 13, 14, 15, 16, 144, 208, 224, 232, 240, 256])
    #expect(RecordState(generation: 3, .dead).word == 0x0302)
    #expect(RecordState(generation: 0, .free).word == 0)
    #expect(RecordState(generation: 1, .live).word == 0x0101)
    #expect(RecordState(generation: 1, .quarantine).word == 0x0103)
  }

  @Test("a cell's fields and the head of val are where version 1 has them")
  func cell() {
    #expect(CellLayout.value == 0)
    #expect(CellLayout.event == 16)
    #expect(CellLayout.generation == 24)
    #expect(CellLayout.stride == 64)
    #expect(
      ValuesLayout.magicBytes == Array("\u{89}ATMVAL\n".unicodeScalars.map { UInt8($0.value) }))
    #expect([ValuesLayout.magic, ValuesLayout.uuid, ValuesLayout.length] == [0, 8, 24])
    #expect(ValuesLayout.doorbells == 4096)
    #expect(ValuesLayout.cells == 8192)
  }

  @Test("an index word holds half the hash and the slot, a level word an offset and a size")
  func index() {
    #expect(IndexLayout.word(hash: 0xAABB_CCDD_1122_3344, slot: 6) == 0xAABB_CCDD_0000_0007)
    #expect(IndexLayout.tombstone == 0xFFFF_FFFF)
    #expect(IndexLevel(log2: 10, start: 4096).word == 4096 + 10)
  }

  @Test("the default arena's parts follow each other without gaps")
  func defaultGeometry() {
    let header = ArenaHeader(
      capacity: ArenaOptions().capacity, bootIdentifier: .init(first: 0, second: 0), bootEpoch: 1,
      createdUnixNanoseconds: 0)
    #expect(header.capacity == 33_554_432)
    #expect(header.indexOffset == 4096)
    #expect(header.indexLength == 4_295_032_832)
    #expect(header.recordsOffset == 4_295_036_928)
    #expect(header.directoryLength == 12_884_971_520)
    #expect(header.doorbellsOffset == 4096)
    #expect(header.cellsOffset == 8192)
    #expect(header.valuesLength == 2_147_491_840)
  }
}
