// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// The functions that the library calls, made once for the process.
///
/// In all of them `user` is the address of the session's core: the session passes it when it makes
/// the library's session and keeps it until that is deleted.
enum SessionCallbacks {
  // Safety: filled once and only read afterwards; the library copies the table into each session.
  nonisolated(unsafe) static let ofServer: OpaquePointer? = unsafe makeTable(isServer: true)
  nonisolated(unsafe) static let ofClient: OpaquePointer? = unsafe makeTable(isServer: false)

  private static func makeTable(isServer: Bool) -> OpaquePointer? {
    var table: OpaquePointer?
    // Safety: every setter takes the table made here and a function that lives forever.
    guard unsafe nghttp2_session_callbacks_new(&table) == 0, let table = unsafe table else {
      return nil
    }
    unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(table, beginHeaders)
    if isServer {
      unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(table, beginFrame)
      unsafe nghttp2_session_callbacks_set_on_header_callback2(table, requestField)
    } else {
      unsafe nghttp2_session_callbacks_set_on_header_callback(table, responseField)
      unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(table, invalidHeader)
    }
    unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(table, frame)
    unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(table, invalidFrame)
    unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, dataChunk)
    unsafe nghttp2_session_callbacks_set_on_stream_close_callback(table, streamClose)
    return unsafe table
  }

  /// The core behind the library's user data.
  @inline(__always)
  private static func core(_ user: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<SessionCore>? {
    // Safety: see the type's comment.
    unsafe user?.assumingMemoryBound(to: SessionCore.self)
  }

  /// Counts PRIORITY, which the library drops without a word (RFC 9113 §5.3.2), and CONTINUATION
  /// (CVE-2024-28182).
  private static let beginFrame: nghttp2_on_begin_frame_callback = { session, header, user in
    guard let header = unsafe header else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    let type = unsafe header.pointee.type
    guard type == Frame.priority || type == Frame.continuation || type == Frame.headers else {
      return 0
    }
    guard let core = unsafe core(user), let session = unsafe session
    else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    switch type {
    case Frame.priority: unsafe countNuisance(core, session)
    case Frame.continuation:
      return unsafe core.pointee.allowContinuation() ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    default: unsafe core.pointee.continuationCount = 0
    }
    return 0
  }

  private static let beginHeaders: nghttp2_on_begin_headers_callback = { session, frame, user in
    guard let core = unsafe core(user), let session = unsafe session, let frame = unsafe frame
    else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    let isRequest = unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
    unsafe core.pointee.beginHeaders(
      stream: frame.pointee.hd.stream_id, isRequest: isRequest, session: SessionHandle(session))
    return 0
  }

  private static let requestField: nghttp2_on_header_callback2 = {
    session, frame, name, value, _, user in
    guard let core = unsafe core(user), let name = unsafe name, let value = unsafe value else {
      return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }
    switch unsafe core.pointee.requestField(name, value) {
    case .fine: return 0
    case .bomb: return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    case .malformed:
      guard let session = unsafe session else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
      unsafe core.pointee.refuseMalformed(session: SessionHandle(session))
      // The rest of the section is unpacked and nobody hears of it.
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
    }
  }

  private static let responseField: nghttp2_on_header_callback = {
    _, _, name, nameCount, value, valueCount, _, user in
    guard let core = unsafe core(user) else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    // Safety: the library keeps both strings until the callback returns; the core copies them.
    let name = unsafe UnsafeBufferPointer(start: name, count: nameCount)
    let value = unsafe UnsafeBufferPointer(start: value, count: valueCount)
    unsafe core.pointee.responseField(name: name.span, value: value.span)
    return 0
  }

  private static let invalidHeader: nghttp2_on_invalid_header_callback = {
    _, _, _, _, _, _, _, _ in
    // By default the library drops such a field and goes on; the stream is reset instead.
    NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
  }

  private static let frame: nghttp2_on_frame_recv_callback = { session, frame, user in
    guard let core = unsafe core(user), let session = unsafe session, let frame = unsafe frame
    else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    let header = unsafe frame.pointee.hd
    let endStream = header.flags & Frame.endStream != 0
    var isNuisance = false
    switch header.type {
    case Frame.headers:
      unsafe core.pointee.endHeaders(endStream: endStream, session: SessionHandle(session))
    case Frame.data:
      if endStream {
        let slot = unsafe core.pointee.slot(of: header.stream_id, in: SessionHandle(session))
        if slot >= 0 {
          unsafe core.pointee.endMessage(slot, session: SessionHandle(session))
        }
      } else {
        // The length of padding is part of it.
        isNuisance = unsafe header.length == frame.pointee.data.padlen
      }
    case Frame.windowUpdate:
      isNuisance = unsafe frame.pointee.window_update.window_size_increment < 16
    case Frame.reset:
      isNuisance = true
    case Frame.settings:
      isNuisance = header.flags & Frame.ack == 0
      if isNuisance { unsafe core.pointee.hasPeerSettings = true }
    case Frame.ping:
      if header.flags & Frame.ack != 0 {
        let data = unsafe frame.pointee.ping.opaque_data
        if unsafe core.pointee.isShutdownPing(data) {
          // The peer has seen the first GOAWAY: whatever it sent before that has arrived.
          unsafe SessionHandle(session).submitGoAway()
        }
      } else {
        isNuisance = true
      }
    default:
      break
    }
    if isNuisance { unsafe countNuisance(core, session) }
    return 0
  }

  private static let invalidFrame: nghttp2_on_invalid_frame_recv_callback = {
    session, _, _, user in
    guard let core = unsafe core(user), let session = unsafe session else { return 0 }
    // Each one makes this side send a reset, which costs the peer nothing.
    unsafe countNuisance(core, session)
    return 0
  }

  private static let dataChunk: nghttp2_on_data_chunk_recv_callback = {
    session, _, stream, data, count, user in
    guard let core = unsafe core(user), let session = unsafe session
    else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    // Safety: the library keeps the bytes until the callback returns; the core copies them.
    let bytes = unsafe UnsafeBufferPointer(start: data, count: count)
    unsafe core.pointee.body(bytes.span, stream: stream, session: SessionHandle(session))
    return 0
  }

  private static let streamClose: nghttp2_on_stream_close_callback = {
    session, stream, code, user in
    guard let core = unsafe core(user), let session = unsafe session
    else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
    unsafe core.pointee.closeStream(stream, code: code, session: SessionHandle(session))
    return 0
  }

  /// Hands the library the next piece of a body to send.
  static let readBody: nghttp2_data_source_read_callback = {
    _, stream, buffer, capacity, flags, source, user in
    guard let core = unsafe core(user), let buffer = unsafe buffer, let flags = unsafe flags,
      let source = unsafe source
    else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
    let slot = unsafe Int(bitPattern: source.pointee.ptr) &- 1
    guard
      let piece = unsafe core.pointee.fill(buffer, capacity: capacity, slot: slot, stream: stream)
    else { return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue) }
    if piece.count == 0, !piece.isLast { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
    if piece.isLast {
      unsafe flags.pointee |= UInt32(NGHTTP2_DATA_FLAG_EOF.rawValue)
    }
    return piece.count
  }

  private static func countNuisance(
    _ core: UnsafeMutablePointer<SessionCore>, _ session: OpaquePointer
  ) {
    // Safety: both come from the callback that calls this.
    if unsafe !core.pointee.allowNuisance() {
      unsafe SessionHandle(session).terminate(code: ErrorCode.enhanceYourCalm)
    }
  }
}

extension SessionCore {
  /// Whether the opaque data of a PING answer is that of ``shutdownPing``.
  func isShutdownPing(
    _ data: (UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8)
  ) -> Bool {
    isServer
      && Self.shutdownPing == [
        data.0, data.1, data.2, data.3, data.4, data.5, data.6, data.7,
      ]
  }
}
