// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What an answer says to the browser of a page of another origin (CORS, in the Fetch standard
/// §3.2): without it the page may not read the answer, nor send what is no plain form.
extension BrowserRules {
  /// Whether answers depend on the origin that asks.
  var grantsAnything: Bool { !allowedOrigins.isEmpty }

  /// How long a browser may keep the answer to a preflight.
  private static let preflightSeconds = 600

  /// Request fields that a page may set, besides those that need no permission: all that the
  /// interface reads. The last one is not read, but sent with the one before.
  private static let requestFields =
    "authorization, content-type, if-match, if-none-match, last-event-id, traceparent, tracestate"

  /// Response fields that a page may read, besides those that need no permission.
  private static let responseFields = "ETag, Location, Retry-After"

  /// Whether the browser asks if a page may send what it is about to.
  static func isPreflight(_ request: borrowing HTTPRequest) -> Bool {
    request.method == .options && request.fields.contains(.origin)
      && request.fields.contains(.accessControlRequestMethod)
  }

  /// Lets the page of `origin`, one of the allowed, read `response`; nil: nobody asks from another
  /// origin. Caches are told that it depends on it. Only where something is granted at all.
  func grant(_ origin: [UInt8]?, _ response: inout HTTPResponse) {
    response.fields.append(name: "vary", value: "Origin")
    guard let origin else { return }
    response.fields.append(name: "access-control-allow-origin", value: origin)
    response.fields.append(name: "access-control-expose-headers", value: Self.responseFields)
    guard allowsCredentials else { return }
    response.fields.append(name: "access-control-allow-credentials", value: "true")
  }

  /// Makes `response` the answer to a preflight for a resource that has `methods`.
  func answerPreflight(_ methods: [HTTPMethod], _ response: inout HTTPResponse) {
    response.status = 204
    response.fields.append(
      name: "access-control-allow-methods", value: methods.map(\.name).joined(separator: ", "))
    response.fields.append(name: "access-control-allow-headers", value: Self.requestFields)
    response.fields.append(name: "access-control-max-age", value: Self.preflightSeconds)
  }
}
