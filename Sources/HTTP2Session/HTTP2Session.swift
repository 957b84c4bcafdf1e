// SPDX-License-Identifier: Apache-2.0

import CNGHTTP2
public import HTTPMessage

/// One HTTP/2 connection without I/O: bytes in, events out; responses or requests in, bytes out.
///
/// A server's turn, in this order:
/// ```swift
/// try session.receive(bytes)
/// repeat {
///   while session.answerNext({ request, rejection, response in … }) {}
///   session.takeOutput(into: &output, upTo: 256 << 10)
/// } while session.hasEvents && output.count < 256 << 10
/// ```
/// Who cannot answer at once says so by ``HTTPResponse/delivery``, or takes requests by
/// ``nextEvent()``, and answers them by ``respond(_:to:)``. ``nextClosed()`` tells which answers
/// nobody waits for any more.
///
/// Events pause while more than ``HTTPLimits/responseBufferBytes`` wait to be sent, so the two
/// inner steps repeat until neither gives anything. After an error the rest of the output is still
/// sent.
///
/// **Thread safety**: none; one thread at a time, as the library demands.
///
/// - Complexity: O(bytes). Buffers of finished streams are used again for new ones.
@safe public final class HTTP2Session {
  /// Which end of the connection this is.
  public enum Role: Sendable {
    case server, client
  }

  public let role: Role
  public let limits: HTTPLimits
  private let session: SessionHandle
  private let core: UnsafeMutablePointer<SessionCore>
  private let memory: UnsafeMutablePointer<SessionMemory>
  private var hasFailed = false
  private var isShuttingDown = false
  /// Whether the PING after the first GOAWAY is due.
  private var owesShutdownPing = false

  /// Makes a session whose first output is its SETTINGS (and, for a client, the preface).
  ///
  /// - Throws: ``HTTP2Error/creationFailed(code:)`` when memory is short.
  public init(role: Role, limits: HTTPLimits = HTTPLimits()) throws(HTTP2Error) {
    self.role = role
    self.limits = limits
    // Safety: freed in `deinit`, or right here when the library fails.
    unsafe core = .allocate(capacity: 1)
    unsafe core.initialize(to: SessionCore(isServer: role == .server, limits: limits))
    unsafe memory = .allocate(capacity: 1)
    unsafe memory.initialize(to: SessionMemory())
    do throws(HTTP2Error) {
      session = try unsafe SessionSetup.makeSession(
        role: role, limits: limits, user: core, memory: memory)
    } catch {
      unsafe Self.free(core, memory)
      throw error
    }
  }

  deinit {
    // Safety: all were made by `init`; the library calls back only while it is called, and gives
    // back its memory here at last.
    unsafe nghttp2_session_del(session.raw)
    unsafe Self.free(core, memory)
  }

  private static func free(
    _ core: UnsafeMutablePointer<SessionCore>, _ memory: UnsafeMutablePointer<SessionMemory>
  ) {
    unsafe core.deinitialize(count: 1)
    unsafe core.deallocate()
    unsafe memory.deinitialize(count: 1)
    unsafe memory.deallocate()
  }

  /// A server asks it with each head that a body follows; nil: every body is read. A request whose
  /// body is not wanted comes at once, with ``HTTPRequest/isBodyUnread``.
  public var wantsBody: ((_ head: HTTPRequest) -> Bool)? {
    // Safety: as in `nextEvent`.
    get { unsafe core.pointee.wantsBody }
    set { unsafe core.pointee.wantsBody = newValue }
  }

  /// Takes bytes from the peer, all of them.
  ///
  /// - Returns: How many bytes were taken: always all.
  /// - Throws: ``HTTP2Error`` when the connection is lost; send the output, then close. Errors that
  ///   the protocol knows how to tell (GOAWAY) do not throw: they end in ``isFinished``.
  @discardableResult
  public func receive(_ bytes: Span<UInt8>) throws(HTTP2Error) -> Int {
    guard !hasFailed, !bytes.isEmpty else { return bytes.count }
    // Safety: the library reads the bytes during the call only.
    let taken = unsafe bytes.withUnsafeBufferPointer {
      unsafe nghttp2_session_mem_recv(session.raw, $0.baseAddress, $0.count)
    }
    guard taken >= 0 else {
      hasFailed = true
      // Safety: as in `nextEvent`.
      let isOurs = unsafe core.pointee.hasHeaderBomb || core.pointee.hasTooManyContinuations
      let floods = [NGHTTP2_ERR_FLOODED, NGHTTP2_ERR_TOO_MANY_CONTINUATIONS]
      let isFlood = isOurs || floods.contains { taken == Int($0.rawValue) }
      session.terminate(code: isFlood ? ErrorCode.enhanceYourCalm : ErrorCode.protocolError)
      throw isFlood ? .flooded : .connectionFailed(code: Int32(truncatingIfNeeded: taken))
    }
    return bytes.count
  }

  /// The next thing that happened, or nil.
  ///
  /// A server gets none while more than ``HTTPLimits/responseBufferBytes`` of responses wait to be
  /// sent; see the type's example.
  public func nextEvent() -> HTTPEvent? {
    // Safety: `core` lives as long as `self`, and nothing below calls back into it.
    unsafe core.pointee.nextEvent(session: session)
  }

  /// Lends the next request to `answer`, which fills in the response. Requests and responses use
  /// the same buffers again and again: nothing is allocated where they are large enough.
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
    // Safety: as in `nextEvent`; whatever `answer` calls here finds the core at rest, and the slot
    // stays where it is, untouched while it is lent.
    guard role == .server, let loan = unsafe core.pointee.lend(session: session) else {
      return false
    }
    unsafe core.pointee.slots.address(loan.slot).pointee.lend(loan.rejection, to: answer)
    unsafe core.pointee.takeBack(loan, session: session)
    return true
  }

  /// Gives what the answer that was just made added to the output, where nothing else waits before
  /// it: its head and the first frame of its body. What is taken answer by answer finds no others
  /// in the queues, and is still in the cache. The rest comes by ``takeOutput(upTo:_:)``.
  @inline(__always)
  public func takeAnswer(_ sink: (Span<UInt8>) -> Void) {
    for _ in 0..<2 {
      var bytes: UnsafePointer<UInt8>?
      // Safety: the library's buffer is valid until the next call.
      let count = unsafe nghttp2_session_mem_send(session.raw, &bytes)
      guard count > 0, let bytes = unsafe bytes else {
        if count < 0 { hasFailed = true }
        return
      }
      let frame = unsafe UnsafeBufferPointer(start: bytes, count: count)
      sink(unsafe frame.span)
    }
  }

  /// Whether ``nextEvent()`` may have something now: false while events pause.
  public var hasEvents: Bool {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.hasEvents
  }

  /// Answers the request on `stream`; `content-length` and `date` are added. An answer in pieces
  /// may be the beginning of a body: see ``append(_:to:)``. None can be put off once more.
  ///
  /// - Returns: false if the stream is gone or has its answer already.
  @discardableResult
  public func respond(_ response: consuming HTTPResponse, to stream: UInt32) -> Bool {
    guard role == .server, let stream = Int32(exactly: stream) else { return false }
    // Safety: as in `nextEvent`.
    return unsafe core.pointee.respond(response, to: stream, session: session)
  }

  /// Adds to the body of an answer in pieces. It is sent as the peer's windows allow, in turns with
  /// the others of the connection.
  ///
  /// Nothing bounds what is kept: whoever feeds a slow reader looks at ``unsentBytes(of:)`` first.
  /// It does not make events pause as whole answers do: other streams are served meanwhile.
  ///
  /// - Returns: false if the stream is gone, or its answer takes no more: it is whole, finished or
  ///   not begun, or has a head only.
  /// - Complexity: O(`bytes`), on the average of all calls.
  @discardableResult
  public func append(_ bytes: Span<UInt8>, to stream: UInt32) -> Bool {
    guard role == .server, let stream = Int32(exactly: stream) else { return false }
    // Safety: as in `nextEvent`.
    return unsafe core.pointee.append(bytes, to: stream, session: session)
  }

  /// Ends an answer in pieces; what was added is still sent. Does nothing to any other stream.
  public func finish(_ stream: UInt32) {
    guard role == .server, let stream = Int32(exactly: stream) else { return }
    // Safety: as in `nextEvent`.
    unsafe core.pointee.finish(stream, session: session)
  }

  /// Body bytes given for a stream that are not in the output yet; 0 of a stream that is gone.
  public func unsentBytes(of stream: UInt32) -> Int {
    guard let stream = Int32(exactly: stream) else { return 0 }
    // Safety: as in `nextEvent`.
    return unsafe core.pointee.unsentBytes(of: stream, session: session)
  }

  /// Server: a stream whose request was handed over and whose answer is no longer wanted: the peer
  /// has reset it before the answer came, or before its last piece was given; or the head of an
  /// answer in pieces turned out to be all of it. Each is told once, and none of those that are
  /// open when the connection itself is gone.
  public func nextClosed() -> UInt32? {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.nextClosed()
  }

  /// Sends a request; `content-length` is added if it has a body. Its `stream` is ignored.
  ///
  /// Beyond the number of streams that the server allows, requests wait in the session.
  ///
  /// - Parameter inPieces: Whether the response is told as it comes, by
  ///   ``HTTPEvent/responseHead(_:stream:)``, ``HTTPEvent/piece(_:stream:)`` and
  ///   ``HTTPEvent/responseEnd(stream:)``, however long its body is. The server may send as much as
  ///   ``HTTPLimits/bodyBytes`` ahead of what is fetched by ``nextEvent()``.
  /// - Returns: The stream that the response or the end will name.
  /// - Throws: ``HTTP2Error/submissionRefused(code:)``.
  public func submit(
    _ request: consuming HTTPRequest, inPieces: Bool = false
  ) throws(HTTP2Error) -> UInt32 {
    guard role == .client, !hasFailed, !isShuttingDown, session.allowsRequest else {
      throw .submissionRefused(code: Int32(NGHTTP2_ERR_INVALID_STATE.rawValue))
    }
    // Safety: as in `nextEvent`.
    return try unsafe core.pointee.submit(request, inPieces: inPieces, session: session)
  }

  /// Gives up a stream (RST_STREAM, CANCEL). A client gets no response for it.
  public func cancel(_ stream: UInt32) {
    guard let stream = Int32(exactly: stream) else { return }
    session.reset(stream, code: ErrorCode.cancel)
  }

  /// Appends what is to be sent, until there is no more or `output` holds at least `limit` bytes:
  /// at most one frame (16 KiB) more than that.
  public func takeOutput(into output: inout [UInt8], upTo limit: Int = .max) {
    takeOutput(upTo: limit &- output.count) { output.append(bytes: $0) }
  }

  /// Gives what is to be sent, frame by frame, until there is no more or it was at least `limit`
  /// bytes: at most one frame (16 KiB) more than that. `sink` must not call the session.
  ///
  /// - Returns: The number of bytes given.
  @discardableResult
  public func takeOutput(upTo limit: Int, _ sink: (Span<UInt8>) -> Void) -> Int {
    var taken = 0
    while taken < limit {
      var bytes: UnsafePointer<UInt8>?
      // Safety: the library's buffer is valid until the next call.
      let count = unsafe nghttp2_session_mem_send(session.raw, &bytes)
      guard count > 0, let bytes = unsafe bytes else {
        if count < 0 { hasFailed = true }
        guard !hasFailed, submitDeferred() else { break }
        continue
      }
      let frame = unsafe UnsafeBufferPointer(start: bytes, count: count)
      sink(unsafe frame.span)
      taken &+= count
    }
    return taken
  }

  /// Queues what must not overtake the frames before it.
  private func submitDeferred() -> Bool {
    // Safety: as in `nextEvent`.
    if unsafe core.pointee.stopUnwantedInput(session: session) { return true }
    // A PING overtakes a GOAWAY that waits beside it: its answer would prove nothing.
    guard owesShutdownPing else { return false }
    owesShutdownPing = false
    session.submitShutdownPing()
    return true
  }

  /// Whether ``takeOutput(into:upTo:)`` may have something.
  public var hasOutput: Bool { session.wantsWrite }

  /// Whether the connection has done its work: send what is left of the output and close.
  public var isFinished: Bool {
    !session.wantsWrite && (hasFailed || !session.wantsRead)
  }

  /// Whether the connection has done its work, and what else there is to do.
  public var outlook: HTTPOutlook {
    let hasOutput = hasOutput
    return HTTPOutlook(
      isOver: !hasOutput && isFinished, hasEvents: hasEvents, hasOutput: hasOutput)
  }

  /// How many streams are open or wait for their turn.
  public var openStreams: Int {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.openStreams
  }

  /// How many streams the peer lets this side have open at once: requests past that wait here. The
  /// library's guess of 100 until the peer's SETTINGS have come.
  public var peerStreamLimit: Int { session.peerStreamLimit }

  /// Whether the peer's first SETTINGS have come.
  public var hasPeerSettings: Bool {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.hasPeerSettings
  }

  /// Response or request body bytes that are not in the output yet.
  public var unsentBytes: Int {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.unsentBytes &+ core.pointee.unsentPieceBytes
  }

  /// Sets the `date` field of the responses to come (empty: none) and the clock by which the
  /// allowance for nuisances is filled up and streams that stand still are found. Call it once a
  /// second, or before each ``receive(_:)``.
  ///
  /// - Parameters:
  ///   - seconds: Of a clock that nobody sets.
  ///   - isHeldUp: Whether output waits for the socket, so that no stream can be blamed.
  public func setDate(_ text: [UInt8], seconds: Int64, isHeldUp: Bool = false) {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.setDate(text)
    unsafe core.pointee.setClock(seconds, isHeldUp: isHeldUp, session: session)
  }

  /// Server: whether there is a stream that only the peer can bring further, by a window or by more
  /// of its request. ``setDate(_:seconds:isHeldUp:)`` is to be called each second meanwhile, also
  /// where nothing comes, so that ``HTTPLimits/stallSeconds`` holds.
  ///
  /// - Complexity: O(open streams)
  public var awaitsPeer: Bool {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.awaitsPeer
  }

  /// Begins the end of the connection (RFC 9113 §6.8).
  ///
  /// A server says GOAWAY that still allows every stream, and a second one with the last stream it
  /// processed as soon as the peer has answered a PING; then it is finished when its streams are.
  /// A client lets its open streams come to their end.
  public func beginShutdown() {
    guard !isShuttingDown, !hasFailed else { return }
    isShuttingDown = true
    if role == .server {
      session.submitShutdownNotice()
      owesShutdownPing = true
    } else {
      session.submitGoAway()
    }
  }

  /// Says the second GOAWAY without waiting for the answer to the PING.
  public func finishShutdown() {
    guard role == .server, !hasFailed else { return }
    isShuttingDown = true
    session.submitGoAway()
  }

  /// Frees the buffers that are kept for reuse, for a connection that has been idle for a while.
  public func releaseIdleMemory() {
    // Safety: as in `nextEvent`.
    unsafe core.pointee.releaseIdleMemory()
    unsafe memory.pointee.releaseAll()
  }
}
