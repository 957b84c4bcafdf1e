// SPDX-License-Identifier: Apache-2.0

/// The request methods that the service tells apart.
public enum HTTPMethod: UInt8, CaseIterable, Equatable, Sendable {
  case get, head, put, post, delete, options
  /// A well-formed method that the service does not know: answered with 405.
  case other

  /// Reads a method token. Methods are case-sensitive (RFC 9110 §9.1); anything unknown is
  /// `.other`.
  public init(_ token: Span<UInt8>) {
    let candidate: (method: HTTPMethod, name: StaticString) =
      switch (token.count, token.isEmpty ? 0 : token[0]) {
      case (3, UInt8(ascii: "G")): (.get, "GET")
      case (3, UInt8(ascii: "P")): (.put, "PUT")
      case (4, UInt8(ascii: "H")): (.head, "HEAD")
      case (4, UInt8(ascii: "P")): (.post, "POST")
      case (6, UInt8(ascii: "D")): (.delete, "DELETE")
      case (7, UInt8(ascii: "O")): (.options, "OPTIONS")
      default: (.other, "")
      }
    self = token.equals(candidate.name) ? candidate.method : .other
  }

  /// The token as sent; empty for `.other`.
  public var name: String {
    switch self {
    case .get: "GET"
    case .head: "HEAD"
    case .put: "PUT"
    case .post: "POST"
    case .delete: "DELETE"
    case .options: "OPTIONS"
    case .other: ""
    }
  }
}

/// The protocol version of a request.
public enum HTTPVersion: UInt8, Equatable, Sendable {
  case http10, http11, http2
}

/// The scheme of a request: as the client wrote it, or as the connection implies.
public enum HTTPScheme: UInt8, Equatable, Sendable {
  case http, https
  /// Anything else; the request is well formed, no resource here has such an address.
  case other

  /// The name as sent; empty for `.other`.
  public var name: String {
    switch self {
    case .http: "http"
    case .https: "https"
    case .other: ""
    }
  }
}
