// SPDX-License-Identifier: Apache-2.0

/// How a server's answer comes to its session.
public enum HTTPDelivery: UInt8, CaseIterable, Sendable {
  /// All of it now.
  case whole
  /// None of it now: the session's `respond` is called later, or never where the stream ends
  /// before. Of the response nothing counts.
  case later
  /// The head now, with as much body as there is, which may be none. More is given by `append`; the
  /// end by `finish`. It has no `content-length`: HTTP/1.1 sends it in chunks, HTTP/1.0 until the
  /// connection closes. To HEAD, and with 204 and 304, the head is all that is sent.
  case piecewise
}
