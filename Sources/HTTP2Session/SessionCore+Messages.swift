// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// Messages coming in, from the first field to the end of the body.
extension SessionCore {
  /// The slot of a live stream, or -1.
  func slot(of stream: Int32, in session: SessionHandle) -> Int {
    let slot = session.slotNumber(of: stream)
    guard slot >= 0, slot < slots.count, slots[slot].stream == stream else { return -1 }
    return slot
  }

  /// A header section begins: a request, a response, or trailers.
  mutating func beginHeaders(stream: Int32, isRequest: Bool, session: SessionHandle) {
    section = HeaderSection()
    if isRequest {
      current = acquireSlot(stream: stream)
      session.setSlotNumber(current, of: stream)
    } else {
      current = slot(of: stream, in: session)
      guard current >= 0 else { return }
      if isServer || slots[current].response.status >= 200 {
        slots[current].inTrailers = true
      } else {
        // The next response after an interim one.
        slots[current].response.status = 0
        slots[current].response.fields.removeAll(keepingCapacity: true)
      }
    }
  }

  /// The header section of `current` is complete.
  mutating func endHeaders(endStream: Bool, session: SessionHandle) {
    let slot = current
    current = -1
    guard slot >= 0 else { return }
    if !slots[slot].inTrailers, slots[slot].phase == .headers {
      guard isServer || slots[slot].response.status >= 200 else { return }
      if isServer, slots[slot].rejection == nil, !hasWholeHead(slot) {
        return resetMalformed(slot, session: session)
      }
      slots[slot].phase = .body
      if isServer {
        endRequestHeaders(slot, endStream: endStream, session: session)
      } else if slots[slot].isPiecewise {
        announceHead(slot, session: session)
      }
    } else if isServer, !endStream {
      // Trailers are the end (RFC 9113 §8.1).
      return resetMalformed(slot, session: session)
    }
    if endStream { endMessage(slot, session: session) }
  }

  /// Resets the stream whose header section is being read.
  mutating func refuseMalformed(session: SessionHandle) {
    if current >= 0 { resetMalformed(current, session: session) }
  }

  /// Resets a stream whose request is malformed (RFC 9113 §8.1.1): nobody hears of it. It costs the
  /// peer no more than any reset.
  mutating func resetMalformed(_ slot: Int, session: SessionHandle) {
    if slots[slot].phase == .headers || slots[slot].phase == .body {
      returnBody(of: slot, session: session)
      slots[slot].dropReceived(isServer: isServer)
      slots[slot].phase = .delivered
      slots[slot].answered = true
    }
    session.reset(slots[slot].stream, code: ErrorCode.protocolError)
    if !allowNuisance() { session.terminate(code: ErrorCode.enhanceYourCalm) }
  }

  private mutating func endRequestHeaders(_ slot: Int, endStream: Bool, session: SessionHandle) {
    if !endStream {
      // Looked at here, the names cost no copy of the fields.
      let names = slots[slot].request.fields.names
      if slots[slot].rejection == nil, slots[slot].declaredLength > limits.bodyBytes {
        slots[slot].rejection = .payloadTooLarge
      }
      if slots[slot].rejection == nil, let wantsBody, !wantsBody(head(of: slot)) {
        slots[slot].request.isBodyUnread = true
        // As a rejection is: what still comes is discarded.
        return announce(slot)
      }
      if slots[slot].rejection == nil, names.contains(HTTPFieldName.Set(.expect)),
        slots[slot].request.fields.first(.expect, equals: "100-continue")
      {
        submitContinue(slots[slot].stream, session: session)
      }
    }
    // A rejection is told at once: the body may never come.
    if slots[slot].rejection != nil { announce(slot) }
  }

  /// A copy of the request whose head is complete.
  private func head(of slot: Int) -> HTTPRequest {
    var head = slots[slot].request
    head.stream = UInt32(bitPattern: slots[slot].stream)
    return head
  }

  /// Takes a piece of a body.
  mutating func body(_ bytes: Span<UInt8>, stream: Int32, session: SessionHandle) {
    let slot = slot(of: stream, in: session)
    guard slot >= 0, slots[slot].phase == .body, slots[slot].rejection == nil else {
      return discard(bytes.count, slot: slot, stream: stream, session: session)
    }
    if slots[slot].isPiecewise { return takePiece(bytes, slot: slot) }
    slots[slot].unreturnedBytes &+= bytes.count
    slots[slot].movedBytes &+= bytes.count
    incompleteBytes &+= bytes.count
    let received = slots[slot].receivedCount(isServer: isServer) &+ bytes.count
    if isServer, slots[slot].declaredLength >= 0, received > slots[slot].declaredLength {
      return resetMalformed(slot, session: session)
    }
    guard received <= limits.bodyBytes else {
      slots[slot].rejection = .payloadTooLarge
      // What was kept so far counts as read in vain.
      slots[slot].drainedBytes = received
      returnBody(of: slot, session: session)
      slots[slot].dropReceived(isServer: isServer)
      if isServer {
        announce(slot)
      } else {
        session.reset(stream, code: ErrorCode.cancel)
      }
      return
    }
    if isServer {
      slots[slot].request.body.append(bytes: bytes)
    } else {
      slots[slot].response.body.append(bytes: bytes)
    }
    if incompleteBytes > bodyBudget { refuseYoungest(session: session) }
  }

  /// Takes a piece of a body that nobody will read: the windows get it back at once, so that the
  /// peer can come to its end and read the answer; some clients look at it no sooner.
  private mutating func discard(
    _ count: Int, slot: Int, stream: Int32, session: SessionHandle
  ) {
    session.returnWindow(count, stream: stream)
    guard slot >= 0 else { return }
    slots[slot].drainedBytes &+= count
    slots[slot].movedBytes &+= count
    stopLongInput(slot)
  }

  /// Has a stream reset that is answered in full and whose body still does not end.
  mutating func stopLongInput(_ slot: Int) {
    guard isServer, slots[slot].answered, slots[slot].isOutputDone, !slots[slot].inputEnded,
      slots[slot].drainedBytes > limits.drainBytes
    else { return }
    unwantedInput.append(slots[slot].stream)
  }

  /// Many bodies at once can fill the budget without one being complete; the stream opened last
  /// gives way, told by REFUSED_STREAM that nothing was done for it.
  private mutating func refuseYoungest(session: SessionHandle) {
    var youngest = -1
    for slot in slots.indices where slots[slot].phase == .body && slots[slot].unreturnedBytes > 0 {
      // Nor does a response in pieces count towards the budget.
      if slots[slot].isPiecewise { continue }
      if youngest < 0 || slots[slot].stream > slots[youngest].stream { youngest = slot }
    }
    guard youngest >= 0 else { return }
    returnBody(of: youngest, session: session)
    slots[youngest].dropReceived(isServer: isServer)
    slots[youngest].phase = .delivered
    // Nobody has heard of it, so nobody hears of its end.
    slots[youngest].answered = true
    session.reset(slots[youngest].stream, code: ErrorCode.refusedStream)
  }

  /// END_STREAM came.
  mutating func endMessage(_ slot: Int, session: SessionHandle) {
    slots[slot].inputEnded = true
    guard slots[slot].phase == .body else { return }
    if isServer, slots[slot].declaredLength >= 0,
      slots[slot].declaredLength != slots[slot].request.body.count
    {
      return resetMalformed(slot, session: session)
    }
    if slots[slot].isPiecewise { announceEnd(slot) } else { announce(slot) }
  }

  private mutating func announce(_ slot: Int) {
    incompleteBytes &-= slots[slot].unreturnedBytes
    slots[slot].phase = .ready
    post(.message, slot: slot, stream: slots[slot].stream)
  }

  /// The stream is gone, by END_STREAM both ways or by a reset.
  mutating func closeStream(_ stream: Int32, code: UInt32, session: SessionHandle) {
    let slot = slot(of: stream, in: session)
    guard slot >= 0 else { return }
    if current == slot { current = -1 }
    forgetUnsent(slots[slot].unsentCount, of: slot)
    slots[slot].outputOffset = slots[slot].outputCount
    if !isServer, slots[slot].isPiecewise { return closePieces(slot, code: code) }
    if !isServer, slots[slot].phase == .ready {
      // The response outlives its stream until somebody fetches it.
      slots[slot].phase = .closed
      return
    }
    returnBody(of: slot, session: session)
    let wasDelivered = slots[slot].phase == .delivered
    if !isServer {
      if !wasDelivered { post(.closed, slot: slot, stream: stream, code: code) }
    } else if wasDelivered && !slots[slot].answered || slots[slot].isFed {
      closedStreams.append(stream)
    }
    if slots[slot].isLent {
      // Whoever has it gives it back.
      slots[slot].stream = 0
    } else {
      releaseSlot(slot)
    }
  }

  /// Gives the body bytes of a slot back to the connection's window.
  mutating func returnBody(of slot: Int, session: SessionHandle) {
    let count = slots[slot].unreturnedBytes
    guard count > 0 else { return }
    slots[slot].unreturnedBytes = 0
    if slots[slot].phase == .body { incompleteBytes &-= count }
    if slots[slot].rejection == nil {
      // The stream needs no update of its own: its window holds a whole body.
      session.returnWindow(count)
    } else {
      session.returnWindow(count, stream: slots[slot].stream)
    }
  }
}

extension StreamSlot {
  /// Body bytes that have come and are kept.
  fileprivate func receivedCount(isServer: Bool) -> Int {
    isServer ? request.body.count : response.body.count
  }

  /// Frees what has come of a body.
  fileprivate mutating func dropReceived(isServer: Bool) {
    if isServer { request.body = [] } else { response.body = [] }
  }
}
