// SPDX-License-Identifier: Apache-2.0

/// One complete response.
///
/// `content-length`, `date` and `connection` are the session's business: it adds them, so they do
/// not belong into `fields` of a response to send.
public struct HTTPResponse: Sendable, Equatable {
  /// 200 to 599; sessions send no interim responses on behalf of their user.
  public var status: Int
  /// What the body is, where that is one of a few things: sent as `content-type`.
  public var content: HTTPContent?
  /// Whether `cache-control: no-store` is sent.
  public var isNeverStored = false
  /// Where in the body the text stands that is sent as `etag`, where one is that stands there.
  public var tag: Range<Int>?
  /// Whether the answer is here; a server's business only.
  public var delivery = HTTPDelivery.whole
  /// The other fields; all of them in a response that was received.
  public var fields: HTTPFields
  /// The body, or its beginning where ``delivery`` is piecewise. For HEAD give what GET would
  /// answer: the session sends its length only.
  public var body: [UInt8]

  public init(status: Int, fields: HTTPFields = HTTPFields(), body: [UInt8] = []) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  /// An empty one, to be filled in; it takes no copies of what it is made of.
  package init() {
    status = 0
    fields = HTTPFields()
    body = []
  }

  /// Makes room for another response, in the same buffers where nobody else holds them.
  ///
  /// - Parameter keptBytes: The largest buffer of a body that is kept.
  package mutating func reset(keptBytes: Int) {
    status = 0
    content = nil
    isNeverStored = false
    tag = nil
    delivery = .whole
    fields.removeAll(keepingCapacity: true)
    if !body.isEmpty { body.removeAll(keepingCapacity: body.capacity <= keptBytes) }
  }
}

/// What a body is.
public enum HTTPContent: UInt8, Equatable, Sendable {
  case json, problem, plainText, eventStream

  /// The value of `content-type`.
  public var mediaType: StaticString {
    switch self {
    case .json: "application/json"
    case .problem: "application/problem+json"
    case .plainText: "text/plain; charset=utf-8"
    case .eventStream: "text/event-stream"
    }
  }
}

extension HTTPResponse {
  /// Removes the body, as 304 has none; its ``tag`` becomes one of the fields.
  public mutating func removeBody() {
    if let tag {
      let body = body
      fields.append(.etag, body.span.extracting(tag))
      self.tag = nil
    }
    content = nil
    body = []
  }

  /// Whether an answer of this status may have a body (RFC 9110 §6.4.1).
  package var mayHaveBody: Bool { status != 204 && status != 304 }

  /// Whether more than the head is sent to a request of this method, if there is a body.
  package func sendsBody(to method: HTTPMethod) -> Bool { mayHaveBody && method != .head }

  /// The value of `cache-control` where a response ``isNeverStored``.
  public static var neverStored: StaticString { "no-store" }
}
