// SPDX-License-Identifier: Apache-2.0

/// The fields that the service looks for, or sends: told apart once, when a field is appended, so
/// that looking for one compares a number.
public enum HTTPFieldName: UInt8, CaseIterable, Equatable, Sendable {
  case accept, accessControlRequestMethod, allow, authorization, cacheControl, connection
  case contentEncoding, contentLength, contentType
  case etag, expect, host, ifMatch, ifModifiedSince, ifNoneMatch, ifRange, ifUnmodifiedSince
  case lastEventID, location, origin, retryAfter, secFetchSite, traceparent, transferEncoding
  case wwwAuthenticate

  /// The name as HTTP/2 spells it.
  public var text: StaticString {
    switch self {
    case .accept: "accept"
    case .accessControlRequestMethod: "access-control-request-method"
    case .allow: "allow"
    case .authorization: "authorization"
    case .cacheControl: "cache-control"
    case .connection: "connection"
    case .contentEncoding: "content-encoding"
    case .contentLength: "content-length"
    case .contentType: "content-type"
    case .etag: "etag"
    case .expect: "expect"
    case .host: "host"
    case .ifMatch: "if-match"
    case .ifModifiedSince: "if-modified-since"
    case .ifNoneMatch: "if-none-match"
    case .ifRange: "if-range"
    case .ifUnmodifiedSince: "if-unmodified-since"
    case .lastEventID: "last-event-id"
    case .location: "location"
    case .origin: "origin"
    case .retryAfter: "retry-after"
    case .secFetchSite: "sec-fetch-site"
    case .traceparent: "traceparent"
    case .transferEncoding: "transfer-encoding"
    case .wwwAuthenticate: "www-authenticate"
    }
  }

  /// The field called `name`, whatever its case; nil for every other.
  public init?(_ name: Span<UInt8>) {
    guard let candidate = Self.candidate(for: name), name.equalsIgnoringCase(candidate.text) else {
      return nil
    }
    self = candidate
  }

  /// The only one that `name` can be, by its length and its first letter.
  private static func candidate(for name: Span<UInt8>) -> HTTPFieldName? {
    guard name.count >= 4, name.count <= 29 else { return nil }
    switch (name.count, name[0] | 0x20) {
    case (4, UInt8(ascii: "e")): return .etag
    case (4, UInt8(ascii: "h")): return .host
    case (5, UInt8(ascii: "a")): return .allow
    case (6, UInt8(ascii: "a")): return .accept
    case (6, UInt8(ascii: "e")): return .expect
    case (6, UInt8(ascii: "o")): return .origin
    case (8, UInt8(ascii: "i")): return name[3] | 0x20 == UInt8(ascii: "m") ? .ifMatch : .ifRange
    case (8, UInt8(ascii: "l")): return .location
    case (10, UInt8(ascii: "c")): return .connection
    case (11, UInt8(ascii: "r")): return .retryAfter
    case (11, UInt8(ascii: "t")): return .traceparent
    case (12, UInt8(ascii: "c")): return .contentType
    case (13, UInt8(ascii: "a")): return .authorization
    case (13, UInt8(ascii: "c")): return .cacheControl
    case (13, UInt8(ascii: "i")): return .ifNoneMatch
    case (13, UInt8(ascii: "l")): return .lastEventID
    case (14, UInt8(ascii: "c")): return .contentLength
    case (14, UInt8(ascii: "s")): return .secFetchSite
    case (16, UInt8(ascii: "c")): return .contentEncoding
    case (16, UInt8(ascii: "w")): return .wwwAuthenticate
    case (17, UInt8(ascii: "i")): return .ifModifiedSince
    case (17, UInt8(ascii: "t")): return .transferEncoding
    case (19, UInt8(ascii: "i")): return .ifUnmodifiedSince
    case (29, UInt8(ascii: "a")): return .accessControlRequestMethod
    default: return nil
    }
  }
}

extension HTTPFieldName {
  /// Some of the fields, one bit each.
  public struct Set: OptionSet, Sendable {
    public let rawValue: UInt32

    @inlinable
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Just `name`.
    @inlinable
    public init(_ name: HTTPFieldName) { rawValue = 1 &<< UInt32(name.rawValue) }

    /// What makes a request depend on the state of its resource (RFC 9110 §13.1).
    public static let preconditions: Set = [
      Set(.ifMatch), Set(.ifNoneMatch), Set(.ifModifiedSince), Set(.ifUnmodifiedSince),
      Set(.ifRange),
    ]
  }
}
