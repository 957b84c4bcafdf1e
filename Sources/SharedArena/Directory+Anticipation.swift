// SPDX-License-Identifier: Apache-2.0

/// Having the processor fetch what a look-up reads, while other look-ups are prepared. All of these
/// are hints: what they find decides nothing, and may be wrong.
extension Directory {
  /// Asks for the index word where the way of names with this hash begins.
  func anticipateIndex(_ hash: UInt64) {
    guard let level else { return }
    bytes.anticipate(level.offset(level.firstPosition(hash)))
  }

  /// Asks for the record that the index names for this hash.
  ///
  /// - Returns: Its slot; nil where none comes soon.
  func anticipateRecord(_ hash: UInt64) -> Int? {
    guard let level else { return nil }
    let fingerprint = hash >> 32
    var position = level.firstPosition(hash)
    // Farther away it is on a line that was not asked for.
    for _ in 0..<8 {
      let word = bytes.relaxed(level.offset(position))
      if word == 0 { return nil }
      if word >> 32 == fingerprint, let slot = slot(in: word) {
        bytes.anticipate(record(slot, RecordLayout.state))
        return slot
      }
      position = (position &+ 1) & level.mask
    }
    return nil
  }
}
