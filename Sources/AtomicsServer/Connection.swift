// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTP1Session
import HTTP2Session
import HTTPMessage
import JSONText
import RegisterService
import TLSSession
import WireProtocol

/// One connection: its first bytes choose the protocol, which has it from then on. TLS, where they
/// begin it, comes between the loop and the protocol that is chosen inside.
final class Connection: StreamHandler {
  private enum Speech {
    case undecided
    case binary(BinarySession)
    case http1(HTTPExchange<HTTP1Session>)
    case http2(HTTPExchange<HTTP2Session>)
  }

  private let context: ServerContext
  private let bench: Workbench
  private let hub: WaitHub
  private var peer: Peer
  private let encryption: Encryption
  private var transport: TLSTransport?
  /// Its number while it is under way.
  private var handshake: UInt64?
  private var speech = Speech.undecided
  /// Whether the deadline of the opening still runs.
  private var isOpening = true
  /// Whether the deadline of the shutdown notice runs, or has passed.
  private var isDraining = false
  /// What of an HTTP/1 request the deadline is set for.
  private var awaited = Awaited.nothing
  /// Messages that were complete when the deadline was set: another one has a time of its own.
  private var messagesAtDeadline = 0
  private var bodyBytesAtDeadline = 0
  /// Whether a look at a binary client's silence is set for.
  private var isWatchingSilence = false
  /// Input of a binary client that it was heard by already.
  private var keptInput = 0
  private var pongsHeard = 0
  private var unsentAtLook = 0
  private var sending = SendWatch()
  private var loop: EventLoop?

  init(
    _ context: ServerContext, _ bench: Workbench, _ hub: WaitHub, _ peer: Peer,
    _ encryption: Encryption = .none
  ) {
    self.context = context
    self.hub = hub
    self.peer = peer
    self.bench = bench
    self.encryption = encryption
  }

  func opened(_ stream: Stream) {
    loop = stream.loop
    stream.setDeadline(afterNanoseconds: context.limits.classificationNanoseconds)
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    guard let transport else {
      return speak(input, into: &output, stream: stream, endOfInput: endOfInput)
    }
    let progress = transport.process(
      input, into: &output, stream: stream, endOfInput: endOfInput
    ) {
      speak($0, into: &$1, stream: stream, endOfInput: $2)
    }
    // Only once: the connection ends.
    if let failure = transport.handshakeFailure { context.handshakes.note(failure, of: peer) }
    if handshake != nil, transport.isEstablished { endHandshake() }
    return progress
  }

  /// A turn of what is spoken, in plain bytes.
  private func speak(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    switch speech {
    case .binary(let session):
      let progress = session.turn(input, into: &output, endOfInput: endOfInput)
      if isOpening, session.hasGreeted { endOpening(stream) }
      if session.silence.isOn { watchSilence(of: session, input.count, progress, stream) }
      return progress
    case .http2(let exchange):
      let progress = exchange.process(input, into: &output, endOfInput: endOfInput)
      if isOpening, exchange.receivedCount >= Self.http2OpeningCount { endOpening(stream) }
      if !isOpening, !isDraining {
        stream.setDeadline(afterNanoseconds: rest(of: exchange, stream))
      }
      if exchange.awaitsSending { stream.requestTurnWhenSent() }
      return isStalled(output, stream) ? abandon(stream) : progress
    case .http1(let exchange):
      let progress = exchange.process(input, into: &output, endOfInput: endOfInput)
      if endOfInput { exchange.session.endInput() }
      watchRest(of: exchange, stream)
      if exchange.awaitsSending { stream.requestTurnWhenSent() }
      return isStalled(output, stream) ? abandon(stream) : progress
    case .undecided:
      let opening = opening(input)
      if opening == .tls, beginEncryption(stream) {
        return process(input, into: &output, stream: stream, endOfInput: endOfInput)
      }
      guard decide(opening, into: &output, stream) else {
        return StreamProgress(consumed: input.count, next: .close)
      }
      if case .undecided = speech { return StreamProgress(consumed: 0, next: .needInput) }
      return speak(input, into: &output, stream: stream, endOfInput: endOfInput)
    }
  }

  /// Notes that the client was heard, and has its silence looked at.
  private func watchSilence(
    of session: BinarySession, _ inputCount: Int, _ progress: StreamProgress, _ stream: Stream
  ) {
    let answers = session.pongCount &- pongsHeard
    pongsHeard = session.pongCount
    let now = stream.loop.now.nanoseconds
    let asks =
      progress.consumed > answers &* FrameHeader.byteCount || session.batch != nil
    if inputCount > keptInput || asks { session.hear(at: now, asks: asks) }
    keptInput = inputCount &- progress.consumed
    guard !isOpening, !isWatchingSilence, let delay = session.silence.delay(from: now) else {
      return
    }
    isWatchingSilence = true
    stream.setDeadline(afterNanoseconds: delay)
  }

  /// The client may have been silent for long.
  private func lookAtSilence(
    of session: BinarySession, into output: inout OutputBuffer, _ stream: Stream
  ) -> StreamProgress {
    let now = stream.loop.now.nanoseconds
    // Who takes what it is sent is there, though it is not read meanwhile.
    if stream.unsentCount < unsentAtLook { session.hear(at: now, asks: false) }
    unsentAtLook = stream.unsentCount
    // It has said that it says nothing more, and is owed its answers.
    if session.inputEnded { return StreamProgress(consumed: 0, next: .needInput) }
    if session.isWaiting { session.keepAsking(at: now) }
    switch session.lookAtSilence(at: now) {
    case .nothing: break
    case .ask(let sequence):
      output.append(contentsOf: ControlFrame.pingClient(sequence: sequence))
    case .end(let reason):
      session.finishNews(into: &output)
      output.append(contentsOf: ControlFrame.goAway(WireFailure(.limit, reason)))
      // Nor does it read the farewell, perhaps.
      stream.setDeadline(afterNanoseconds: Self.farewellNanoseconds)
      return StreamProgress(consumed: 0, next: .close)
    }
    if let delay = session.silence.delay(from: now) {
      stream.setDeadline(afterNanoseconds: delay)
    }
    return StreamProgress(consumed: 0, next: .needInput)
  }

  private static let farewellNanoseconds: UInt64 = 5_000_000_000

  /// What the first bytes open; inside TLS both sides have agreed on it already.
  private func opening(_ input: Span<UInt8>) -> OpeningBytes {
    guard let transport else { return OpeningBytes(input) }
    return input.isEmpty ? .undecided : transport.opening
  }

  /// - Returns: False where no TLS is spoken.
  private func beginEncryption(_ stream: Stream) -> Bool {
    guard encryption != .none, let tls = context.tls else { return false }
    transport = try? TLSTransport(tls.context, bench, inputLimit: context.limits.inputBytes)
    guard transport != nil else { return false }
    handshake = bench.handshakes.begin(stream, limit: context.limits.handshakes)
    return true
  }

  /// It is complete, or will never be.
  private func endHandshake() {
    guard let number = handshake else { return }
    handshake = nil
    bench.handshakes.end(number)
  }

  /// The connection preface and the header of the SETTINGS that follows it (RFC 9113 §3.4).
  private static let http2OpeningCount = 24 + 9

  /// The peer has said what it speaks, and greeted: it may take its time from now on.
  private func endOpening(_ stream: Stream) {
    isOpening = false
    stream.clearDeadline()
  }

  /// - Returns: False when the connection ends here.
  private func decide(_ opening: OpeningBytes, into output: inout OutputBuffer, _ stream: Stream)
    -> Bool
  {
    if let transport, opening != .undecided {
      peer.isEncrypted = true
      peer.certificate = transport.certificate
    } else if encryption == .required, opening != .undecided {
      output.append(contentsOf: OpeningRefusal.plain(opening))
      return false
    }
    switch opening {
    case .undecided:
      return true
    case .binary:
      speech = .binary(BinarySession(context, peer, hub) { stream.requestTurn() })
    case .http1:
      let scheme: HTTPScheme = peer.isEncrypted ? .https : .http
      let session = HTTP1Session(scheme: scheme, limits: context.limits.http)
      speech = .http1(
        HTTPExchange(session, context, bench.clock, peer, hub) { stream.requestTurn() })
      endOpening(stream)
    case .http2:
      guard let session = try? HTTP2Session(role: .server, limits: context.limits.http) else {
        return false
      }
      speech = .http2(
        HTTPExchange(session, context, bench.clock, peer, hub) { stream.requestTurn() })
    case .tls:
      output.append(contentsOf: OpeningRefusal.noTLS)
      return false
    case .unknown:
      output.append(contentsOf: OpeningRefusal.unknownProtocol)
      return false
    }
    return true
  }

  func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    guard let transport else { return speakAtDeadline(into: &output, stream) }
    return transport.signal(into: &output) { speakAtDeadline(into: &$0, stream) }
  }

  private func speakAtDeadline(into output: inout OutputBuffer, _ stream: Stream)
    -> StreamProgress
  {
    if !isOpening, case .binary(let session) = speech {
      return lookAtSilence(of: session, into: &output, stream)
    }
    if !isOpening, case .http2(let exchange) = speech {
      guard isDraining else { return idle(exchange, into: &output, stream) }
      exchange.session.finishShutdown()
      return exchange.process(Span(), into: &output, endOfInput: false)
    }
    guard !isOpening, case .http1(let exchange) = speech else { return abandon(stream) }
    if awaited == .nothing { return idle(exchange, into: &output, stream) }
    if case .body(let received) = exchange.session.inputPhase,
      received &- bodyBytesAtDeadline >= bodyBytesPerDeadline
    {
      bodyBytesAtDeadline = received
      stream.setDeadline(afterNanoseconds: context.limits.headNanoseconds)
      return StreamProgress(consumed: 0, next: .needInput)
    }
    exchange.session.timeOut()
    return exchange.process(Span(), into: &output, endOfInput: false)
  }

  /// A request that stays incomplete for its time ends the connection: a head as a whole, a body
  /// unless it keeps coming at ``ServerLimits/bodyBytesPerSecond``.
  private func watchRest(of exchange: HTTPExchange<HTTP1Session>, _ stream: Stream) {
    let awaits: Awaited =
      switch exchange.session.inputPhase {
      case .idle, .discarding: .nothing
      case .head: .head
      case .body: .body
      }
    let messages = exchange.messageCount
    guard awaits != awaited || awaits == .nothing || messages != messagesAtDeadline else { return }
    awaited = awaits
    messagesAtDeadline = messages
    bodyBytesAtDeadline = 0
    stream.setDeadline(
      afterNanoseconds: awaits == .nothing
        ? rest(of: exchange, stream) : context.limits.headNanoseconds)
  }

  /// How long an HTTP connection that asks nothing may be left alone.
  private func rest<Session>(of exchange: HTTPExchange<Session>, _ stream: Stream) -> UInt64 {
    guard exchange.lasting.isWatching else { return Self.idleNanoseconds }
    let beat = exchange.nanosecondsToBeat(at: stream.loop.now.nanoseconds)
    return min(beat ?? Self.idleNanoseconds, Self.idleNanoseconds)
  }

  /// An HTTP connection has asked nothing for a while: it keeps no buffers, and what it watches may
  /// be due for a sign of life.
  private func idle<Session>(
    _ exchange: HTTPExchange<Session>, into output: inout OutputBuffer, _ stream: Stream
  ) -> StreamProgress {
    let isHeldUp = output.unsentCount > output.count || exchange.session.awaitsPeer
    if !isHeldUp { exchange.releaseIdleMemory() }
    var progress = StreamProgress(consumed: 0, next: .needInput)
    var delay = isHeldUp ? Self.idleNanoseconds : nil
    if exchange.lasting.isWatching {
      let now = stream.loop.now.nanoseconds
      guard let beat = exchange.beat(now: now, unsent: stream.unsentCount, into: &output) else {
        return abandon(stream)
      }
      progress = beat
      delay = [delay, exchange.nanosecondsToBeat(at: now)].compactMap(\.self).min()
    }
    if let delay { stream.setDeadline(afterNanoseconds: delay) }
    if isHeldUp { progress = exchange.process(Span(), into: &output, endOfInput: false) }
    return isStalled(output, stream) ? abandon(stream) : progress
  }

  /// Whether the peer has taken nothing for as long as it may, at the end of a turn.
  private func isStalled(_ output: borrowing OutputBuffer, _ stream: Stream) -> Bool {
    let kept = output.unsentCount &- output.count
    guard kept > 0 else {
      sending.rest()
      return false
    }
    return sending.hasStalled(
      at: stream.loop.now.nanoseconds, kept: kept &+ stream.unacknowledgedCount,
      made: output.count,
      limit: context.limits.stallSeconds)
  }

  /// Ends the connection at once: its peer does not do its part.
  private func abandon(_ stream: Stream) -> StreamProgress {
    stream.close(.deadline)
    return StreamProgress(consumed: 0, next: .close)
  }

  private enum Awaited {
    case nothing, head, body
  }

  private var bodyBytesPerDeadline: Int {
    Int(
      truncatingIfNeeded: context.limits.headNanoseconds
        / (1_000_000_000 / ServerLimits.bodyBytesPerSecond))
  }

  func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    guard let transport else { return sayGoodbye(into: &output, stream) }
    return transport.signal(into: &output) { sayGoodbye(into: &$0, stream) }
  }

  private func sayGoodbye(into output: inout OutputBuffer, _ stream: Stream) -> StreamProgress {
    switch speech {
    case .undecided:
      return StreamProgress(consumed: 0, next: .close)
    case .binary(let session):
      session.endWaits(into: &output)
      session.farewell(into: &output)
      return StreamProgress(consumed: 0, next: .close)
    case .http1(let exchange):
      return exchange.drain(into: &output)
    case .http2(let exchange):
      isDraining = true
      stream.setDeadline(afterNanoseconds: Self.shutdownNoticeNanoseconds)
      return exchange.drain(into: &output)
    }
  }

  /// How long an HTTP connection keeps its buffers after the last turn.
  private static let idleNanoseconds: UInt64 = 1_000_000_000

  /// How long an HTTP/2 client has to answer that it knows of the end (RFC 9113 §6.8). Many read
  /// nothing while they ask nothing, and would hold the end up until the drain's own limit.
  private static let shutdownNoticeNanoseconds: UInt64 = 1_000_000_000

  func closed(_ reason: StreamCloseReason) {
    switch speech {
    case .binary(let session): session.closeWaits()
    case .http1(let exchange): exchange.closed()
    case .http2(let exchange): exchange.closed()
    case .undecided: break
    }
    if case .binary(let session) = speech, session.batch != nil, let loop {
      finishBatch(of: session, on: loop, isEnding: reason == .loopStopped)
    }
    loop = nil
    endHandshake()
    speech = .undecided
    transport = nil
  }

  /// A batch that arrived whole runs whole, also when its client is gone: a part in each turn, so
  /// that nobody else waits for it.
  private func finishBatch(of session: BinarySession, on loop: EventLoop, isEnding: Bool) {
    while !session.continueBatchUnheard() {
      if isEnding { continue }
      loop.schedule(afterNanoseconds: 0) { [self] in
        finishBatch(of: session, on: loop, isEnding: false)
      }
      return
    }
  }
}
