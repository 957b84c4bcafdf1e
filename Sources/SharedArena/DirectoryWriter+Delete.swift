// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension DirectoryWriter {
  /// Removes a register. False: there is none of that name.
  ///
  /// Its slot and cell wait: handles to it may exist, and an operation that is under way changes a
  /// cell that belongs to nobody.
  func delete(_ name: Span<UInt8>) throws(ArenaError) -> Bool {
    guard let match = directory.find(name) else { return false }
    var counters = try counters()
    let level = try level(of: counters)
    let state = state(ofRecord: match.slot)
    let run = emptiedRun(endingAt: match.position, in: level)
    counters.liveCount -= 1
    counters.deleteEpoch += 1
    if run == 0 {
      counters.indexDead += 1
    } else {
      counters.indexUsed -= run
      counters.indexDead -= run - 1
    }
    let tail = counters.quarantineTail
    if !state.isPinned {
      counters.quarantineCount += 1
      counters.quarantineTail = match.slot + 1
      if counters.quarantineHead == 0 { counters.quarantineHead = match.slot + 1 }
    }
    let word = bytes.relaxed(level.offset(match.position))
    let intent = Intent(
      operation: .delete, slot: match.slot, position: match.position, previousWord: word, run: run,
      link: tail, counters: counters)
    bytes.write(intent)
    CrashPoint.deleteIntended.reached()
    // The deletion: from here on no look-up finds it.
    // pairs with the acquire in Directory.match
    bytes.release(
      RecordState(
        generation: match.generation &+ 1, state.isPinned ? .quarantine : .dead,
        isPinned: state.isPinned
      ).word,
      at: directory.record(match.slot, RecordLayout.state))
    CrashPoint.deletePublished.reached()
    finishDelete(intent, in: level)
    memory.withLock { $0.building?.remove(word, at: match.position, of: level, in: bytes) }
    return true
  }

  /// Everything that follows the deletion itself. Doing it twice is doing it once.
  func finishDelete(_ intent: Intent, in level: IndexLevel) {
    let state = state(ofRecord: intent.slot)
    // pairs with the acquire in Arena.withCell: handles turn stale.
    cells.release(state.generation, at: cell(intent.slot, CellLayout.generation))
    wakeWaiters(ofSlot: intent.slot)
    CrashPoint.deleteGenerationRaised.reached()
    // pairs with the acquire in Directory.find
    if intent.run == 0 { bytes.release(IndexLayout.tombstone, at: level.offset(intent.position)) }
    for back in 0..<intent.run {
      bytes.release(0, at: level.offset((intent.position - back) & level.mask))
    }
    CrashPoint.deleteUnindexed.reached()
    // What a look-up compares stays as it is until the slot is used again. Whoever reads the rest of
    // the record as it becomes here sees that it is deleted: the other half is in
    // Directory.isStill.
    atomicMemoryFence(ordering: .acquiringAndReleasing)
    let epoch = UInt64(truncatingIfNeeded: intent.counters.deleteEpoch)
    bytes.write(epoch, at: directory.record(intent.slot, RecordLayout.deletedEpoch))
    setLink(ofRecord: intent.slot, to: 0)
    if !state.isPinned, intent.link > 0 {
      setLink(ofRecord: intent.link - 1, to: intent.slot + 1)
    }
    CrashPoint.deleteQueued.reached()
    bytes.write(intent.counters)
    CrashPoint.deleteApplied.reached()
    bytes.clearIntent()
  }

  /// How many words, up to and with `position`, can become empty when its name goes: none where a
  /// name's way may lead on, else this one and the tombstones before it, which led nowhere else.
  private func emptiedRun(endingAt position: Int, in level: IndexLevel) -> Int {
    func word(_ offset: Int) -> UInt64 {
      bytes.relaxed(level.offset((position + offset) & level.mask))
    }
    guard word(1) == 0 else { return 0 }
    var run = 1
    while run < 64, word(-run) == IndexLayout.tombstone { run += 1 }
    return run
  }
}
