// SPDX-License-Identifier: Apache-2.0

/// The protocol side of a stream: bytes in, bytes out, no system calls.
///
/// All methods are called on the loop's thread, never from within each other for the same stream.
/// They may close the stream, set its deadline, request turns, and adopt or connect others.
public protocol StreamHandler: AnyObject {
  /// The stream's first call, exactly once: it lives on its loop now, though its connect may be
  /// under way. A handler sets the deadline here by which it wants first bytes. The default does
  /// nothing.
  func opened(_ stream: Stream)

  /// Consumes from the front of `input` and appends replies to `output`.
  ///
  /// Called once per readable event, again on later turns while it answers `.yield`, after
  /// `EventLoop.requestTurn(_:)`, and once when a connect has succeeded; `input` may then be empty.
  /// What is not consumed comes again, with what has arrived since.
  ///
  /// A handler stops when `output.isFull` or its budget for a turn is spent, and answers `.yield`;
  /// one that needs what another thread makes answers `.wait`.
  ///
  /// - Parameter endOfInput: The peer sends no more. `.needInput` then means `.close`.
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress

  /// The loop wants to end: say farewell, and answer `.close` as soon as nothing is under way.
  /// Called once; `consumed` is ignored. The default answers `.close`.
  func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress

  /// The deadline of `Stream.setDeadline(afterNanoseconds:)` has passed; it is cleared now.
  /// `consumed` is ignored. The default closes the stream at once with `.deadline`.
  func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress

  /// The stream's last call, exactly once: nothing more will be read or sent. The only one for a
  /// stream that the loop could not take.
  func closed(_ reason: StreamCloseReason)
}

extension StreamHandler {
  public func opened(_ stream: Stream) {}

  public func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    StreamProgress(consumed: 0, next: .close)
  }

  public func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    stream.close(.deadline)
    return StreamProgress(consumed: 0, next: .close)
  }
}

/// What a handler did with its input and what it wants next.
public struct StreamProgress: Equatable, Sendable {
  public enum Next: Sendable {
    /// Call again when more bytes have arrived.
    case needInput
    /// Work is left: call again next turn, or when output has fallen below the mark.
    case yield
    /// Something else must happen first, after which somebody requests a turn: nothing is read and
    /// nothing called until then, also at the end of the input.
    case wait
    /// Send what is appended, then close; input that is left or still comes is discarded.
    case close
  }

  /// Bytes taken from the front of the input; not more than it has (traps).
  public var consumed: Int
  public var next: Next

  @inlinable public init(consumed: Int, next: Next) {
    self.consumed = consumed
    self.next = next
  }
}

/// Why a stream ended.
public enum StreamCloseReason: Equatable, Sendable {
  /// The handler closed it, or the peer ended its input, and everything appended was sent.
  case finished
  /// `Stream.close(_:)` was called.
  case aborted
  /// Its deadline passed.
  case deadline
  /// The handler asked for more input than `StreamLimits.inputLimit`.
  case inputLimit
  /// The peer or the network broke it off (`ECONNRESET`, `EPIPE`, ...).
  case failed(errno: Int32)
  /// It was never connected.
  case connectFailed(errno: Int32)
  /// The loop stopped.
  case loopStopped
}
