// SPDX-License-Identifier: Apache-2.0

/// Why an HTTP/2 connection cannot go on. What is left in its output should still be sent: it
/// holds the GOAWAY that tells the peer.
public enum HTTP2Error: Error, Equatable, Sendable {
  /// The session could not be made: out of memory.
  case creationFailed(code: Int32)
  /// The peer broke the protocol beyond a stream; the library's code (`NGHTTP2_ERR_*`).
  case connectionFailed(code: Int32)
  /// The peer sent so many control frames that their answers would fill memory, or a header section
  /// that unpacks to many times the limit.
  case flooded
  /// A request cannot be sent: its method has no name, or the session is shutting down.
  case submissionRefused(code: Int32)
}
