// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// Messages going out. The library copies names and values while a message is submitted, except
/// those it is told not to: these are literals, which live as long as the process.
extension SessionCore {
  /// Submits the response to a stream.
  /// - Returns: false if the stream is gone or has its answer.
  mutating func respond(
    _ response: consuming HTTPResponse, to stream: Int32, session: SessionHandle
  ) -> Bool {
    let slot = slot(of: stream, in: session)
    guard slot >= 0, !slots[slot].answered else { return false }
    slots[slot].response = response
    return submitResponse(of: slot, session: session)
  }

  /// Submits the response that stands in a slot.
  mutating func submitResponse(of slot: Int, session: SessionHandle) -> Bool {
    slots[slot].answered = true
    let status = slots[slot].response.status
    let count = slots[slot].response.body.count
    let hasBody = status != 204 && status != 304
    let isWhole = slots[slot].response.delivery != .piecewise
    let sendsBody =
      hasBody && (count > 0 || !isWhole) && slots[slot].request.method != .head
    if sendsBody {
      slots[slot].outputCount = count
      if isWhole { unsentBytes &+= count } else { unsentPieceBytes &+= count }
    } else {
      stopLongInput(slot)
    }
    // `:status`, `content-length`, `content-type`, `cache-control`, `etag` and `date`.
    let capacity = slots[slot].response.fields.count &+ 6
    let code = unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: capacity) {
      var block = unsafe FieldBlock($0)
      if let status = Self.literal(status) {
        block.append(":status", status)
      } else {
        setStatus(status)
        unsafe block.append(":status", digits, count: 3)
      }
      if hasBody, isWhole {
        let length = setLength(count)
        unsafe block.append("content-length", digits + 4, count: length)
      }
      if let content = slots[slot].response.content {
        block.append("content-type", content.mediaType)
      }
      if slots[slot].response.isNeverStored {
        block.append("cache-control", HTTPResponse.neverStored)
      }
      // Safety: the date lives as long as the core, and a date of its length stands there always;
      // the body stays as it is while the response is submitted, and the library copies the tag.
      if dateCount > 0 { unsafe block.append("date", keeping: dateText, count: dateCount) }
      if let tag = slots[slot].response.tag,
        let base = unsafe slots[slot].outgoingBytes(isServer: true)
      {
        unsafe block.append(
          "etag", UnsafeMutablePointer(mutating: base + tag.lowerBound), count: tag.count)
      }
      return slots[slot].response.fields.withNameValues(&block) { fields in
        guard sendsBody else {
          return unsafe nghttp2_submit_response(
            session.raw, slots[slot].stream, fields.start, fields.count, nil)
        }
        var provider = unsafe Self.provider(of: slot)
        return unsafe nghttp2_submit_response(
          session.raw, slots[slot].stream, fields.start, fields.count, &provider)
      }
    }
    if !isWhole {
      if sendsBody {
        beginFeeding(slot, session: session)
      } else {
        closedStreams.append(slots[slot].stream)
      }
    }
    return code == 0
  }

  /// Submits a request; see `HTTP2Session.submit`.
  mutating func submit(
    _ request: consuming HTTPRequest, inPieces: Bool, session: SessionHandle
  ) throws(HTTP2Error) -> UInt32 {
    guard request.method != .other, request.scheme != .other else {
      throw .submissionRefused(code: Int32(NGHTTP2_ERR_INVALID_ARGUMENT.rawValue))
    }
    // The pseudo-header values travel as fields of their own: one buffer, one loop.
    var head = HTTPFields()
    head.append(name: ":method", value: request.method.name)
    head.append(name: ":scheme", value: request.scheme.name)
    head.append(name: ":path", value: request.target)
    if let authority = request.authority { head.append(name: ":authority", value: authority) }
    request.fields.visit { name, value in head.append(name: name, value: value) }
    if !request.body.isEmpty { head.append(name: "content-length", value: request.body.count) }

    let slot = acquireSlot(stream: 0)
    slots[slot].isPiecewise = inPieces
    let count = request.body.count
    slots[slot].request.method = request.method
    swap(&slots[slot].request.body, &request.body)
    slots[slot].outputCount = count
    unsentBytes &+= count
    // Safety: the fields live until the closure returns, and the library copies what it keeps.
    let stream = unsafe withUnsafeTemporaryAllocation(
      of: nghttp2_nv.self, capacity: head.count
    ) {
      var block = unsafe FieldBlock($0)
      return head.withNameValues(&block) { fields in
        let data = unsafe SessionHandle.disguise(slot)
        guard count > 0 else {
          return unsafe nghttp2_submit_request(
            session.raw, nil, fields.start, fields.count, nil, data)
        }
        var provider = unsafe Self.provider(of: slot)
        return unsafe nghttp2_submit_request(
          session.raw, nil, fields.start, fields.count, &provider, data)
      }
    }
    guard stream > 0 else {
      unsentBytes &-= count
      releaseSlot(slot)
      throw .submissionRefused(code: stream)
    }
    slots[slot].stream = stream
    return UInt32(stream)
  }

  /// Resets the streams whose answers are out: their peers need not send the rest (RFC 9113 §8.1).
  /// - Returns: Whether there were any.
  mutating func stopUnwantedInput(session: SessionHandle) -> Bool {
    guard !unwantedInput.isEmpty else { return false }
    for stream in unwantedInput where slot(of: stream, in: session) >= 0 {
      session.reset(stream, code: ErrorCode.none)
    }
    unwantedInput.removeAll()
    return true
  }

  /// Answers `expect: 100-continue`.
  mutating func submitContinue(_ stream: Int32, session: SessionHandle) {
    setStatus(100)
    // Safety: the field lives until the closure returns, and the library copies its value.
    unsafe withUnsafeTemporaryAllocation(of: nghttp2_nv.self, capacity: 1) {
      var block = unsafe FieldBlock($0)
      unsafe block.append(":status", digits, count: 3)
      _ = unsafe nghttp2_submit_headers(
        session.raw, 0, stream, nil, block.start, block.count, nil)
    }
  }

  /// The digits of the statuses that are sent most: the library need not copy them.
  private static func literal(_ status: Int) -> StaticString? {
    switch status {
    case 200: "200"
    case 201: "201"
    case 204: "204"
    case 304: "304"
    case 404: "404"
    default: nil
    }
  }

  /// Writes the three digits of a status.
  private mutating func setStatus(_ status: Int) {
    // Safety: three bytes within the allocation of `digitBytes`.
    unsafe digits[0] = UInt8(truncatingIfNeeded: 0x30 &+ status / 100 % 10)
    unsafe digits[1] = UInt8(truncatingIfNeeded: 0x30 &+ status / 10 % 10)
    unsafe digits[2] = UInt8(truncatingIfNeeded: 0x30 &+ status % 10)
  }

  /// Writes the decimal digits of a length; returns how many.
  private mutating func setLength(_ length: Int) -> Int {
    if length < 100 {
      // Safety: as below.
      unsafe digits[4] = UInt8(truncatingIfNeeded: 0x30 &+ (length < 10 ? length : length / 10))
      unsafe digits[5] = UInt8(truncatingIfNeeded: 0x30 &+ length % 10)
      return length < 10 ? 1 : 2
    }
    var rest = length
    var count = 1
    while rest >= 10 {
      rest /= 10
      count &+= 1
    }
    rest = length
    for index in (0..<count).reversed() {
      // Safety: at most 19 digits from offset 4 on, within the allocation of `digitBytes`.
      unsafe digits[4 &+ index] = UInt8(truncatingIfNeeded: 0x30 &+ rest % 10)
      rest /= 10
    }
    return count
  }

  /// The source of a body: the library calls back with the slot.
  private static func provider(of slot: Int) -> nghttp2_data_provider {
    // Safety: the pointer is an integer that only `readBody` looks at.
    unsafe nghttp2_data_provider(
      source: nghttp2_data_source(ptr: SessionHandle.disguise(slot)),
      read_callback: SessionCallbacks.readBody)
  }

  /// Copies the next piece of a body to send into `buffer`.
  /// - Returns: How many bytes, and whether they are the last; no bytes, and not the last, where
  ///   more will be given; nil if there is no such body.
  mutating func fill(
    _ buffer: UnsafeMutablePointer<UInt8>, capacity: Int, slot: Int, stream: Int32
  ) -> (count: Int, isLast: Bool)? {
    guard slot >= 0, slot < slots.count, slots[slot].stream == stream else { return nil }
    // Safety: `buffer` has room for `capacity` bytes.
    let count = unsafe slots[slot].fill(buffer, capacity: capacity, isServer: isServer)
    forgetUnsent(count, of: slot)
    let isLast = slots[slot].isOutputDone
    if isLast { stopLongInput(slot) }
    if slots[slot].isFed {
      slots[slot].dropSentPieces(keptBytes: StreamSlot.keptBytes)
      slots[slot].isDeferred = count == 0
    }
    return (count, isLast)
  }
}
