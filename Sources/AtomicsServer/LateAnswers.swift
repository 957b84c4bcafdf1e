// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// What is due with the answers of one connection that come later or in pieces: what the origin of
/// the request is granted, and a line of the access log.
///
///     request ──▶ expect ──▶ complete         the answer came later, as a whole
///                        ──▶ add … ──▶ end    it came in pieces, or its client went
struct LateAnswers {
  private struct Due {
    let origin: [UInt8]?
    let line: AccessLine?
    /// Of an answer in pieces, as far as it has come.
    var status: Int?
    var bytes = 0
  }

  private let rules: BrowserRules
  private let accessLog: AccessLog?
  private var dues: [UInt32: Due] = [:]

  init(_ rules: BrowserRules, _ accessLog: AccessLog?) {
    self.rules = rules
    self.accessLog = accessLog
  }

  /// The answer on `stream` comes later, or has begun with `response`.
  mutating func expect(
    _ response: borrowing HTTPResponse, on stream: UInt32, origin: [UInt8]?, line: AccessLine?
  ) {
    var due = Due(origin: origin, line: line)
    if response.delivery == .piecewise {
      (due.status, due.bytes) = (response.status, response.body.count)
    }
    dues[stream] = due
  }

  /// The answer that was to come later is `response`.
  mutating func complete(_ response: inout HTTPResponse, on stream: UInt32) {
    guard let due = dues[stream] else { return }
    if rules.grantsAnything { rules.grant(due.origin, &response) }
    guard response.delivery == .whole else {
      dues[stream]?.status = response.status
      dues[stream]?.bytes = response.body.count
      return
    }
    dues[stream] = nil
    guard let line = due.line else { return }
    accessLog?.end(
      line, status: response.status, bodyBytes: response.body.count,
      problem: Problem.slug(of: response))
  }

  /// So many bytes more are sent in the answer on `stream`.
  mutating func add(_ count: Int, on stream: UInt32) {
    if !dues.isEmpty { dues[stream]?.bytes += count }
  }

  /// The answer on `stream` is whole, or nobody wants it any more.
  mutating func end(_ stream: UInt32) {
    guard !dues.isEmpty, let due = dues.removeValue(forKey: stream), let line = due.line else {
      return
    }
    accessLog?.end(line, status: due.status, bodyBytes: due.bytes, problem: nil)
  }

  /// The connection is gone.
  mutating func endAll() {
    for stream in dues.keys.sorted() { end(stream) }
  }
}
