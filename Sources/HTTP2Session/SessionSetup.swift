// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
import HTTPMessage

/// Makes the library's session with our settings and limits.
enum SessionSetup {
  static func makeSession(
    role: HTTP2Session.Role, limits: HTTPLimits, user: UnsafeMutablePointer<SessionCore>,
    memory: UnsafeMutablePointer<SessionMemory>
  ) throws(HTTP2Error) -> SessionHandle {
    var options: OpaquePointer?
    // Safety: the options are made, used and deleted here; `user` and `memory` outlive the session
    // by contract of the caller.
    var code = unsafe nghttp2_option_new(&options)
    guard code == 0, let options = unsafe options else { throw .creationFailed(code: code) }
    defer { unsafe nghttp2_option_del(options) }
    unsafe nghttp2_option_set_no_auto_window_update(options, 1)
    unsafe nghttp2_option_set_no_closed_streams(options, 1)
    unsafe nghttp2_option_set_max_outbound_ack(options, limits.unsentAcknowledgements)
    unsafe nghttp2_option_set_max_settings(options, limits.settingsEntries)
    // CVE-2024-28182. The library counts one more whenever the input ends within such a frame's
    // header: its nine bytes, one by one, are nine.
    unsafe nghttp2_option_set_max_continuations(options, limits.continuations &* 9)
    // Resets (CVE-2023-44487) are counted by `allowNuisance`, together with those that this side is
    // made to send; the library's own limit would say INTERNAL_ERROR.
    unsafe nghttp2_option_set_stream_reset_rate_limit(options, .max, .max)

    // What a request has to be is checked on this side; see `FieldMeaning`.
    if role == .server { unsafe nghttp2_option_set_no_http_messaging(options, 1) }

    var functions = unsafe SessionMemory.functions(of: memory)
    var session: OpaquePointer?
    if role == .server {
      code = unsafe nghttp2_session_server_new3(
        &session, SessionCallbacks.ofServer, user, options, &functions)
    } else {
      code = unsafe nghttp2_session_client_new3(
        &session, SessionCallbacks.ofClient, user, options, &functions)
    }
    guard code == 0, let session = unsafe session else { throw .creationFailed(code: code) }
    code = unsafe submitSettings(session, role: role, limits: limits)
    guard code == 0 else {
      unsafe nghttp2_session_del(session)
      throw .creationFailed(code: code)
    }
    return unsafe SessionHandle(session)
  }

  private static func submitSettings(
    _ session: OpaquePointer, role: HTTP2Session.Role, limits: HTTPLimits
  ) -> Int32 {
    func entry(_ id: nghttp2_settings_id, _ value: Int) -> nghttp2_settings_entry {
      nghttp2_settings_entry(
        settings_id: Int32(id.rawValue), value: UInt32(clamping: min(value, 0x7FFF_FFFF)))
    }
    // A stream's window holds a whole body, and enough more to see that a body is too long.
    let streamWindow = limits.bodyBytes &+ 16 << 10
    var entries = [
      entry(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, streamWindow),
      entry(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.headerBytes),
      entry(NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1),
    ]
    if role == .server {
      entries.append(
        entry(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.concurrentStreams))
    } else {
      entries.append(entry(NGHTTP2_SETTINGS_ENABLE_PUSH, 0))
    }
    // Safety: the entries live until the call returns, and it copies them.
    let code = unsafe entries.withUnsafeBufferPointer {
      unsafe nghttp2_submit_settings(session, 0, $0.baseAddress, $0.count)
    }
    guard code == 0 else { return code }
    // The library tells the peer about returned bytes when half of a window has come back, so with
    // room for two budgets one is always free.
    let window = min(2 &* (limits.bodyBytes &+ 64 << 10), 0x7FFF_FFFF)
    return unsafe nghttp2_session_set_local_window_size(session, 0, 0, Int32(window))
  }
}
