// SPDX-License-Identifier: Apache-2.0

extension DirectoryWriter {
  /// Keeps a register's slot and cell out of reuse for ever, also after its deletion: programs may
  /// map the cell without an attachment. False: there is none of that name.
  func pin(_ name: Span<UInt8>) throws(ArenaError) -> Bool {
    guard let match = directory.find(name) else { return false }
    let state = state(ofRecord: match.slot)
    guard !state.isPinned else { return true }
    var counters = try counters()
    counters.pinnedCount += 1
    bytes.write(Intent(operation: .pin, slot: match.slot, counters: counters))
    CrashPoint.pinIntended.reached()
    // pairs with the acquire in Directory.match
    bytes.release(state.pinned.word, at: directory.record(match.slot, RecordLayout.state))
    CrashPoint.pinMarked.reached()
    bytes.write(counters)
    CrashPoint.pinApplied.reached()
    bytes.clearIntent()
    return true
  }
}
