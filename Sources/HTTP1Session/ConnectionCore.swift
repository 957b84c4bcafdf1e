// SPDX-License-Identifier: Apache-2.0

import HTTPMessage

/// The state of a session and all that works on it. In a structure of its own a turn is one access
/// to the session's memory, not hundreds that are each checked for overlapping another.
struct ConnectionCore {
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
    /// Which of the heads that are known again it has; 0: none.
    let headNumber: UInt32
    /// The answer, given before its turn.
    var response: HTTPResponse?
    /// Whether those behind it are not handed over before its answer is complete.
    var isHeld = false
    /// Whether the head of its answer is out, and the body comes in pieces.
    var isFed = false
  }

  let limits: HTTPLimits
  /// Asked with each head that a body follows; nil: every body is read. A request whose body is not
  /// wanted comes at once, with ``HTTPRequest/isBodyUnread``, and is the last.
  var wantsBody: ((_ head: HTTPRequest) -> Bool)?
  let scheme: HTTPScheme
  var state = State.requestLine
  /// The beginning of a line whose end has not come.
  var partialLine: [UInt8] = []
  var head = RequestHead()
  /// Where in the bytes being received the head begins that is being read; -1: in earlier ones.
  var headStart = -1
  /// A head that has just been completed, and may come again.
  var completedHead: KnownHead.Completed?
  var knownHead = KnownHead()
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
  /// How many of `pending` are held.
  var heldCount = 0
  /// Requests that were answered, for the sake of their buffers.
  var spares: [HTTPRequest] = []
  /// As `spares`.
  var spareResponse = HTTPResponse()
  var output: [UInt8] = []
  /// The body of the first of `pending` where that is fed: what was given and not taken. It comes
  /// after all of `output`.
  var pieces: [UInt8] = []
  /// Streams for which ``HTTP1Session/nextClosed()`` was not asked.
  var closedStreams: [UInt32] = []
  var date: [UInt8] = []
  /// How much more is read after a rejection; 0 when nothing needs to be.
  var drainRemaining = 0
  var inputEnded = false
  /// Whether the last response of the connection was written.
  var isClosing = false
  var isShuttingDown = false

  init(scheme: HTTPScheme, limits: HTTPLimits) {
    self.scheme = scheme
    self.limits = limits
    head.reset(scheme: scheme)
  }

  /// How many answered requests keep their buffers: more than that are seldom pipelined.
  static let keptSpares = 16

  /// The next request or rejection, or nil. None while more than
  /// ``HTTPLimits/responseBufferBytes`` of output wait.
  mutating func nextEvent() -> HTTPEvent? {
    guard let index = takeNext() else { return nil }
    let request = pending[index].request
    guard let rejection = pending[index].rejection else { return .request(request) }
    return .rejected(rejection, stream: request.stream)
  }

  /// Marks the next request as handed over, and tells where in `pending` it stands.
  mutating func takeNext() -> Int? {
    guard hasEvents else { return nil }
    pendingBodyBytes &-= pending[delivered].request.body.count
    delivered &+= 1
    return delivered &- 1
  }

  /// Whether ``nextEvent()`` has something now.
  var hasEvents: Bool {
    delivered < pending.count && output.count <= limits.responseBufferBytes && heldCount == 0
  }

  /// Gives what is to be sent, at most `limit` bytes of it, and the size line of a chunk.
  ///
  /// - Returns: The number of bytes given.
  mutating func takeOutput(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int {
    let count = takeReady(upTo: limit, sink)
    return pieces.isEmpty ? count : count &+ takePieces(upTo: limit &- count, sink)
  }

  private mutating func takeReady(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int {
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

  var hasOutput: Bool { !output.isEmpty || !pieces.isEmpty }

  /// Requests without a whole answer.
  var openStreams: Int { pending.count &- pendingStart }

  /// What is expected from the peer now.
  var inputPhase: HTTP1Session.InputPhase {
    switch state {
    case .requestLine: partialLine.isEmpty ? .idle : .head
    case .fieldLine: .head
    case .fixedBody, .chunkSize, .chunkData, .chunkDataEnd, .chunksEnd:
      .body(received: head.request.body.count)
    case .discarding: .discarding
    }
  }

  var outlook: HTTPOutlook {
    HTTPOutlook(isOver: isFinished || isDraining, hasEvents: hasEvents, hasOutput: hasOutput)
  }

  /// Whether the last answer has been taken and only unread input keeps the connection open.
  var isDraining: Bool {
    isClosing && output.isEmpty && !inputEnded && drainRemaining > 0
  }

  /// Whether the connection has done its work: close it.
  var isFinished: Bool {
    guard !hasOutput else { return false }
    return isClosing ? inputEnded || drainRemaining == 0 : inputEnded && openStreams == 0
  }

  /// The peer has sent its last byte. Complete requests still get their answers.
  mutating func endInput() {
    inputEnded = true
    discardInput(draining: 0)
  }

  /// The peer took too long over a head or a body: it gets 408. Does nothing otherwise.
  mutating func timeOut() {
    switch inputPhase {
    case .head, .body: reject(.timeout)
    case .idle, .discarding: break
    }
  }

  /// Makes the request that is coming in, or else the last one that waits for an answer, the last
  /// of the connection.
  mutating func beginShutdown() {
    isShuttingDown = true
    guard case .idle = inputPhase else { return }
    discardInput(draining: 0)
    if openStreams == 0 {
      isClosing = true
    } else {
      pending[pending.count &- 1].keepAlive = false
    }
  }

  /// Frees the buffers that are kept for reuse, for a connection that has been idle for a while.
  mutating func releaseIdleMemory() {
    if partialLine.isEmpty { partialLine = [] }
    if output.isEmpty { output = [] }
    if pieces.isEmpty { pieces = [] }
    if closedStreams.isEmpty { closedStreams = [] }
    if pending.isEmpty { pending = [] }
    spares = []
    spareResponse = HTTPResponse()
    if case .idle = inputPhase {
      head.request = HTTPRequest()
      head.reset(scheme: scheme)
    }
    knownHead = KnownHead()
  }
}
