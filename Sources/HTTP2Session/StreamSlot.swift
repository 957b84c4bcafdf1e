// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The state of one stream. Slots are reused, and their buffers with them, unless somebody still
/// holds a copy: then the first change makes a new one.
struct StreamSlot {
  /// How far the message that is coming in has got.
  enum Phase: UInt8 {
    case free
    /// Its header section is being read.
    case headers
    /// Its body is being read.
    case body
    /// Complete or rejected, waiting for `nextEvent`.
    case ready
    /// Handed to the user.
    case delivered
    /// The stream is gone, its message still waits for `nextEvent`.
    case closed
  }

  var stream: Int32 = 0
  var phase = Phase.free
  var method = HTTPMethod.other
  var scheme = HTTPScheme.other
  var rejection: HTTPRejection?
  /// Whether END_STREAM came.
  var inputEnded = false
  /// Whether a response was submitted.
  var answered = false
  /// Whether the fields that come now are trailers, which nobody reads.
  var inTrailers = false
  /// Whether nobody wants the body.
  var isBodyUnread = false
  var status = 0
  /// Names, values and 32 bytes per field, as SETTINGS_MAX_HEADER_LIST_SIZE counts.
  var headerBytes = 0
  var target: [UInt8] = []
  var authority: [UInt8]?
  var fields = HTTPFields()
  var body: [UInt8] = []
  /// Body bytes that were received and not yet given back to the connection's window.
  var unreturnedBytes = 0
  /// Body bytes that came after a rejection.
  var drainedBytes = 0
  /// The body to send and how much of it was sent.
  var output: [UInt8] = []
  var outputOffset = 0

  /// What a buffer may keep from one stream to the next, in bytes.
  static let keptBytes = 4096

  /// Makes the slot ready for another stream.
  mutating func reset(stream: Int32) {
    self.stream = stream
    phase = .headers
    method = .other
    scheme = .other
    rejection = nil
    inputEnded = false
    answered = false
    inTrailers = false
    isBodyUnread = false
    status = 0
    headerBytes = 0
    target.removeAll(keepingCapacity: true)
    authority = nil
    fields.removeAll(keepingCapacity: true)
    unreturnedBytes = 0
    drainedBytes = 0
    outputOffset = 0
    if !body.isEmpty { body.removeAll(keepingCapacity: body.capacity <= Self.keptBytes) }
    if !output.isEmpty { output = [] }
  }

  /// Takes a body to send and leaves an empty one.
  mutating func setOutput(_ bytes: inout [UInt8]) {
    swap(&output, &bytes)
    outputOffset = 0
  }

  /// Copies the next piece of the body to send.
  /// - Returns: How many bytes were copied.
  mutating func fill(_ buffer: UnsafeMutablePointer<UInt8>, capacity: Int) -> Int {
    let count = min(output.count &- outputOffset, capacity)
    // Safety: the caller's `buffer` has room for `capacity` bytes, and `output` holds `count` from
    // the offset on.
    unsafe output.withUnsafeBufferPointer { output in
      guard let base = output.baseAddress else { return }
      unsafe buffer.update(from: base + outputOffset, count: count)
    }
    outputOffset &+= count
    return count
  }

  /// Whether all of the body to send was copied.
  var isOutputDone: Bool { outputOffset == output.count }
}
