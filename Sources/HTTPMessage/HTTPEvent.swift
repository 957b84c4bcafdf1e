// SPDX-License-Identifier: Apache-2.0

/// What a session tells its user.
public enum HTTPEvent: Sendable, Equatable {
  /// Server: a complete request, to be answered by `respond` with its stream.
  case request(HTTPRequest)
  /// Server: a request that cannot be served. The user renders the error and answers by `respond`;
  /// on HTTP/1 the connection closes after it.
  case rejected(HTTPRejection, stream: UInt32)
  /// Client: a complete response to the request submitted on the stream.
  case response(HTTPResponse, stream: UInt32)
  /// Client: the head of a response that was asked for piece by piece; its body is empty.
  case responseHead(HTTPResponse, stream: UInt32)
  /// Client: what has come of the body since the last piece, at least a byte.
  case piece([UInt8], stream: UInt32)
  /// Client: the body of a response in pieces is complete.
  case responseEnd(stream: UInt32)
  /// Client: the stream ended before its response was complete. `code` 7 (REFUSED_STREAM) means
  /// that the request was not processed.
  case closed(stream: UInt32, code: UInt32)
}

/// Why a session refuses a request on its own.
public enum HTTPRejection: UInt8, CaseIterable, Equatable, Sendable {
  case malformed, payloadTooLarge, uriTooLong, headersTooLarge, timeout

  /// The status to answer with.
  public var status: Int {
    switch self {
    case .malformed: 400
    case .timeout: 408
    case .payloadTooLarge: 413
    case .uriTooLong: 414
    case .headersTooLarge: 431
    }
  }

  /// The last part of the problem type.
  public var slug: String {
    switch self {
    case .malformed: "malformed-request"
    case .timeout: "timeout"
    case .payloadTooLarge: "payload-too-large"
    case .uriTooLong: "uri-too-long"
    case .headersTooLarge: "headers-too-large"
    }
  }
}
