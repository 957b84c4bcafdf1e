// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc
import Synchronization

// A deleted slot waits in a list, oldest first, until the kernel says that nobody is attached any
// more who was attached when it was deleted; then it moves to the list of free slots. Places of old
// index levels wait in the same way.
extension DirectoryWriter {
  /// So many slots wait before the kernel is asked, so that its answer is worth the question.
  static let reclaimStep = 64
  private static let batch = 256

  /// Asks when enough is waiting and nothing is free; after a "no" only when much more waits.
  func reclaimWhenDue() throws(ArenaError) {
    let counters = try counters()
    guard counters.freeHead == 0 else { return }
    let waiting = counters.quarantineCount
    guard waiting >= memory.withLock({ $0.reclaimAt }) else { return }
    let freed = try reclaim(atMost: Self.batch)
    memory.withLock {
      $0.reclaimAt = freed > 0 ? Self.reclaimStep : waiting + max(Self.reclaimStep, waiting / 2)
    }
  }

  /// Frees slots, at most `limit`, and places of index levels, as far as nobody can be using them.
  ///
  /// - Returns: How many slots.
  @discardableResult
  func reclaim(atMost limit: Int) throws(ArenaError) -> Int {
    var counters = try counters()
    let places = retiredPlaces()
    guard counters.quarantineHead > 0 || !places.isEmpty else { return 0 }
    let epoch = try unusedEpoch(upTo: counters.deleteEpoch)
    for place in places where place.epoch <= epoch { try free(place) }
    var freed = 0
    while freed < limit, counters.quarantineHead > 0 {
      let slot = counters.quarantineHead - 1
      let deleted = bytes.relaxed(directory.record(slot, RecordLayout.deletedEpoch))
      guard deleted <= epoch else { break }
      try free(slot, &counters)
      freed += 1
    }
    return freed
  }

  /// Everything that was deleted up to this epoch is out of everybody's reach.
  ///
  /// An attachment holds the byte of the epoch at which it was made, and may use what was deleted
  /// after that. The answer stays true: who attaches from now on finds only what lives now.
  private func unusedEpoch(upTo latest: Int) throws(ArenaError) -> UInt64 {
    var epoch = latest
    // Each turn meets an older attachment. A stranger may hold many bytes: then nothing is freed.
    for _ in 0..<64 {
      guard epoch > 0 else { return 0 }
      let start = Int64(bitPattern: Arena.firstLockByte)
      guard let found = try valuesFile.foreignLock(from: start, length: Int64(epoch)) else {
        return UInt64(epoch)
      }
      epoch = max(0, Int(found.start - start))
    }
    return 0
  }

  private func free(_ slot: Int, _ counters: inout DirectoryCounters) throws(ArenaError) {
    let state = state(ofRecord: slot)
    guard state.status == .dead else { throw malformed("list of slots") }
    let next = try link(ofRecord: slot, below: counters.nextSlot)
    let oldHead = counters.freeHead
    counters.quarantineHead = next
    if next == 0 { counters.quarantineTail = 0 }
    counters.quarantineCount -= 1
    counters.freeHead = slot + 1
    counters.freeCount += 1
    let intent = Intent(operation: .reclaim, slot: slot, link: oldHead, counters: counters)
    bytes.write(intent)
    CrashPoint.reclaimIntended.reached()
    finishReclaim(intent)
  }

  /// Doing it twice is doing it once.
  func finishReclaim(_ intent: Intent) {
    let state = state(ofRecord: intent.slot)
    // pairs with the acquire in Directory.match, which takes it for not live, as before
    bytes.release(
      RecordState(generation: state.generation, .free).word,
      at: directory.record(intent.slot, RecordLayout.state))
    setLink(ofRecord: intent.slot, to: intent.link)
    CrashPoint.reclaimFreed.reached()
    bytes.write(intent.counters)
    CrashPoint.reclaimApplied.reached()
    bytes.clearIntent()
  }

  // MARK: - Places of index levels

  private func retiredPlaces() -> [(number: Int, epoch: UInt64)] {
    (0..<IndexPlace.maximumCount).compactMap { number in
      let epoch = bytes.relaxed(HeaderLayout.indexPlaces + 8 * number)
      return epoch == 0 ? nil : (number, epoch)
    }
  }

  private func free(_ place: (number: Int, epoch: UInt64)) throws(ArenaError) {
    try punch(place.number)
    CrashPoint.placePunched.reached()
    bytes.write(0, at: HeaderLayout.indexPlaces + 8 * place.number)
  }

  /// Gives back the memory of places that hold neither the present level nor one that waits: what a
  /// killed builder left.
  func punchFreePlaces() throws(ArenaError) {
    let present = try level(of: counters())
    for number in 0..<IndexPlace.maximumCount
    where number != present.place(in: header)
      && bytes.relaxed(HeaderLayout.indexPlaces + 8 * number) == 0
    {
      try punch(number)
    }
  }

  private func punch(_ place: Int) throws(ArenaError) {
    let log2 = IndexLayout.firstLevelLog2 + place / 2
    guard log2 <= IndexLayout.largestLevelLog2(capacity: header.capacity) else { return }
    let level = IndexLevel(log2: log2, half: place % 2, in: header)
    try directoryFile.punchHole(level.start..<level.start + level.byteCount)
  }
}
