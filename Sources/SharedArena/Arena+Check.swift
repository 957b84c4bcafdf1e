// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension Arena {
  /// Repairs what a killed writer left, then looks for contradictions in the whole directory, and
  /// between it and `val`: what they are, or nothing.
  ///
  /// - Complexity: O(slots that were ever used); nobody creates or deletes meanwhile.
  package func contradictions() throws(ArenaError) -> [String] {
    try withDirectory { _ throws(ArenaError) in
      var check = DirectoryCheck(directory, cells)
      check.run()
      return check.problems
    }
  }
}

/// One look at all of a directory that nobody writes.
private struct DirectoryCheck {
  private let directory: Directory
  private let cells: CellTable
  private let counters: DirectoryCounters
  private let states: [RecordState]
  private(set) var problems: [String] = []

  init(_ directory: Directory, _ cells: CellTable) {
    self.directory = directory
    self.cells = cells
    counters = directory.bytes.counters
    states = (0..<directory.nextSlot).map {
      RecordState(directory.bytes.acquire(directory.record($0, RecordLayout.state)))
    }
  }

  mutating func run() {
    expect(directory.bytes.acquire(HeaderLayout.intent) == 0, "a change is half done")
    expect(counters.nextSlot == states.count, "used slots have no memory")
    checkIndex()
    checkNames()
    checkLists()
    checkCells()
  }

  private mutating func expect(_ holds: Bool, _ problem: String) {
    if !holds { problems.append(problem) }
  }

  private func slots(_ status: RecordState.Status) -> [Int] {
    states.indices.filter { states[$0].status == status }
  }

  private func word(_ slot: Int, _ field: Int) -> UInt64 {
    directory.bytes.acquire(directory.record(slot, field))
  }

  private mutating func checkIndex() {
    guard let level = directory.level, let place = level.place(in: directory.header) else {
      return expect(false, "there is no index")
    }
    let words = (0..<level.wordCount).map { directory.bytes.acquire(level.offset($0)) }
    expect(counters.indexUsed == words.count { $0 != 0 }, "the index's words are miscounted")
    expect(
      counters.indexDead == words.count { $0 == IndexLayout.tombstone },
      "the index's tombstones are miscounted")
    let named = words.compactMap { directory.slot(in: $0) }
    expect(named.sorted() == slots(.live), "the index leads to other slots than those that live")
    expect(
      directory.bytes.acquire(HeaderLayout.indexPlaces + 8 * place) == 0,
      "the index lies where it was given up")
  }

  private mutating func checkNames() {
    let live = slots(.live)
    expect(counters.liveCount == live.count, "the registers are miscounted")
    var names: Set<[UInt8]> = []
    for slot in live {
      let name = directory.name(ofRecord: slot)
      expect(names.insert(name).inserted, "a name is there twice")
      expect(directory.find(name.span)?.slot == slot, "a register is not found by its name")
      expect(directory.info(ofRecord: slot) != nil, "a register's record makes no sense")
    }
  }

  private mutating func checkLists() {
    let free = list(from: counters.freeHead)
    expect(free.sorted() == slots(.free), "free slots are not in their list, or twice")
    expect(free.count == counters.freeCount, "the free slots are miscounted")
    let waiting = list(from: counters.quarantineHead)
    expect(waiting.sorted() == slots(.dead), "deleted slots are not in their list, or twice")
    expect(waiting.count == counters.quarantineCount, "the deleted slots are miscounted")
    expect((waiting.last ?? -1) + 1 == counters.quarantineTail, "the deleted slots' end is wrong")
    let epochs = waiting.map { word($0, RecordLayout.deletedEpoch) }
    expect(epochs == epochs.sorted(), "the oldest deleted slot is not the first")
    expect(
      (epochs.last ?? 0) <= UInt64(truncatingIfNeeded: counters.deleteEpoch),
      "a slot was deleted in the future")
    expect(states.count(where: \.isPinned) == counters.pinnedCount, "the pinned are miscounted")
    expect(
      slots(.quarantine).allSatisfy { states[$0].isPinned }, "a slot waits for ever, and why?")
  }

  /// The slots of a list, as far as they make sense.
  private func list(from head: Int) -> [Int] {
    var slots: [Int] = []
    var link = head
    while (1...max(1, states.count)).contains(link), slots.count <= states.count {
      slots.append(link - 1)
      link = Int(truncatingIfNeeded: word(link - 1, RecordLayout.link))
    }
    return slots
  }

  private mutating func checkCells() {
    for (slot, state) in states.enumerated() where state.status != .free {
      // Safety: the slot was used, so it lies below the watermark.
      expect(
        unsafe cells.generation(slot) == state.generation, "a cell bears another generation")
    }
  }
}
