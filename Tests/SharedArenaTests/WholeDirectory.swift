// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SharedArena

/// Expects that a directory nobody is writing to contradicts itself nowhere.
func expectWholeDirectory(_ arena: Arena, sourceLocation: SourceLocation = #_sourceLocation) {
  func expect(_ holds: Bool, _ what: Comment) {
    #expect(holds, what, sourceLocation: sourceLocation)
  }
  let bytes = arena.directory.bytes
  expect(bytes.acquire(HeaderLayout.intent) == 0, "no change is half done")
  let all = arena.list(from: 0, prefix: "".utf8.span, limit: .max, scanLimit: .max)
  expect(all.next == nil, "one page holds all")
  expect(all.registers.count == arena.count, "the count is right")
  expect(Set(all.registers.map(\.name)).count == all.registers.count, "no name is there twice")
  for register in all.registers {
    expect(arena.find(named: register.name) == register.handle, "what is listed is found")
    expect(arena.withCell(of: register.handle) { _ in } != nil, "what is listed has its cell")
  }
  guard let level = arena.directory.level else { return expect(false, "there is an index") }
  let counters = bytes.counters
  let words = (0..<level.wordCount).map { bytes.acquire(level.offset($0)) }
  expect(counters.indexUsed == words.count { $0 != 0 }, "used words are counted")
  expect(
    counters.indexDead == words.count { $0 == IndexLayout.tombstone }, "dead words are counted")
  expect(counters.nextSlot <= arena.directory.watermark, "used slots have memory")
  let start = level.place(in: arena.directory.header).map { HeaderLayout.indexPlaces + 8 * $0 }
  expect(start.map { bytes.acquire($0) } == 0, "the present level has not been given up")
  expectAllSlotsAccountedFor(arena, expect)
}

/// Expects that each slot that was ever used lives, waits, is free or is pinned, and that the lists
/// hold what they should, once.
private func expectAllSlotsAccountedFor(_ arena: Arena, _ expect: (Bool, Comment) -> Void) {
  let bytes = arena.directory.bytes
  let counters = bytes.counters
  func word(_ slot: Int, _ field: Int) -> UInt64 {
    bytes.acquire(arena.directory.record(slot, field))
  }
  func list(from head: Int) -> [Int] {
    var slots: [Int] = []
    var link = head
    while link > 0, slots.count <= counters.nextSlot {
      slots.append(link - 1)
      link = Int(word(link - 1, RecordLayout.link))
    }
    return slots
  }
  let states = (0..<counters.nextSlot).map { RecordState(word($0, RecordLayout.state)) }
  func slots(_ status: RecordState.Status) -> [Int] {
    states.indices.filter { states[$0].status == status }
  }
  let free = list(from: counters.freeHead)
  let waiting = list(from: counters.quarantineHead)
  expect(slots(.live).count == counters.liveCount, "the living are counted")
  expect(free.sorted() == slots(.free), "every free slot is in the list of the free, once")
  expect(free.count == counters.freeCount, "the free are counted")
  expect(waiting.sorted() == slots(.dead), "every deleted slot waits in its list, once")
  expect(waiting.count == counters.quarantineCount, "those that wait are counted")
  expect((waiting.last ?? -1) + 1 == counters.quarantineTail, "the list's end is known")
  let epochs = waiting.map { word($0, RecordLayout.deletedEpoch) }
  expect(epochs == epochs.sorted(), "the oldest waits in front")
  expect(epochs.allSatisfy { $0 <= UInt64(counters.deleteEpoch) }, "no deletion is to come")
  expect(states.count(where: \.isPinned) == counters.pinnedCount, "the pinned are counted")
  expect(slots(.quarantine).allSatisfy { states[$0].isPinned }, "only the pinned stay for ever")
  for slot in states.indices {
    expect(
      arena.cells.generationForTest(slot) == states[slot].generation
        || states[slot].status == .free,
      "a cell bears its record's generation")
  }
}

extension CellTable {
  fileprivate func generationForTest(_ slot: Int) -> UInt64 {
    // Safety: the slot was used, so it lies below the watermark.
    unsafe generation(slot)
  }
}
