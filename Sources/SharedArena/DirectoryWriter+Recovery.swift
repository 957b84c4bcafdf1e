// SPDX-License-Identifier: Apache-2.0

extension DirectoryWriter {
  /// Finishes or takes back what a killed writer had begun. Called with the lock just taken.
  func recover() throws(ArenaError) {
    guard let intent = bytes.intent else { return }
    guard intent.operation != .rebuild else {
      bytes.write(intent.counters)
      return bytes.clearIntent()
    }
    guard intent.slot < directory.watermark,
      let level = IndexLevel(bytes.relaxed(HeaderLayout.indexWord), in: header),
      (0...level.mask).contains(intent.position)
    else { throw malformed("intent") }
    if intent.operation == .create {
      recoverCreate(intent, in: level)
    } else {
      recoverDelete(intent, in: level)
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
