// SPDX-License-Identifier: Apache-2.0

/// One complete request, the same for every protocol version.
public struct HTTPRequest: Sendable, Equatable {
  public var method: HTTPMethod
  /// The scheme that the client wrote (HTTP/2, absolute form) or the connection's.
  public var scheme: HTTPScheme
  /// `:authority` or `Host`, as sent; nil when the client sent neither (HTTP/1.0, HTTP/2).
  public var authority: [UInt8]?
  /// Path and query as sent, never decoded, at most ``HTTPLimits/targetBytes`` bytes. Starts with
  /// `/`, except for `*` (OPTIONS) and an authority (CONNECT, which is `.other`).
  public var target: [UInt8]
  /// The fields; with HTTP/1 `Host` is among them too.
  public var fields: HTTPFields
  /// The whole body, at most ``HTTPLimits/bodyBytes`` bytes.
  public var body: [UInt8]
  /// Names the exchange to the session: an HTTP/2 stream, or the number of the request (from 1) on
  /// an HTTP/1 connection.
  public var stream: UInt32
  public var version: HTTPVersion
  /// Whether the connection outlives the answer.
  public var keepAlive: Bool
  /// Whether a body was to come that nobody wanted to read: `body` is empty, and the request may be
  /// refused, but not be done.
  public var isBodyUnread = false

  public init(
    method: HTTPMethod, target: [UInt8], authority: [UInt8]? = nil, scheme: HTTPScheme = .http,
    fields: HTTPFields = HTTPFields(), body: [UInt8] = [], stream: UInt32 = 0,
    version: HTTPVersion = .http2, keepAlive: Bool = true
  ) {
    self.method = method
    self.scheme = scheme
    self.authority = authority
    self.target = target
    self.fields = fields
    self.body = body
    self.stream = stream
    self.version = version
    self.keepAlive = keepAlive
  }

  /// An empty one, to be filled in; it takes no copies of what it is made of.
  package init() {
    method = .other
    scheme = .other
    authority = nil
    target = []
    fields = HTTPFields()
    body = []
    stream = 0
    version = .http2
    keepAlive = true
  }

  /// Removes the body.
  ///
  /// - Parameter keptBytes: The largest buffer that is kept.
  package mutating func dropBody(keptBytes: Int) {
    body.removeAll(keepingCapacity: body.capacity <= keptBytes)
  }

  /// Makes room for another request, in the same buffers where nobody else holds them.
  ///
  /// - Parameter keptBytes: The largest buffer of a body that is kept.
  package mutating func reset(keptBytes: Int) {
    method = .other
    scheme = .other
    if authority != nil { authority = nil }
    if !target.isEmpty { target.removeAll(keepingCapacity: true) }
    fields.removeAll(keepingCapacity: true)
    if !body.isEmpty { dropBody(keptBytes: keptBytes) }
    isBodyUnread = false
  }
}
