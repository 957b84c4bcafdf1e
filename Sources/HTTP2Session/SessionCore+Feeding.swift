// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// A server's answers whose bodies come piece by piece.
///
/// Pieces wait in the body of the slot's response. Where they are used up the library is told to
/// ask no more, and to ask again with the next piece: a stream without news costs nothing.
extension SessionCore {
  /// Notes that the answer in a slot, just submitted, has only begun.
  mutating func beginFeeding(_ slot: Int, session: SessionHandle) {
    slots[slot].isPiecewise = true
    slots[slot].isFed = true
    session.takeTurns(slots[slot].stream)
  }

  /// See ``HTTP2Session/append(_:to:)``.
  mutating func append(_ bytes: Span<UInt8>, to stream: Int32, session: SessionHandle) -> Bool {
    let slot = slot(of: stream, in: session)
    guard slot >= 0, slots[slot].isFed else { return false }
    guard !bytes.isEmpty else { return true }
    slots[slot].addPiece(bytes)
    unsentPieceBytes &+= bytes.count
    resume(slot, session: session)
    return true
  }

  /// See ``HTTP2Session/finish(_:)``.
  mutating func finish(_ stream: Int32, session: SessionHandle) {
    let slot = slot(of: stream, in: session)
    guard slot >= 0, slots[slot].isFed else { return }
    slots[slot].isFed = false
    resume(slot, session: session)
  }

  private mutating func resume(_ slot: Int, session: SessionHandle) {
    guard slots[slot].isDeferred else { return }
    slots[slot].isDeferred = false
    session.resumeBody(slots[slot].stream)
  }

  /// See ``HTTP2Session/unsentBytes(of:)``.
  func unsentBytes(of stream: Int32, session: SessionHandle) -> Int {
    let slot = slot(of: stream, in: session)
    return slot >= 0 ? slots[slot].unsentCount : 0
  }

  /// Counts body bytes as sent, or as never to be sent.
  mutating func forgetUnsent(_ count: Int, of slot: Int) {
    if slots[slot].isPiecewise {
      unsentPieceBytes &-= count
    } else {
      unsentBytes &-= count
    }
  }

  /// See ``HTTP2Session/nextClosed()``.
  mutating func nextClosed() -> UInt32? {
    closedStreams.isEmpty ? nil : UInt32(bitPattern: closedStreams.removeFirst())
  }
}

extension StreamSlot {
  /// Body bytes that are not in the output yet.
  var unsentCount: Int { outputCount &- outputOffset }

  /// Adds to the body that goes out, over what of it was sent.
  fileprivate mutating func addPiece(_ bytes: Span<UInt8>) {
    // Bytes move only when as many were sent: each moves once, on the average.
    if outputOffset > unsentCount {
      response.body.removeFirst(outputOffset)
      outputOffset = 0
    }
    response.body.append(bytes: bytes)
    outputCount = response.body.count
  }

  /// Drops a body of which all was sent.
  mutating func dropSentPieces(keptBytes: Int) {
    guard isFed, unsentCount == 0 else { return }
    response.body.removeAll(keepingCapacity: response.body.capacity <= keptBytes)
    outputOffset = 0
    outputCount = 0
  }
}
