// SPDX-License-Identifier: Apache-2.0

import HTTPMessage
import JSONText

/// One line of the access log: what was asked, to which what was answered is added.
///
/// The members and their order are part of the interface: scripts read them.
struct AccessLine {
  private var json: JSONWriter
  /// When the request was taken up, in nanoseconds of the monotonic clock.
  let began: UInt64
  /// Chosen by chance: whether the line is written follows from it and the status.
  let ticket: UInt64
  /// Whether the answer's body is not sent.
  private let isHead: Bool

  /// The longest part of a target that is logged, in bytes.
  static let targetLimit = 1024

  /// - Parameter who: The principal by the access rules; nil: nobody that they know, or no rules.
  init(
    _ request: borrowing HTTPRequest, from peer: String, who: String?, began: UInt64,
    unixNanoseconds: UInt64, ticket: UInt64
  ) {
    self.began = began
    self.ticket = ticket
    isHead = request.method == .head
    json = JSONWriter(reserving: 512)
    json.beginObject()
    json.name("time")
    json.string(utf8: HTTPDate.rfc3339(unixNanoseconds: unixNanoseconds).span)
    json.member("peer", peer)
    if let who { json.member("who", who) }
    json.member("method", request.method == .other ? "other" : request.method.name)
    json.name("target")
    json.string(utf8: LoggedTarget.text(request.target).span)
    json.member("protocol", request.version.name)
    guard request.fields.contains(.traceparent) else { return }
    // Two of them tell nothing.
    guard request.fields.count(of: .traceparent) == 1,
      let trace = request.fields.withFirst(.traceparent, { TraceParent($0) }) ?? nil
    else { return }
    json.name("trace_id")
    json.string(utf8: trace.traceID.span)
    json.name("parent_id")
    json.string(utf8: trace.parentID.span)
    json.member("sampled", trace.isSampled)
  }

  /// The line with its end, once the answer is given or its client gone.
  ///
  /// - Parameter status: Nil: the client went before there was an answer.
  /// - Parameter bodyBytes: Of the body that GET would get.
  consuming func ended(
    status: Int?, bodyBytes: Int, problem: String?, at now: UInt64
  ) -> [UInt8] {
    if let status { json.member("status", status) }
    json.member("bytes", isHead ? 0 : bodyBytes)
    json.member("duration_us", (now &- began) / 1_000)
    if let problem { json.member("problem", problem) }
    json.endObject()
    var line = json.bytes
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// The line that tells what is missing.
  static func losses(_ losses: AccessLogBuffer.Losses, unixNanoseconds: UInt64) -> [UInt8] {
    var json = JSONWriter(reserving: 128)
    json.beginObject()
    json.name("time")
    json.string(utf8: HTTPDate.rfc3339(unixNanoseconds: unixNanoseconds).span)
    json.member("lost", losses.total)
    json.member("over_rate", losses.overRate)
    json.member("over_size", losses.overSize)
    json.member("failed", losses.failed)
    json.endObject()
    return json.bytes + [UInt8(ascii: "\n")]
  }
}

extension HTTPVersion {
  fileprivate var name: String {
    switch self {
    case .http10: "HTTP/1.0"
    case .http11: "HTTP/1.1"
    case .http2: "HTTP/2"
    }
  }
}
