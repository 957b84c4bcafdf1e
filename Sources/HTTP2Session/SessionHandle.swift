// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2

/// The library's session, with the calls that take and give plain numbers.
///
/// Its owner, `HTTP2Session`, deletes it last; nobody else keeps a handle beyond a call.
@safe struct SessionHandle {
  // Safety of all methods: `raw` is a live session by the rule above, and nothing else is passed
  // but numbers and the pointers named.
  let raw: OpaquePointer

  init(_ raw: OpaquePointer) {
    unsafe self.raw = unsafe raw
  }

  /// The slot number stored with a stream, or -1 if the stream is gone or has none.
  func slotNumber(of stream: Int32) -> Int {
    // Safety: the pointer is an integer in disguise and never followed.
    Int(bitPattern: unsafe nghttp2_session_get_stream_user_data(raw, stream)) &- 1
  }

  /// Stores a slot number with a stream.
  func setSlotNumber(_ slot: Int, of stream: Int32) {
    _ = unsafe nghttp2_session_set_stream_user_data(raw, stream, Self.disguise(slot))
  }

  /// A slot number as a pointer that the library stores and never follows.
  static func disguise(_ slot: Int) -> UnsafeMutableRawPointer? {
    unsafe UnsafeMutableRawPointer(bitPattern: slot &+ 1)
  }

  /// Queues RST_STREAM.
  func reset(_ stream: Int32, code: UInt32) {
    _ = unsafe nghttp2_submit_rst_stream(raw, 0, stream, code)
  }

  /// Has the body of a stream sent in turns with others, frame by frame: without a word a body
  /// goes before those that begin after it, and one that never ends before all of them (RFC 9218
  /// §10). What the peer says of this stream's priority does not count.
  func takeTurns(_ stream: Int32) {
    // Safety: the call copies the priority.
    unsafe withUnsafePointer(
      to: nghttp2_extpri(urgency: UInt32(NGHTTP2_EXTPRI_DEFAULT_URGENCY), inc: 1)
    ) {
      _ = unsafe nghttp2_session_change_extpri_stream_priority(raw, stream, $0, 1)
    }
  }

  /// Asks for a body again that had nothing to give.
  func resumeBody(_ stream: Int32) {
    _ = unsafe nghttp2_session_resume_data(raw, stream)
  }

  /// Gives received bytes back to the connection's window.
  func returnWindow(_ count: Int) {
    _ = unsafe nghttp2_session_consume_connection(raw, count)
  }

  /// Gives received bytes back to the windows of the connection and of a stream.
  func returnWindow(_ count: Int, stream: Int32) {
    _ = unsafe nghttp2_session_consume(raw, stream, count)
  }

  /// Queues a GOAWAY after which nothing more is read.
  func terminate(code: UInt32) {
    _ = unsafe nghttp2_session_terminate_session(raw, code)
  }

  /// Queues the GOAWAY that allows every stream still on its way.
  func submitShutdownNotice() {
    _ = unsafe nghttp2_submit_shutdown_notice(raw)
  }

  /// Queues the GOAWAY that names the last stream this side has seen.
  func submitGoAway() {
    let last = unsafe nghttp2_session_get_last_proc_stream_id(raw)
    _ = unsafe nghttp2_submit_goaway(raw, 0, last, ErrorCode.none, nil, 0)
  }

  /// Queues a PING with the eight bytes of ``SessionCore/shutdownPing``.
  func submitShutdownPing() {
    unsafe SessionCore.shutdownPing.withUnsafeBufferPointer {
      _ = unsafe nghttp2_submit_ping(raw, 0, $0.baseAddress)
    }
  }

  /// Whether a client may open another stream: not after GOAWAY, nor when stream numbers run out.
  var allowsRequest: Bool { unsafe nghttp2_session_check_request_allowed(raw) != 0 }

  /// What the peer's SETTINGS allow this side to have open.
  var peerStreamLimit: Int {
    Int(
      unsafe nghttp2_session_get_remote_settings(raw, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS))
  }

  var wantsWrite: Bool { unsafe nghttp2_session_want_write(raw) != 0 }
  var wantsRead: Bool { unsafe nghttp2_session_want_read(raw) != 0 }
}
