// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// Notices of the callbacks made into events of the user.
extension SessionCore {
  var openStreams: Int { slots.count &- freeSlots.count }

  var hasEvents: Bool { noticeHead < notices.count && !isPaused }

  /// Whether the peer must read before anything more is done for it.
  private var isPaused: Bool { isServer && unsentBytes > limits.responseBufferBytes }

  mutating func nextEvent(session: SessionHandle) -> HTTPEvent? {
    while noticeHead < notices.count, !isPaused {
      let notice = notices[noticeHead]
      noticeHead &+= 1
      if noticeHead == notices.count {
        notices.removeAll(keepingCapacity: true)
        noticeHead = 0
      }
      switch notice.kind {
      case .closed:
        return .closed(stream: UInt32(bitPattern: notice.stream), code: notice.code)
      case .message:
        if let event = message(notice, session: session) { return event }
      }
    }
    return nil
  }

  /// The message a notice speaks of, or nil if its stream was reset meanwhile.
  private mutating func message(_ notice: Notice, session: SessionHandle) -> HTTPEvent? {
    let slot = notice.slot
    guard slots[slot].stream == notice.stream,
      slots[slot].phase == .ready || slots[slot].phase == .closed
    else { return nil }
    returnBody(of: slot, session: session)
    let stream = UInt32(bitPattern: notice.stream)
    let isClosed = slots[slot].phase == .closed
    slots[slot].phase = .delivered
    guard isServer else {
      let response = HTTPResponse(
        status: slots[slot].status, fields: slots[slot].fields, body: slots[slot].body)
      let rejection = slots[slot].rejection
      if isClosed { releaseSlot(slot) }
      guard rejection == nil else { return .closed(stream: stream, code: ErrorCode.cancel) }
      return .response(response, stream: stream)
    }
    if let rejection = slots[slot].rejection { return .rejected(rejection, stream: stream) }
    return .request(request(in: slot))
  }

  func request(in slot: Int) -> HTTPRequest {
    var request = HTTPRequest(
      method: slots[slot].method, target: slots[slot].target, authority: slots[slot].authority,
      scheme: slots[slot].scheme, fields: slots[slot].fields, body: slots[slot].body,
      stream: UInt32(bitPattern: slots[slot].stream), version: .http2, keepAlive: true)
    request.isBodyUnread = slots[slot].isBodyUnread
    return request
  }

  /// Drops the buffers of free slots; slots in use keep their places.
  mutating func releaseIdleMemory() {
    if openStreams == 0, noticeHead == notices.count {
      slots = []
      freeSlots = []
      notices = []
      // Safety: the entries are read during a submission only, and none is under way.
      unsafe nameValues = []
    } else {
      for slot in freeSlots { slots[slot] = StreamSlot() }
    }
  }
}
