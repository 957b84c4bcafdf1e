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
    slots[slot].answered = true
    let status = response.status
    let hasBody = status != 204 && status != 304
    let sendsBody = hasBody && slots[slot].method != .head && !response.body.isEmpty

    beginFields()
    setStatus(status)
    unsafe append(":status", digits, count: 3)
    if hasBody {
      let length = setLength(response.body.count)
      unsafe append("content-length", digits + 4, count: length)
    }
    let result: Int32
    if sendsBody {
      unsentBytes &+= response.body.count
      slots[slot].setOutput(&response.body)
      var provider = unsafe Self.provider(of: slot)
      result = unsafe submit(response.fields) { nameValues, count in
        unsafe nghttp2_submit_response(session.raw, stream, nameValues, count, &provider)
      }
    } else {
      result = unsafe submit(response.fields) { nameValues, count in
        unsafe nghttp2_submit_response(session.raw, stream, nameValues, count, nil)
      }
      stopLongInput(slot)
    }
    return result == 0
  }

  /// Submits a request; see `HTTP2Session.submit`.
  mutating func submit(
    _ request: consuming HTTPRequest, session: SessionHandle
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
    slots[slot].method = request.method
    let sendsBody = !request.body.isEmpty
    unsentBytes &+= request.body.count
    slots[slot].setOutput(&request.body)
    beginFields()
    let stream = unsafe submit(head) { nameValues, count in
      let data = unsafe SessionHandle.disguise(slot)
      guard sendsBody else {
        return unsafe nghttp2_submit_request(session.raw, nil, nameValues, count, nil, data)
      }
      var provider = unsafe Self.provider(of: slot)
      return unsafe nghttp2_submit_request(session.raw, nil, nameValues, count, &provider, data)
    }
    guard stream > 0 else {
      unsentBytes &-= slots[slot].output.count
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
    beginFields()
    setStatus(100)
    unsafe append(":status", digits, count: 3)
    // Safety: the fields live until the call returns, and it copies their values.
    unsafe nameValues.withUnsafeBufferPointer { buffer in
      _ = unsafe nghttp2_submit_headers(
        session.raw, 0, stream, nil, buffer.baseAddress, buffer.count, nil)
    }
  }

  /// Adds `fields` (and the date) to `nameValues` and runs `body` on all of them.
  private mutating func submit(
    _ fields: borrowing HTTPFields,
    _ body: (UnsafePointer<nghttp2_nv>?, Int) -> Int32
  ) -> Int32 {
    // Safety: the buffers outlive the call of `body`, and the library only reads them: the pointer
    // is mutable because the C structure has no other.
    unsafe fields.storage.withUnsafeBufferPointer { storage in
      for entry in fields.entries {
        guard let base = unsafe UnsafeMutablePointer(mutating: storage.baseAddress) else { break }
        unsafe nameValues.append(
          nghttp2_nv(
            name: base + entry.name.lowerBound, value: base + entry.value.lowerBound,
            namelen: entry.name.count, valuelen: entry.value.count, flags: 0))
      }
      // A copy of the reference: `self` changes meanwhile.
      let date = isServer ? self.date : []
      return unsafe date.withUnsafeBufferPointer { text in
        if let base = unsafe UnsafeMutablePointer(mutating: text.baseAddress), !text.isEmpty {
          unsafe append("date", base, count: text.count)
        }
        return unsafe nameValues.withUnsafeBufferPointer {
          unsafe body($0.baseAddress, $0.count)
        }
      }
    }
  }

  /// Adds a field whose name is a literal.
  @inline(__always)
  private mutating func append(
    _ name: StaticString, _ value: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    // Safety: a literal's bytes are never written to and never go away; `value` lives until the
    // message is submitted.
    unsafe nameValues.append(
      nghttp2_nv(
        name: UnsafeMutablePointer(mutating: name.utf8Start), value: value,
        namelen: name.utf8CodeUnitCount, valuelen: count,
        flags: UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue)))
  }

  /// Forgets the fields of the message before.
  private mutating func beginFields() {
    // Safety: the entries are plain values; what they point at belongs to others.
    unsafe nameValues.removeAll(keepingCapacity: true)
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
  /// - Returns: How many bytes, and whether they are the last; nil if there is no such body.
  mutating func fill(
    _ buffer: UnsafeMutablePointer<UInt8>, capacity: Int, slot: Int, stream: Int32
  ) -> (count: Int, isLast: Bool)? {
    guard slot >= 0, slot < slots.count, slots[slot].stream == stream else { return nil }
    // Safety: `buffer` has room for `capacity` bytes.
    let count = unsafe slots[slot].fill(buffer, capacity: capacity)
    unsentBytes &-= count
    let isLast = slots[slot].isOutputDone
    if isLast { stopLongInput(slot) }
    return (count, isLast)
  }
}
