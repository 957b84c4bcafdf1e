// SPDX-License-Identifier: Apache-2.0
import CLinux
import Synchronization

/// One connection on a loop, from adoption to `StreamHandler.closed(_:)`.
///
/// Loop thread only, except `EventLoop.requestTurn(_:)` and `requestTurn()`. Idle, it owns no
/// buffers.
public final class Stream {
  /// The loop that it lives on.
  public let loop: EventLoop
  /// Index and generation in the loop's table; never that of another stream of this loop.
  let token: UInt64
  /// -1 once closed.
  var descriptor: Int32
  /// nil once `closed` was called.
  var handler: (any StreamHandler)?

  // The queues are loaded and stored as a whole, never changed in place. That lets the compiler
  // see that accesses cannot overlap and leave the check for it out, which would be nearly half of
  // the instructions between recv and send.

  /// Input that the handler has not consumed.
  var input = ByteQueue()
  /// Output that the socket has not taken.
  var output = ByteQueue()

  /// Events that epoll watches for now.
  var interest: UInt32 = 0
  /// There may be input in the socket that epoll has told of and will not tell of again.
  var hasUnreadInput = false
  var isConnecting = false
  /// The peer sends no more.
  var inputEnded = false
  /// Output has reached the high-water mark and not yet fallen to the low one.
  var isBlocked = false
  /// The handler has answered `.close`: only output is still of interest.
  var isFinishing = false
  /// Output is finished; input is discarded until it ends.
  var isLingering = false
  /// The handler has answered `.yield` and not been called since.
  var hasYielded = false
  /// The handler has answered `.wait` and not been called since.
  var isWaiting = false
  /// The handler must be called without new input.
  var wantsTurn = false
  /// The handler must be called when the socket has taken all output.
  var wantsTurnWhenSent = false
  /// In the ready list now.
  var isReady = false
  var wantsDrain = false
  /// A handler's method is on the call stack: closing waits for its return.
  var isInHandler = false
  var closeRequest: StreamCloseReason?

  /// When the deadline is, and the earliest timer entry of this stream.
  var deadline = Deadline.never
  var armedDeadline = Deadline.never
  /// A turn was asked for from another thread and has not begun.
  let turnRequested = Atomic<Bool>(false)

  init(loop: EventLoop, token: UInt64, descriptor: Int32, handler: any StreamHandler) {
    self.loop = loop
    self.token = token
    self.descriptor = descriptor
    self.handler = handler
  }

  func takeInput() -> ByteQueue {
    let taken = input
    input = ByteQueue()
    return taken
  }

  func takeOutput() -> ByteQueue {
    let taken = output
    output = ByteQueue()
    return taken
  }
}

// Sendable because: other threads reach only `loop`, `token` and `turnRequested`.
extension Stream: @unchecked Sendable {}

extension Stream {
  /// Nothing will be read or sent any more.
  public var isClosed: Bool { descriptor < 0 }

  /// Bytes that the socket has not taken yet; what is being appended now is not counted.
  public var unsentCount: Int { output.count }

  /// Bytes that the socket has taken and the peer's system has not acknowledged.
  ///
  /// - Complexity: A system call.
  public var unacknowledgedCount: Int { isClosed ? 0 : Int(clinux_queued(descriptor)) }

  /// Calls `StreamHandler.deadlineReached` when this much time has passed, instead of any earlier
  /// deadline. Cheap enough for every request: a later deadline is one store.
  public func setDeadline(afterNanoseconds nanoseconds: UInt64) {
    // Without a handler the stream is lingering, and that ends when it should.
    if handler == nil { return }
    loop.setDeadline(loop.now.advanced(by: nanoseconds), of: self)
  }

  public func clearDeadline() { if handler != nil { deadline = .never } }

  /// Closes at once: unsent output is lost. Within a method of its handler, when that returns.
  public func close(_ reason: StreamCloseReason = .aborted) { loop.close(self, reason) }

  /// Whether a turn was asked for that has not begun: `process` is called once more.
  public var hasRequestedTurn: Bool {
    // pairs with the exchange in requestTurn(_:): a turn that is seen here comes.
    wantsTurn || turnRequested.load(ordering: .acquiring)
  }

  /// Has `StreamHandler.process` called once more when the socket has taken what it has not yet,
  /// for a handler that waits for that with what would grow meanwhile. Does nothing where
  /// `unsentCount` is 0.
  public func requestTurnWhenSent() { wantsTurnWhenSent = !output.isEmpty }

  /// Any thread: see `EventLoop.requestTurn(_:)`.
  public func requestTurn() { loop.requestTurn(self) }
}
