// SPDX-License-Identifier: Apache-2.0

extension DirectoryWriter {
  /// Finishes or takes back what a killed writer had begun. Called with the lock just taken.
  func recover() throws(ArenaError) {
    guard let intent = bytes.intent else { return }
    guard isPlausible(intent.counters), intent.slot <= intent.counters.nextSlot,
      intent.slot < max(1, directory.watermark),
      let level = IndexLevel(bytes.relaxed(HeaderLayout.indexWord), in: header),
      (0...level.mask).contains(intent.position), (0...64).contains(intent.run),
      (Intent.noLink...intent.counters.nextSlot).contains(intent.link)
        || intent.operation == .rebuild
    else { throw malformed("intent") }
    switch intent.operation {
    case .create: recoverCreate(intent, in: level)
    case .delete: recoverDelete(intent, in: level)
    case .rebuild:
      guard (0..<IndexPlace.maximumCount).contains(intent.link) else { throw malformed("intent") }
      finishRebuild(intent)
    case .reclaim: finishReclaim(intent)
    case .pin: recoverPin(intent)
    }
  }

  private func recoverCreate(_ intent: Intent, in level: IndexLevel) {
    if state(ofRecord: intent.slot).isLive {
      bytes.write(intent.counters)
    } else {
      let word = bytes.relaxed(level.offset(intent.position))
      if directory.slot(in: word) == intent.slot {
        // pairs with the acquire in Directory.find
        bytes.release(intent.previousWord, at: level.offset(intent.position))
      }
      if intent.link == Intent.noLink {
        // pairs with the acquire in Directory.nextSlot
        bytes.release(UInt64(truncatingIfNeeded: intent.slot), at: HeaderLayout.nextSlot)
      } else {
        setLink(ofRecord: intent.slot, to: intent.link)
      }
      CrashPoint.createUndone.reached()
    }
    bytes.clearIntent()
  }

  private func recoverDelete(_ intent: Intent, in level: IndexLevel) {
    if state(ofRecord: intent.slot).isLive {
      bytes.clearIntent()
    } else {
      finishDelete(intent, in: level)
    }
  }

  private func recoverPin(_ intent: Intent) {
    if state(ofRecord: intent.slot).isPinned { bytes.write(intent.counters) }
    bytes.clearIntent()
  }
}
