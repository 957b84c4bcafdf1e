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
      HeaderLayout.indexDead, HeaderLayout.freeHead, HeaderLayout.freeCount,
      HeaderLayout.quarantineHead, HeaderLayout.quarantineTail, HeaderLayout.quarantineCount,
      HeaderLayout.pinnedCount, HeaderLayout.countersEnd,
    ]
    #expect(
      changing == [256, 264, 320, 328, 336, 344, 352, 360, 368, 376, 384, 392, 400, 408])
    let intent = [
      HeaderLayout.intent, HeaderLayout.intentPosition, HeaderLayout.intentPreviousWord,
      HeaderLayout.intentRun, HeaderLayout.intentLink, HeaderLayout.intentIndexWord,
      HeaderLayout.intentCounters, HeaderLayout.intentEnd,
    ]
    #expect(intent == [448, 456, 464, 472, 480, 488, 496, 584])
    #expect([HeaderLayout.indexPlaces, HeaderLayout.indexPlacesEnd] == [1024, 1392])
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
    #expect(RecordState(generation: 1, .quarantine, isPinned: true).word == 0x0183)
    #expect(RecordState(generation: 1, .live).pinned.word == 0x0181)
    #expect([RecordLayout.deletedEpoch, RecordLayout.link] == [208, 224])
  }

  @Test("a cell's fields and the head of val are where version 1 has them")
  func cell() {
    #expect(CellLayout.value == 0)
    #expect(CellLayout.event == 16)
    #expect(CellLayout.generation == 24)
    #expect(CellLayout.stride == 64)
    #expect([EventWord.awaited, EventWord.watched] == [1, 2])
    #expect(CellLayout.concerned == EventWord.awaited | EventWord.watched)
    #expect([DoorbellLayout.bell, DoorbellLayout.changed] == [0, 64])
    #expect([DoorbellLayout.bucketCount, DoorbellLayout.wordCount] == [8192, 128])
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
    let header = ArenaHeader(
      capacity: 5000, bootIdentifier: .init(first: 0, second: 0), bootEpoch: 1,
      createdUnixNanoseconds: 0)
    let places = (10...14).flatMap { log2 in
      (0...1).map { IndexLevel(log2: log2, half: $0, in: header) }
    }
    #expect(
      places.map(\.start) == [
        4096, 12_288, 20_480, 36_864, 53_248, 86_016, 118_784, 184_320, 249_856, 380_928,
      ])
    #expect(places.map { $0.place(in: header) } == Array(0..<10))
    #expect(places[1].word == 12_288 + 10)
    #expect(header.indexLength == 507_904)
    #expect(places[2].firstPosition(0xFFE0_0000_0000_0000) == 2047)
    #expect(places[2].firstPosition(0x0020_0000_FFFF_FFFF) == 1)
  }

  @Test("the default arena's parts follow each other without gaps")
  func defaultGeometry() {
    let header = ArenaHeader(
      capacity: ArenaOptions().capacity, bootIdentifier: .init(first: 0, second: 0), bootEpoch: 1,
      createdUnixNanoseconds: 0)
    #expect(header.capacity == 33_554_432)
    #expect(header.indexOffset == 4096)
    #expect(header.indexLength == 2_147_467_264)
    #expect(header.recordsOffset == 2_147_471_360)
    #expect(header.directoryLength == 10_737_405_952)
    #expect(header.doorbellsOffset == 4096)
    #expect(header.cellsOffset == 8192)
    #expect(header.valuesLength == 2_147_491_840)
  }
}
