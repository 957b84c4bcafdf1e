// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// A client's responses that are told piece by piece.
///
/// What comes of a body waits in the slot's response until it is fetched, and the windows get it
/// back then: no more than a stream's window waits. The slot outlives its stream until its end is
/// fetched: it is `ready` when the end is announced, `delivered` when that was fetched before the
/// stream is gone, `closed` when it is the other way round.
extension SessionCore {
  /// The head is complete.
  mutating func announceHead(_ slot: Int, session: SessionHandle) {
    if slots[slot].rejection == nil {
      post(.head, slot: slot, stream: slots[slot].stream)
    } else {
      session.reset(slots[slot].stream, code: ErrorCode.cancel)
    }
  }

  /// Takes bytes of a body.
  mutating func takePiece(_ bytes: Span<UInt8>, slot: Int) {
    guard !bytes.isEmpty else { return }
    if slots[slot].response.body.isEmpty { post(.piece, slot: slot, stream: slots[slot].stream) }
    slots[slot].unreturnedBytes &+= bytes.count
    slots[slot].response.body.append(bytes: bytes)
  }

  /// END_STREAM came.
  mutating func announceEnd(_ slot: Int) {
    slots[slot].phase = .ready
    let stream = slots[slot].stream
    if slots[slot].rejection == nil {
      post(.end, slot: slot, stream: stream)
    } else {
      post(.closed, slot: slot, stream: stream, code: ErrorCode.cancel)
    }
  }

  /// The stream is gone.
  mutating func closePieces(_ slot: Int, code: UInt32) {
    switch slots[slot].phase {
    case .delivered: releaseSlot(slot)
    case .ready: slots[slot].phase = .closed
    case .free, .headers, .body, .closed:
      slots[slot].phase = .closed
      post(.closed, slot: slot, stream: slots[slot].stream, code: code)
    }
  }

  /// The head, without the bytes of the body that have come meanwhile.
  mutating func fetchHead(_ notice: Notice) -> HTTPEvent {
    var head = HTTPResponse(status: 0)
    swap(&head, &slots[notice.slot].response)
    swap(&head.body, &slots[notice.slot].response.body)
    // Tells trailers from the head after an interim response.
    slots[notice.slot].response.status = head.status
    return .responseHead(head, stream: UInt32(bitPattern: notice.stream))
  }

  /// All bytes of the body that have come and were not fetched.
  mutating func fetchPiece(_ notice: Notice, session: SessionHandle) -> HTTPEvent {
    var piece: [UInt8] = []
    swap(&piece, &slots[notice.slot].response.body)
    session.returnWindow(slots[notice.slot].unreturnedBytes, stream: notice.stream)
    slots[notice.slot].unreturnedBytes = 0
    return .piece(piece, stream: UInt32(bitPattern: notice.stream))
  }

  /// The last that is told of a response in pieces, if it is one.
  mutating func fetchEnd(_ notice: Notice) {
    let slot = notice.slot
    guard slot < slots.count, slots[slot].stream == notice.stream, slots[slot].isPiecewise
    else { return }
    if slots[slot].phase == .closed {
      releaseSlot(slot)
    } else {
      slots[slot].phase = .delivered
    }
  }
}
