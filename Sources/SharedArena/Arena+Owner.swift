// SPDX-License-Identifier: Apache-2.0

extension Arena {
  /// Removes the registers of one owner that lie in a part of the slots.
  ///
  /// The directory is held for one removal at a time, so that others get in between.
  ///
  /// - Parameters:
  ///   - user: Whose registers; those of other users with the same tag stay.
  ///   - cursor: 0 for the first part, then each part's `next`.
  ///   - limit: At most this many are removed, at least one.
  ///   - scanLimit: At most this many slots are looked at, at least one.
  /// - Returns: Handles of the registers that were removed, and where the next part starts; nil:
  ///   this was the last. Registers that exist all the time are met exactly once; those that come
  ///   meanwhile may or may not be.
  /// - Throws: As `create(_:)`, as far as it applies, and only before anything was removed: after
  ///   that the part ends early, and the next one throws.
  /// - Complexity: O(`scanLimit`). For each removal waits for other writers up to the lock timeout.
  public func deleteOwned(
    by user: UInt32, tag: UInt64, from cursor: UInt64, limit: Int, scanLimit: Int
  ) throws(ArenaError) -> (deleted: [RegisterHandle], next: UInt64?) {
    var deleted: [RegisterHandle] = []
    guard let (slots, end) = directory.slots(from: cursor, limit: scanLimit) else {
      return ([], nil)
    }
    var slot = slots.lowerBound
    while slot < slots.upperBound, deleted.count < max(1, limit) {
      if directory.isOwned(ofRecord: slot, by: user, tag: tag) {
        let found = slot
        do throws(ArenaError) {
          let handle = try withDirectory { writer throws(ArenaError) in
            try writer.delete(slot: found, ownedBy: user, tag: tag)
          }
          if let handle { deleted.append(handle) }
        } catch {
          if deleted.isEmpty { throw error }
          break
        }
      }
      slot += 1
    }
    return (deleted, slot < end ? UInt64(slot) : nil)
  }
}

extension DirectoryWriter {
  /// Removes the register in `slot` if it is still this owner's.
  fileprivate func delete(
    slot: Int, ownedBy user: UInt32, tag: UInt64
  ) throws(ArenaError) -> RegisterHandle? {
    guard directory.isOwned(ofRecord: slot, by: user, tag: tag) else { return nil }
    let name = directory.name(ofRecord: slot)
    guard let match = directory.find(name.span), match.slot == slot else { return nil }
    return try delete(name.span) ? RegisterHandle(match) : nil
  }
}

extension Directory {
  /// Whether a live register of this owner is in `slot`: a hint, but to the directory's holder.
  fileprivate func isOwned(ofRecord slot: Int, by user: UInt32, tag: UInt64) -> Bool {
    liveGeneration(ofRecord: slot) != nil
      && UInt32(truncatingIfNeeded: bytes.relaxed(record(slot, RecordLayout.description))) == user
      && bytes.relaxed(record(slot, RecordLayout.ownerTag)) == tag
  }
}
