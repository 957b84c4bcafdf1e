// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

extension DirectoryWriter {
  /// Removes a register. False: there is none of that name.
  ///
  /// Its slot and cell are not used again: handles to it may exist, and an operation that is under
  /// way changes a cell that belongs to nobody.
  func delete(_ name: Span<UInt8>) throws(ArenaError) -> Bool {
    guard let match = directory.find(name) else { return false }
    var counters = try counters()
    guard let level = IndexLevel(counters.indexWord, in: header) else { throw malformed("index") }
    counters.liveCount &-= 1
    counters.deleteEpoch &+= 1
    counters.indexDead += 1
    let intent = Intent(
      operation: .delete, slot: match.slot, position: match.position,
      previousWord: bytes.relaxed(level.offset(match.position)), counters: counters)
    bytes.write(intent)
    CrashPoint.deleteIntended.reached()
    // The deletion: from here on no look-up finds it.
    bytes.release(
      RecordState(generation: match.generation &+ 1, .dead).word,
      at: directory.record(match.slot, RecordLayout.state))
    CrashPoint.deletePublished.reached()
    finishDelete(intent, in: level)
    return true
  }

  /// Everything that follows the deletion itself. Doing it twice is doing it once.
  func finishDelete(_ intent: Intent, in level: IndexLevel) {
    let state = RecordState(bytes.relaxed(directory.record(intent.slot, RecordLayout.state)))
    // pairs with the acquire in Arena.cell(of:): handles turn stale.
    cells.release(state.generation, at: cell(intent.slot, CellLayout.generation))
    CrashPoint.deleteGenerationRaised.reached()
    bytes.release(IndexLayout.tombstone, at: level.offset(intent.position))
    CrashPoint.deleteUnindexed.reached()
    bytes.write(intent.counters)
    CrashPoint.deleteApplied.reached()
    bytes.clearIntent()
  }
}
