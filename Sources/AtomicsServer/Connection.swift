// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP1Session
import HTTP2Session
import HTTPMessage
import JSONText
import WireProtocol

/// One connection: its first bytes choose the protocol, which has it from then on.
final class Connection: StreamHandler {
  private enum Protocol {
    case undecided
    case binary(BinarySession)
    case http1(HTTPExchange<HTTP1Session>)
    case http2(HTTPExchange<HTTP2Session>)
  }

  private let context: ServerContext
  private let clock: WallClock
  private var `protocol` = Protocol.undecided
  private var isWatchingHead = false

  init(_ context: ServerContext, _ clock: WallClock) {
    self.context = context
    self.clock = clock
  }

  func opened(_ stream: Stream) {
    stream.setDeadline(afterNanoseconds: context.limits.classificationNanoseconds)
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    switch `protocol` {
    case .binary(let session):
      return session.process(input, into: &output)
    case .http2(let exchange):
      return exchange.process(input, into: &output, endOfInput: endOfInput)
    case .http1(let exchange):
      let progress = exchange.process(input, into: &output, endOfInput: endOfInput)
      watchHead(exchange, stream)
      return progress
    case .undecided:
      guard decide(OpeningBytes(input), into: &output, stream) else {
        return StreamProgress(consumed: input.count, next: .close)
      }
      if case .undecided = `protocol` { return StreamProgress(consumed: 0, next: .needInput) }
      return process(input, into: &output, stream: stream, endOfInput: endOfInput)
    }
  }

  /// - Returns: False when the connection ends here.
  private func decide(_ opening: OpeningBytes, into output: inout OutputBuffer, _ stream: Stream)
    -> Bool
  {
    switch opening {
    case .undecided:
      return true
    case .binary:
      `protocol` = .binary(BinarySession(context))
      stream.clearDeadline()
    case .http1:
      let session = HTTP1Session(limits: context.limits.http)
      `protocol` = .http1(HTTPExchange(session, context, clock))
      stream.clearDeadline()
    case .http2:
      guard let session = try? HTTP2Session(role: .server, limits: context.limits.http) else {
        return false
      }
      `protocol` = .http2(HTTPExchange(session, context, clock))
      stream.clearDeadline()
    case .tls:
      // A fatal handshake_failure alert (RFC 8446 §6): this server has no certificate.
      output.append(contentsOf: [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28])
      return false
    case .unknown:
      // A person with a terminal may be on the other side: say so in the plainest protocol.
      output.append(
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\n"
          + "Content-Length: 72\r\n\r\n"
          + "these bytes open none of atr/1, HTTP/2 with prior knowledge or HTTP/1.1\n")
      return false
    }
    return true
  }

  /// A request that stays incomplete for its time ends the connection (slow loris).
  private func watchHead(_ exchange: HTTPExchange<HTTP1Session>, _ stream: Stream) {
    let isIncomplete = exchange.session.isReceiving
    guard isIncomplete != isWatchingHead else { return }
    isWatchingHead = isIncomplete
    if isIncomplete {
      stream.setDeadline(afterNanoseconds: context.limits.headNanoseconds)
    } else {
      stream.clearDeadline()
    }
  }

  func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    if case .http1(let exchange) = `protocol` {
      return exchange.timeOut(into: &output)
    }
    stream.close(.deadline)
    return StreamProgress(consumed: 0, next: .close)
  }

  func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    switch `protocol` {
    case .undecided:
      return StreamProgress(consumed: 0, next: .close)
    case .binary(let session):
      session.farewell(into: &output)
      return StreamProgress(consumed: 0, next: .close)
    case .http1(let exchange):
      return exchange.drain(into: &output)
    case .http2(let exchange):
      return exchange.drain(into: &output)
    }
  }

  func closed(_ reason: StreamCloseReason) {
    `protocol` = .undecided
  }
}
