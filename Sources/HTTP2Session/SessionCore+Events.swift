// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// Notices of the callbacks made into events of the user.
extension SessionCore {
  var openStreams: Int { slots.count &- freeSlots.count }

  var hasEvents: Bool { noticeHead < notices.count && !isPaused }

  /// Whether the peer must read before anything more is done for it.
  private var isPaused: Bool { isServer && unsentBytes > limits.responseBufferBytes }

  mutating func nextEvent(session: SessionHandle) -> HTTPEvent? {
    while let notice = nextNotice() {
      switch notice.kind {
      case .message:
        guard hasMessage(notice) else { continue }
        return isServer ? arrived(notice, session: session) : response(notice, session: session)
      case .head: return fetchHead(notice)
      case .piece: return fetchPiece(notice, session: session)
      case .end:
        fetchEnd(notice)
        return .responseEnd(stream: UInt32(bitPattern: notice.stream))
      case .closed:
        fetchEnd(notice)
        return .closed(stream: UInt32(bitPattern: notice.stream), code: notice.code)
      }
    }
    return nil
  }

  private mutating func nextNotice() -> Notice? {
    guard hasEvents else { return nil }
    let notice = notices[noticeHead]
    noticeHead &+= 1
    if noticeHead == notices.count {
      notices.removeAll(keepingCapacity: true)
      noticeHead = 0
    }
    return notice
  }

  /// Whether the message that a notice speaks of is there: its stream may have been reset.
  private func hasMessage(_ notice: Notice) -> Bool {
    let slot = notice.slot
    return slots[slot].stream == notice.stream
      && (slots[slot].phase == .ready || slots[slot].phase == .closed)
  }

  private mutating func arrived(_ notice: Notice, session: SessionHandle) -> HTTPEvent {
    take(notice, session: session)
    if let rejection = slots[notice.slot].rejection {
      return .rejected(rejection, stream: UInt32(bitPattern: notice.stream))
    }
    return .request(slots[notice.slot].request)
  }

  private mutating func response(_ notice: Notice, session: SessionHandle) -> HTTPEvent {
    let slot = notice.slot
    let stream = UInt32(bitPattern: notice.stream)
    returnBody(of: slot, session: session)
    let isClosed = slots[slot].phase == .closed
    slots[slot].phase = .delivered
    let response = slots[slot].response
    let rejection = slots[slot].rejection
    if isClosed { releaseSlot(slot) }
    guard rejection == nil else { return .closed(stream: stream, code: ErrorCode.cancel) }
    return .response(response, stream: stream)
  }

  /// Marks a request as handed over.
  private mutating func take(_ notice: Notice, session: SessionHandle) {
    returnBody(of: notice.slot, session: session)
    slots[notice.slot].phase = .delivered
    slots[notice.slot].request.stream = UInt32(bitPattern: notice.stream)
  }

  // MARK: - Answering at once

  /// A request that is lent to whoever answers it.
  struct Loan {
    let slot: Int
    let stream: Int32
    let rejection: HTTPRejection?
  }

  /// The next request, to be lent with the buffers of its answer; nil: there is none now.
  mutating func lend(session: SessionHandle) -> Loan? {
    while let notice = nextNotice() {
      guard hasMessage(notice) else { continue }
      let slot = notice.slot
      take(notice, session: session)
      slots[slot].isLent = true
      slots[slot].answered = true
      return Loan(slot: slot, stream: notice.stream, rejection: slots[slot].rejection)
    }
    return nil
  }

  /// Sends the answer, unless the stream has gone meanwhile.
  mutating func takeBack(_ loan: Loan, session: SessionHandle) {
    let slot = loan.slot
    slots[slot].isLent = false
    guard slots[slot].stream == loan.stream else { return releaseSlot(slot) }
    if slots[slot].response.delivery == .later {
      slots[slot].answered = false
      slots[slot].response.reset(keptBytes: StreamSlot.keptBytes)
    } else {
      _ = submitResponse(of: slot, session: session)
    }
  }

  /// Drops the buffers of free slots; slots in use keep their places.
  mutating func releaseIdleMemory() {
    if openStreams == 0, noticeHead == notices.count {
      slots = SlotTable()
      freeSlots = []
      notices = []
    } else {
      for slot in freeSlots { slots[slot] = StreamSlot() }
      for slot in slots.indices { slots[slot].dropSentPieces(keptBytes: 0) }
    }
    seen.removeAll()
  }
}
