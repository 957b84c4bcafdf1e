// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// Streams whose peer does nothing for them (RFC 9113 §10.5): it gives no window for the answer, or
/// never ends its request. Each holds buffers and one of the places of the connection.
extension SessionCore {
  /// Whether there is a stream that only its peer can bring further.
  var awaitsPeer: Bool {
    guard isServer, limits.stallSeconds > 0 else { return false }
    for slot in slots.indices where slots[slot].awaitsPeer { return true }
    return false
  }

  /// Takes all streams for moved: it is the connection that stands still, not they.
  mutating func excuseStreams() {
    for slot in slots.indices { slots[slot].movedSecond = second }
  }

  /// Resets the streams that have not moved for as long as they may. Once a second, O(streams).
  mutating func resetStalled(session: SessionHandle) {
    for slot in slots.indices {
      guard slots[slot].awaitsPeer, slots[slot].movedBytes == slots[slot].movedCount else {
        slots[slot].movedCount = slots[slot].movedBytes
        slots[slot].movedSecond = second
        continue
      }
      // The second in which it moved may have been over at once.
      guard second &- slots[slot].movedSecond > Int64(limits.stallSeconds) else { continue }
      // Nothing else can be said on the connection before a header section ends (§4.3).
      if slot == current { return session.terminate(code: ErrorCode.enhanceYourCalm) }
      slots[slot].movedSecond = second
      session.reset(slots[slot].stream, code: ErrorCode.enhanceYourCalm)
    }
  }
}

extension StreamSlot {
  fileprivate var awaitsPeer: Bool { stream != 0 && (unsentCount > 0 || !inputEnded) }

}
