// SPDX-License-Identifier: Apache-2.0

import EventLoop
import TLSSession

/// TLS between a client's socket and what is spoken inside.
///
///     loop ── encrypted bytes ── TLSHandler ── plain bytes ── speech
///
/// To the loop it behaves as the speech would: what the speech leaves for another turn waits here
/// in plain text, and meanwhile nothing more is decrypted, so that the loop's limits hold.
final class TLSHandler: StreamHandler {
  private let secure: SecureSpeech
  private let session: TLSSession
  private let speech: any SecuredHandler
  /// What the speech appends in a turn.
  private var plain = OutputBuffer(highWater: StreamLimits().outputHighWater)
  /// What it appended while the handshake was under way.
  private var early: [UInt8] = []
  /// Decrypted bytes that the speech has not consumed.
  private var waiting: [UInt8] = []
  /// The speech has work left, or waits for something else: it wants no more bytes.
  private var isHeld = false
  /// The server has agreed to what is to be spoken.
  private var isAgreed = false
  /// Something has come through: for the server the handshake is complete, too.
  private var hasHeard = false
  private var hasFailed = false

  init(_ secure: SecureSpeech, _ speech: any SecuredHandler) throws(ClientError) {
    self.secure = secure
    self.speech = speech
    session = try secure.makeSession()
  }

  func opened(_ stream: Stream) { speech.opened(stream) }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    plain.begin(keptCount: output.unsentCount)
    defer { send(into: &output) }
    var consumed = 0
    var next = StreamProgress.Next.needInput
    repeat {
      if !isHeld {
        guard decrypt(input, endOfInput) else { return end(input.count) }
        consumed = input.count
      }
      guard isAgreed else {
        if endOfInput { fail(secure.brokenOff(session)) }
        return endOfInput ? end(consumed) : StreamProgress(consumed: consumed, next: .needInput)
      }
      next = speak(stream)
      isHeld = next == .yield || next == .wait
      // Held until now, and free: the input was not looked at yet.
    } while next == .needInput && consumed < input.count
    // A turn that was asked for meanwhile still comes first, as in the loop itself.
    if next == .needInput, !stream.hasRequestedTurn {
      if session.inputState != .open {
        tellEnd()
        next = .close
      } else if waiting.count >= stream.loop.limits.inputLimit {
        stream.close(.inputLimit)
      }
    }
    guard encrypt() else { return end(input.count) }
    return next == .close ? end(input.count) : StreamProgress(consumed: consumed, next: next)
  }

  func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    signal(into: &output) { output in speech.drain(into: &output, stream: stream) }
  }

  func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
    signal(into: &output) { output in speech.deadlineReached(into: &output, stream: stream) }
  }

  func closed(_ reason: StreamCloseReason) {
    switch reason {
    // The handshake was broken off by the network; what has its own reason keeps it.
    case .failed where !hasHeard: fail(secure.brokenOff(session))
    default: break
    }
    speech.closed(reason)
  }

  /// A call of the speech without input.
  private func signal(
    into output: inout OutputBuffer, _ body: (inout OutputBuffer) -> StreamProgress
  ) -> StreamProgress {
    plain.begin(keptCount: output.unsentCount)
    defer { send(into: &output) }
    let next = body(&plain).next
    if next == .yield || next == .wait { isHeld = true }
    guard encrypt(), next != .close else { return end(0) }
    return StreamProgress(consumed: 0, next: next)
  }

  /// False: the connection is lost.
  private func decrypt(_ input: Span<UInt8>, _ endOfInput: Bool) -> Bool {
    let count = waiting.count
    do throws(TLSError) {
      if !input.isEmpty { try session.receive(input, into: &waiting) }
    } catch {
      fail(
        hasHeard
          ? .connectionLost(reason: "\(error)", applied: .unknown)
          : secure.refusal(session, error))
      return false
    }
    if waiting.count > count { hasHeard = true }
    if endOfInput { session.endInput() }
    guard session.isEstablished, !isAgreed else { return true }
    do throws(ClientError) {
      try secure.checkProtocol(session)
      isAgreed = true
      return true
    } catch {
      fail(error)
      return false
    }
  }

  private func speak(_ stream: Stream) -> StreamProgress.Next {
    // Taken out for the call, so that the speech may end the connection.
    var bytes = waiting
    waiting = []
    let progress = speech.process(
      bytes.span, into: &plain, stream: stream, endOfInput: session.inputState != .open)
    if progress.consumed == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptCapacity)
    } else {
      bytes.removeFirst(progress.consumed)
    }
    waiting = bytes
    return progress.next
  }

  /// What an empty buffer may keep.
  private static let keptCapacity = 64 << 10

  /// Encrypts what the speech appended. False: the connection is lost.
  private func encrypt() -> Bool {
    let early = early
    self.early = []
    guard isAgreed else {
      self.early = early + plain.withBytes { bytes in bytes.indices.map { bytes[$0] } }
      return true
    }
    do throws(TLSError) {
      try session.send(early.span)
      if let error = plain.withBytes({ sendAll($0) }) { throw error }
      return true
    } catch {
      fail(.connectionLost(reason: "\(error)", applied: .unknown))
      return false
    }
  }

  private func sendAll(_ bytes: Span<UInt8>) -> TLSError? {
    do throws(TLSError) {
      try session.send(bytes)
      return nil
    } catch {
      return error
    }
  }

  /// Appends what the session has for the server, alerts among it.
  private func send(into output: inout OutputBuffer) {
    var encrypted: [UInt8] = []
    session.takeOutput(into: &encrypted)
    output.append(contentsOf: encrypted)
  }

  /// The last turn: the server is told that this was all.
  private func end(_ consumed: Int) -> StreamProgress {
    session.close()
    return StreamProgress(consumed: consumed, next: .close)
  }

  /// The server sends no more.
  private func tellEnd() {
    if !hasHeard { return fail(secure.brokenOff(session)) }
    if session.inputState == .truncated { fail(SecureSpeech.truncation) }
  }

  private func fail(_ error: ClientError) {
    if hasFailed { return }
    hasFailed = true
    speech.connectionFailed(error)
  }
}
