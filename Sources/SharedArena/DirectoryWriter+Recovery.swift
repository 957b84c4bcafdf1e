// SPDX-License-Identifier: Apache-2.0

extension DirectoryWriter {
  /// Finishes or takes back what a killed writer had begun. Called with the lock just taken.
  func recover() throws(ArenaError) {
    guard let intent = bytes.intent else { return }
    guard intent.slot < header.capacity,
      let level = IndexLevel(bytes.relaxed(HeaderLayout.indexWord), in: header),
      (0...level.mask).contains(intent.position)
    else { throw malformed("intent") }
    switch intent.operation {
    case .create: recoverCreate(intent, in: level)
    case .delete: recoverDelete(intent, in: level)
    case .rebuild:
      bytes.write(intent.counters)
      bytes.clearIntent()
    }
  }

  private func recoverCreate(_ intent: Intent, in level: IndexLevel) {
    let state = RecordState(bytes.relaxed(directory.record(intent.slot, RecordLayout.state)))
    if state.status == .live {
      bytes.write(intent.counters)
    } else {
      let word = bytes.relaxed(level.offset(intent.position))
      if directory.slot(in: word) == intent.slot {
        bytes.release(intent.previousWord, at: level.offset(intent.position))
      }
      bytes.release(UInt64(truncatingIfNeeded: intent.slot), at: HeaderLayout.nextSlot)
    }
    bytes.clearIntent()
  }

  private func recoverDelete(_ intent: Intent, in level: IndexLevel) {
    let state = RecordState(bytes.relaxed(directory.record(intent.slot, RecordLayout.state)))
    if state.status == .live {
      bytes.clearIntent()
    } else {
      finishDelete(intent, in: level)
    }
  }
}
