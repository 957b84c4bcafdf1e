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
/// Who cannot answer at once takes requests by ``nextEvent()`` and answers them by
/// ``respond(_:to:)``.
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

  /// Where in the stream of bytes the next one stands.
  enum State {
    case requestLine, fieldLine
    case fixedBody(remaining: Int)
    case chunkSize
    case chunkData(remaining: Int)
    case chunkDataEnd, chunksEnd
    case discarding
  }

  /// A request that waits for its answer.
  struct Pending {
    let method: HTTPMethod
    var keepAlive: Bool
    /// Why it is refused, where the session does so.
    let rejection: HTTPRejection?
    var request: HTTPRequest
    /// The answer, given before its turn.
    var response: HTTPResponse?
  }

  public let limits: HTTPLimits
  /// Asked with each head that a body follows; nil: every body is read. A request whose body is not
  /// wanted comes at once, with ``HTTPRequest/isBodyUnread``, and is the last.
  public var wantsBody: ((_ head: HTTPRequest) -> Bool)?
  let scheme: HTTPScheme
  var state = State.requestLine
  /// The beginning of a line whose end has not come.
  var partialLine: [UInt8] = []
  var head = RequestHead()
  /// Bytes of chunk extensions of this body, which buy the peer nothing.
  var chunkOverhead = 0
  /// An empty line before a request is forgiven once (RFC 9112 §2.2).
  var sawEmptyLine = false
  var wantsContinue = false
  /// From `pendingStart` on, the requests without an answer, in order; the first of them has the
  /// number `firstPending`.
  var pending: [Pending] = []
  var pendingStart = 0
  var firstPending: UInt32 = 1
  /// The first of `pending` that was not handed over.
  var delivered = 0
  /// Body bytes of those that were not.
  var pendingBodyBytes = 0
  /// Requests that were answered, for the sake of their buffers.
  var spares: [HTTPRequest] = []
  /// As `spares`.
  var spareResponse = HTTPResponse(status: 0)
  var output: [UInt8] = []
  var date: [UInt8] = []
  /// How much more is read after a rejection; 0 when nothing needs to be.
  var drainRemaining = 0
  var inputEnded = false
  /// Whether the last response of the connection was written.
  var isClosing = false
  var isShuttingDown = false

  /// A session of a connection that has just begun; `scheme` is what its requests get.
  public init(scheme: HTTPScheme = .http, limits: HTTPLimits = HTTPLimits()) {
    self.scheme = scheme
    self.limits = limits
    head.reset(scheme: scheme, spare: HTTPRequest(method: .other, target: []))
  }

  /// How many answered requests keep their buffers: more than that are seldom pipelined.
  static let keptSpares = 16

  /// The next request or rejection, or nil. None while more than
  /// ``HTTPLimits/responseBufferBytes`` of output wait.
  public func nextEvent() -> HTTPEvent? {
    guard let index = takeNext() else { return nil }
    let request = pending[index].request
    guard let rejection = pending[index].rejection else { return .request(request) }
    return .rejected(rejection, stream: request.stream)
  }

  /// Marks the next request as handed over, and tells where in `pending` it stands.
  func takeNext() -> Int? {
    guard hasEvents else { return nil }
    pendingBodyBytes &-= pending[delivered].request.body.count
    delivered &+= 1
    return delivered &- 1
  }

  /// Whether ``nextEvent()`` has something now.
  public var hasEvents: Bool {
    delivered < pending.count && output.count <= limits.responseBufferBytes
  }

  /// Appends what is to be sent, at most until `destination` holds `limit` bytes.
  public func takeOutput(into destination: inout [UInt8], upTo limit: Int = .max) {
    takeOutput(upTo: limit &- destination.count) { destination.append(bytes: $0) }
  }

  /// Gives what is to be sent, at most `limit` bytes of it.
  ///
  /// - Returns: The number of bytes given.
  @discardableResult
  public func takeOutput(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int {
    let count = min(output.count, max(limit, 0))
    guard count > 0 else { return 0 }
    sink(output.span.extracting(..<count))
    if count == output.count {
      output.removeAll(keepingCapacity: true)
    } else {
      output.removeFirst(count)
    }
    return count
  }

  /// Whether ``takeOutput(into:upTo:)`` has something.
  public var hasOutput: Bool { !output.isEmpty }

  /// Bytes of output that were not taken.
  public var unsentBytes: Int { output.count }

  /// Requests without an answer.
  public var openStreams: Int { pending.count &- pendingStart }

  /// What is expected from the peer now.
  public var inputPhase: InputPhase {
    switch state {
    case .requestLine: partialLine.isEmpty ? .idle : .head
    case .fieldLine: .head
    case .fixedBody, .chunkSize, .chunkData, .chunkDataEnd, .chunksEnd:
      .body(received: head.request.body.count)
    case .discarding: .discarding
    }
  }

  /// Whether the last answer has been taken and only unread input keeps the connection open.
  public var isDraining: Bool {
    isClosing && output.isEmpty && !inputEnded && drainRemaining > 0
  }

  /// Whether the connection has done its work: close it.
  public var isFinished: Bool {
    guard output.isEmpty else { return false }
    return isClosing ? inputEnded || drainRemaining == 0 : inputEnded && openStreams == 0
  }

  /// The peer has sent its last byte. Complete requests still get their answers.
  public func endInput() {
    inputEnded = true
    discardInput(draining: 0)
  }

  /// The peer took too long over a head or a body: it gets 408. Does nothing otherwise.
  public func timeOut() {
    switch inputPhase {
    case .head, .body: reject(.timeout)
    case .idle, .discarding: break
    }
  }

  /// Makes the request that is coming in, or else the last one that waits for an answer, the last
  /// of the connection.
  public func beginShutdown() {
    isShuttingDown = true
    guard case .idle = inputPhase else { return }
    discardInput(draining: 0)
    if openStreams == 0 {
      isClosing = true
    } else {
      pending[pending.count &- 1].keepAlive = false
    }
  }

  /// Sets the `date` field of the responses to come; empty: none. The seconds are not used here.
  public func setDate(_ text: [UInt8], unixSeconds: Int64) {
    date = text
  }

  /// Frees the buffers that are kept for reuse, for a connection that has been idle for a while.
  public func releaseIdleMemory() {
    if partialLine.isEmpty { partialLine = [] }
    if output.isEmpty { output = [] }
    if pending.isEmpty { pending = [] }
    spares = []
    spareResponse = HTTPResponse(status: 0)
    if case .idle = inputPhase {
      head.reset(scheme: scheme, spare: HTTPRequest(method: .other, target: []))
    }
  }
}
