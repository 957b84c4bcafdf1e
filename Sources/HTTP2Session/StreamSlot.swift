// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The state of one stream: one message comes in, the other goes out. Slots are reused, and the
/// buffers of both messages with them, unless somebody still holds a copy: then the first change
/// makes a new one.
///
/// Not to be copied, so that its request is lent without a copy. The response has memory of its
/// own, so that it can be written while the request is lent.
@safe struct StreamSlot: ~Copyable {
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

  /// Where the response is. It stands first, as what the thread sanitizer is told of an access to
  /// the response is the first word of the slot: Swift 6.3 compiles nothing else than an address.
  private let outgoing: UnsafeMutablePointer<HTTPResponse>
  var stream: Int32 = 0
  var phase = Phase.free
  var rejection: HTTPRejection?
  /// Whether END_STREAM came.
  var inputEnded = false
  /// Whether a response was submitted, or is being made.
  var answered = false
  /// Whether somebody is using both messages where they are: nothing of the slot may change.
  var isLent = false
  /// Whether the response goes out, or is told to the user, piece by piece.
  var isPiecewise = false
  /// Server: whether the body that goes out may still grow.
  var isFed = false
  /// Whether the library waits for more of it.
  var isDeferred = false
  /// Whether the fields that come now are trailers, which nobody reads.
  var inTrailers = false
  /// What `content-length` said; -1 where it said nothing.
  var declaredLength = -1
  /// What has come. Between two requests target and authority stay: the next one may have the same.
  var request = HTTPRequest()
  /// Body bytes that were received and not yet given back to the connection's window.
  var unreturnedBytes = 0
  /// Body bytes that came after a rejection.
  var drainedBytes = 0
  /// Bytes of the body that goes out.
  var outputCount = 0
  /// How many of them were sent.
  var outputOffset = 0
  /// When a byte of a body was last seen to have moved, and how many had by then.
  var movedSecond: Int64 = 0
  var movedCount = 0
  /// Bytes of bodies that have moved so far, in either direction: it never falls.
  var movedBytes = 0

  /// What a buffer may keep from one stream to the next, in bytes.
  static let keptBytes = 4096

  init() {
    unsafe outgoing = .allocate(capacity: 1)
    unsafe outgoing.initialize(to: HTTPResponse())
  }

  deinit {
    // Safety: allocated by `init`, and used by nobody but the slot.
    unsafe outgoing.deinitialize(count: 1)
    unsafe outgoing.deallocate()
  }

  var response: HTTPResponse {
    // Safety: as in `deinit`.
    @inline(__always) _read { yield unsafe outgoing.pointee }
    @inline(__always) _modify { yield unsafe &outgoing.pointee }
  }

  /// Lends both messages where they are.
  @inline(__always)
  borrowing func lend(
    _ rejection: HTTPRejection?,
    to answer: (borrowing HTTPRequest, HTTPRejection?, inout HTTPResponse) -> Void
  ) {
    // Safety: as in `deinit`; whoever changes the response asks `isLent` before.
    unsafe answer(request, rejection, &outgoing.pointee)
  }

  /// Makes the slot ready for another stream.
  mutating func reset() {
    stream = 0
    phase = .free
    rejection = nil
    inputEnded = false
    answered = false
    isLent = false
    isPiecewise = false
    isFed = false
    isDeferred = false
    inTrailers = false
    declaredLength = -1
    request.method = .other
    request.fields.removeAll(keepingCapacity: true)
    if !request.body.isEmpty { request.dropBody(keptBytes: Self.keptBytes) }
    request.isBodyUnread = false
    response.reset(keptBytes: Self.keptBytes)
    unreturnedBytes = 0
    drainedBytes = 0
    outputCount = 0
    outputOffset = 0
    movedCount = 0
    movedBytes = 0
  }

  /// The body that goes out, for as long as nobody changes it.
  @inline(__always)
  func outgoingBytes(isServer: Bool) -> UnsafePointer<UInt8>? {
    // Safety: an array of bytes is not moved as long as it is not changed.
    isServer
      ? unsafe outgoing.pointee.body.withUnsafeBufferPointer { $0.baseAddress }
      : unsafe request.body.withUnsafeBufferPointer { $0.baseAddress }
  }

  /// Copies the next piece of the body that goes out.
  /// - Returns: How many bytes were copied.
  mutating func fill(
    _ buffer: UnsafeMutablePointer<UInt8>, capacity: Int, isServer: Bool
  ) -> Int {
    let count = min(outputCount &- outputOffset, capacity)
    // Safety: the caller's `buffer` has room for `capacity` bytes, and the body, which does not
    // change while it is sent, holds `count` from the offset on.
    if count > 0, let base = unsafe outgoingBytes(isServer: isServer) {
      unsafe buffer.update(from: base + outputOffset, count: count)
    }
    outputOffset &+= count
    movedBytes &+= count
    return count
  }

  /// Whether all of the body to send was copied.
  var isOutputDone: Bool { outputOffset == outputCount && !isFed }
}
