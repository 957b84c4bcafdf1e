// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The state of one stream: one message comes in, the other goes out. Slots are reused, and the
/// buffers of both messages with them, unless somebody still holds a copy: then the first change
/// makes a new one.
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
  var rejection: HTTPRejection?
  /// Whether END_STREAM came.
  var inputEnded = false
  /// Whether a response was submitted.
  var answered = false
  /// Whether the response goes out, or is told to the user, piece by piece.
  var isPiecewise = false
  /// Server: whether the body that goes out may still grow.
  var isFed = false
  /// Whether the library waits for more of it.
  var isDeferred = false
  /// Whether the fields that come now are trailers, which nobody reads.
  var inTrailers = false
  /// Fields that have come, kept or not.
  var fieldCount = 0
  /// Names, values and 32 bytes per field, as SETTINGS_MAX_HEADER_LIST_SIZE counts.
  var headerBytes = 0
  var request = HTTPRequest(method: .other, target: [], scheme: .other)
  var response = HTTPResponse(status: 0)
  /// Body bytes that were received and not yet given back to the connection's window.
  var unreturnedBytes = 0
  /// Body bytes that came after a rejection.
  var drainedBytes = 0
  /// Bytes of the body that goes out.
  var outputCount = 0
  /// How many of them were sent.
  var outputOffset = 0

  /// What a buffer may keep from one stream to the next, in bytes.
  static let keptBytes = 4096

  /// Makes the slot ready for another stream.
  mutating func reset() {
    stream = 0
    phase = .free
    rejection = nil
    inputEnded = false
    answered = false
    isPiecewise = false
    isFed = false
    isDeferred = false
    inTrailers = false
    fieldCount = 0
    headerBytes = 0
    request.reset(keptBytes: Self.keptBytes)
    response.reset(keptBytes: Self.keptBytes)
    unreturnedBytes = 0
    drainedBytes = 0
    outputCount = 0
    outputOffset = 0
  }

  mutating func swapMessages(_ request: inout HTTPRequest, _ response: inout HTTPResponse) {
    swap(&self.request, &request)
    swap(&self.response, &response)
  }

  /// Copies the next piece of the body that goes out.
  /// - Returns: How many bytes were copied.
  mutating func fill(
    _ buffer: UnsafeMutablePointer<UInt8>, capacity: Int, isServer: Bool
  ) -> Int {
    let count = min(outputCount &- outputOffset, capacity)
    let offset = outputOffset
    // Safety: the caller's `buffer` has room for `capacity` bytes, and the body holds `count` from
    // the offset on.
    func copy(_ body: UnsafeBufferPointer<UInt8>) {
      guard let base = body.baseAddress, count > 0 else { return }
      unsafe buffer.update(from: base + offset, count: count)
    }
    if isServer {
      unsafe response.body.withUnsafeBufferPointer(copy)
    } else {
      unsafe request.body.withUnsafeBufferPointer(copy)
    }
    outputOffset &+= count
    return count
  }

  /// Whether all of the body to send was copied.
  var isOutputDone: Bool { outputOffset == outputCount && !isFed }
}
