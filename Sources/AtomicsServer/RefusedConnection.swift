// SPDX-License-Identifier: Apache-2.0

import EventLoop

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
    let opening = OpeningBytes(input)
    if opening == .undecided { return StreamProgress(consumed: 0, next: .needInput) }
    output.append(contentsOf: OpeningRefusal.tooMany(opening, context.welcome))
    return StreamProgress(consumed: input.count, next: .close)
  }

  func closed(_ reason: StreamCloseReason) {}
}
