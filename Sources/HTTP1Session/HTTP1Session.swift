// SPDX-License-Identifier: Apache-2.0

public import HTTPMessage

/// One HTTP/1.1 connection of a server without I/O: bytes in, events out; responses in, bytes out.
///
/// Strict on purpose: whatever two parsers could read differently is refused (400), so that no
/// proxy in front can be smuggled through. Requests may be pipelined; responses leave in the order
/// of the requests, in whatever order they are given.
///
/// A turn of the server, repeated while `consumed` grows:
/// ```swift
/// consumed += session.receive(bytes.extracting(consumed...))
/// while session.answerNext({ request, rejection, response in … }) {}
/// session.takeOutput(into: &output, upTo: 256 << 10)
/// ```
/// Who cannot answer at once says so by ``HTTPResponse/delivery``, or takes requests by
/// ``nextEvent()``, and answers them by ``respond(_:to:)``.
///
/// `receive` may take less than it is given when too many requests wait for an answer: give the
/// rest again after answering.
///
/// After a rejection the connection closes: the session discards up to ``HTTPLimits/drainBytes`` of
/// what still comes, so that the peer gets to read the answer. While ``isDraining``, shut down the
/// sending side if possible and go on reading, for a second or so; close when ``isFinished``.
///
/// **Thread safety**: none; one thread at a time.
public final class HTTP1Session {
  /// What the session waits for from its peer; deadlines depend on it.
  public enum InputPhase: Sendable, Equatable {
    /// The first byte of a request.
    case idle
    /// The rest of a head.
    case head
    /// The rest of a body, of which so many bytes have come.
    case body(received: Int)
    /// Nothing: what comes is discarded.
    case discarding
  }

  public let limits: HTTPLimits
  var core: ConnectionCore

  /// A session of a connection that has just begun; `scheme` is what its requests get.
  public init(scheme: HTTPScheme = .http, limits: HTTPLimits = HTTPLimits()) {
    self.limits = limits
    core = ConnectionCore(scheme: scheme, limits: limits)
  }

  /// Asked with each head that a body follows; nil: every body is read. A request whose body is not
  /// wanted comes at once, with ``HTTPRequest/isBodyUnread``, and is the last.
  public var wantsBody: ((_ head: HTTPRequest) -> Bool)? {
    get { core.wantsBody }
    set { core.wantsBody = newValue }
  }

  /// Takes bytes from the peer.
  ///
  /// - Returns: How many were taken. Less than all when as many requests wait for an answer as
  ///   ``HTTPLimits`` allow; nothing is kept of the rest.
  public func receive(_ bytes: Span<UInt8>) -> Int { core.receive(bytes) }

  /// The next request or rejection, or nil. None while more than
  /// ``HTTPLimits/responseBufferBytes`` of output wait.
  public func nextEvent() -> HTTPEvent? { core.nextEvent() }

  /// Whether ``nextEvent()`` has something now.
  public var hasEvents: Bool { core.hasEvents }

  /// Answers the request number `stream`; `content-length`, `date` and `connection` are added.
  ///
  /// An answer before its turn is kept until those before it are given. One in pieces may be the
  /// beginning of a body: see ``append(_:to:)``. None can be put off once more.
  ///
  /// - Returns: false if there is no such request or it has its answer already.
  @discardableResult
  public func respond(_ response: consuming HTTPResponse, to stream: UInt32) -> Bool {
    core.respond(response, to: stream)
  }

  /// Adds to the body of an answer in pieces. What is added before output is taken leaves in one
  /// chunk.
  ///
  /// Nothing bounds what is kept: whoever feeds a slow reader looks at ``unsentBytes(of:)`` first.
  ///
  /// - Returns: false if the stream is gone, or its answer takes no more: it is whole, finished or
  ///   not begun, or has a head only.
  /// - Complexity: O(`bytes`)
  @discardableResult
  public func append(_ bytes: Span<UInt8>, to stream: UInt32) -> Bool {
    core.append(bytes, to: stream)
  }

  /// Ends an answer in pieces; what was added is still sent. Does nothing to any other stream.
  public func finish(_ stream: UInt32) { core.finish(stream) }

  /// Body bytes of an open answer that were given and not taken as output yet; 0 of a stream that
  /// has its whole answer, and of an unknown one.
  public func unsentBytes(of stream: UInt32) -> Int { core.unsentBytes(of: stream) }

  /// A stream whose answer is no longer wanted: one in pieces whose head turned out to be all. A
  /// peer cannot give up a single request; that the connection is gone its owner knows first.
  public func nextClosed() -> UInt32? { core.nextClosed() }

  /// Lends the next request to `answer`, which fills in the response. Requests and responses use
  /// the same buffers again and again: nothing is allocated where they are large enough.
  ///
  /// Where the answer comes later or in pieces, none of the requests behind it is lent before its
  /// end: they wait in order, bounded as ever.
  ///
  /// - Parameter answer: Gets a response without status, fields and body, to be given a status at
  ///   least, or a ``HTTPResponse/delivery``. Where the session refuses the request, why: of the
  ///   request nothing counts then.
  /// - Returns: false if there is no request now, without a call.
  public func answerNext(
    _ answer: (
      _ request: borrowing HTTPRequest, _ rejection: HTTPRejection?,
      _ response: inout HTTPResponse
    ) -> Void
  ) -> Bool {
    guard core.hasEvents else { return false }
    var lent = Lent()
    var response = HTTPResponse()
    guard let loan = core.lend(&lent.request, &response) else { return false }
    lent.show(to: answer, loan.rejection, &response)
    core.takeBack(loan, &lent.request, &response)
    return true
  }

  /// A request outside of the core. What is not to be copied is lent without a copy.
  private struct Lent: ~Copyable {
    var request = HTTPRequest()

    borrowing func show(
      to answer: (borrowing HTTPRequest, HTTPRejection?, inout HTTPResponse) -> Void,
      _ rejection: HTTPRejection?, _ response: inout HTTPResponse
    ) {
      answer(request, rejection, &response)
    }
  }

  /// Appends what is to be sent, at most until `destination` holds `limit` bytes.
  public func takeOutput(into destination: inout [UInt8], upTo limit: Int = .max) {
    takeOutput(upTo: limit &- destination.count) { destination.append(bytes: $0) }
  }

  /// Gives what is to be sent, at most `limit` bytes of it and up to 12 around a chunk. `sink` must
  /// not call the session.
  ///
  /// - Returns: The number of bytes given.
  @discardableResult
  public func takeOutput(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int {
    core.takeOutput(upTo: limit, sink)
  }

  /// Whether ``takeOutput(into:upTo:)`` has something.
  public var hasOutput: Bool { core.hasOutput }

  /// Bytes of output that were not taken.
  public var unsentBytes: Int { core.output.count &+ core.pieces.count }

  /// Requests without a whole answer.
  public var openStreams: Int { core.openStreams }

  /// What is expected from the peer now.
  public var inputPhase: InputPhase { core.inputPhase }

  /// Whether the last answer has been taken and only unread input keeps the connection open.
  public var isDraining: Bool { core.isDraining }

  /// Whether the connection has done its work: close it.
  public var isFinished: Bool { core.isFinished }

  /// Whether the connection has done its work, and what else there is to do.
  public var outlook: HTTPOutlook { core.outlook }

  /// The peer has sent its last byte. Complete requests still get their answers.
  public func endInput() { core.endInput() }

  /// The peer took too long over a head or a body: it gets 408. Does nothing otherwise.
  public func timeOut() { core.timeOut() }

  /// Makes the request that is coming in, or else the last one that waits for an answer, the last
  /// of the connection.
  public func beginShutdown() { core.beginShutdown() }

  /// Sets the `date` field of the responses to come; empty: none. Nothing else is used here.
  public func setDate(_ text: [UInt8], seconds: Int64, isHeldUp: Bool = false) { core.date = text }

  /// Frees the buffers that are kept for reuse, for a connection that has been idle for a while.
  public func releaseIdleMemory() { core.releaseIdleMemory() }
}
