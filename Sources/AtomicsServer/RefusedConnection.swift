// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTPMessage
import WireProtocol

/// A connection beyond the limit: it is told so in its own protocol, and ended.
final class RefusedConnection: StreamHandler {
  /// How many of them there may be at once; more are closed without a word.
  static let limit = 64
  /// A client that does not speak by then is not waited for.
  private static let patienceNanoseconds: UInt64 = 1_000_000_000

  private let context: ServerContext

  init(_ context: ServerContext) { self.context = context }

  func opened(_ stream: Stream) {
    stream.setDeadline(afterNanoseconds: Self.patienceNanoseconds)
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    switch OpeningBytes(input) {
    case .undecided: return StreamProgress(consumed: 0, next: .needInput)
    case .binary:
      var refusal = context.welcome
      refusal.status = .limit
      output.append(contentsOf: refusal.bytes)
    case .http1: output.append(contentsOf: Self.http1Answer)
    case .http2: output.append(contentsOf: Self.http2Answer)
    case .tls, .unknown: break
    }
    return StreamProgress(consumed: input.count, next: .close)
  }

  func closed(_ reason: StreamCloseReason) {}

  private static let text = "the server has as many connections as it may; try again later"

  private static let http1Answer: [UInt8] = {
    let response = Problem(.tooManyConnections, text).response
    var head = "HTTP/1.1 \(response.status) Service Unavailable\r\nConnection: close\r\n"
    head += "Retry-After: 1\r\nContent-Type: application/problem+json\r\n"
    head += "Content-Length: \(response.body.count)\r\n\r\n"
    return Array(head.utf8) + response.body
  }()

  /// An empty SETTINGS frame, as the first frame must be (RFC 9113 §3.4), and GOAWAY with the code
  /// ENHANCE_YOUR_CALM (§6.8, §7): no stream was processed.
  private static let http2Answer: [UInt8] =
    [0, 0, 0, 4, 0, 0, 0, 0, 0]
    + [0, 0, UInt8(8 + text.utf8.count), 7, 0, 0, 0, 0, 0]
    + [0, 0, 0, 0, 0, 0, 0, 0xB] + Array(text.utf8)
}
