// SPDX-License-Identifier: Apache-2.0

import EventLoop
import TLSSession

/// TLS between a connection's socket and what is spoken inside.
///
/// To the loop it behaves as the speech would: what the speech leaves for another turn waits here
/// in plain text, and meanwhile nothing more is decrypted, so that the loop's limits hold. Between
/// turns it has no memory but what waits.
final class TLSTransport {
  /// What may be spoken inside (ALPN), the best first.
  static let protocols = ["h2", "http/1.1", "atr/1"]

  private let session: TLSSession
  private let bench: Workbench
  private let inputLimit: Int
  /// Plain bytes from `waitingStart` on that the speech has not consumed.
  private var waiting: [UInt8] = []
  private var waitingStart = 0
  /// The speech has work left, or waits for something else: it wants no more bytes.
  private var isHeld = false
  /// Why there was no handshake; nil: there was, or it is under way.
  private(set) var handshakeFailure: TLSError?

  init(_ context: TLSContext, _ bench: Workbench, inputLimit: Int) throws(TLSError) {
    session = try TLSSession(context)
    self.bench = bench
    self.inputLimit = inputLimit
  }

  /// Whether the handshake is complete.
  var isEstablished: Bool { session.isEstablished }

  /// What both sides agreed to speak. A client that offered nothing gets HTTP/1.1.
  var opening: OpeningBytes {
    switch session.negotiatedProtocol {
    case "h2": .http2
    case "atr/1": .binary
    default: .http1
    }
  }

  /// The verified certificate of the client, once it speaks.
  var certificate: TLSPeerCertificate? {
    session.peerCertificate.flatMap { $0.isVerified ? $0 : nil }
  }

  /// One turn: `speak` gets the plain bytes, what it answers goes out encrypted. It is not called
  /// before the handshake is complete, and twice where its first answer makes room for more input.
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool,
    _ speak: (Span<UInt8>, inout OutputBuffer, Bool) -> StreamProgress
  ) -> StreamProgress {
    session.swapOutput(with: &bench.encrypted)
    defer { send(into: &output) }
    bench.speaking.begin(keptCount: output.unsentCount)
    var consumed = 0
    var next = StreamProgress.Next.needInput
    repeat {
      if !isHeld {
        guard receive(input) else { return end(input.count) }
        consumed = input.count
        if endOfInput { session.endInput() }
      }
      guard session.isEstablished else {
        return endOfInput ? end(consumed) : StreamProgress(consumed: consumed, next: .needInput)
      }
      let hasEnded = session.inputState != .open
      next = speakOnce(hasEnded, speak)
      isHeld = next == .yield || next == .wait
    } while next == .needInput && consumed < input.count
    // A turn that was asked for meanwhile still comes first, as in the loop itself.
    if next == .needInput, !stream.hasRequestedTurn {
      if session.inputState != .open { next = .close }
      if waiting.count - waitingStart >= inputLimit { stream.close(.inputLimit) }
    }
    guard encrypt() else { return end(input.count) }
    return next == .close ? end(input.count) : StreamProgress(consumed: consumed, next: next)
  }

  /// A call of the speech without input.
  func signal(
    into output: inout OutputBuffer, _ speak: (inout OutputBuffer) -> StreamProgress
  ) -> StreamProgress {
    session.swapOutput(with: &bench.encrypted)
    defer { send(into: &output) }
    bench.speaking.begin(keptCount: output.unsentCount)
    let next = speak(&bench.speaking).next
    if next == .yield || next == .wait { isHeld = true }
    guard encrypt(), next != .close else { return end(0) }
    return StreamProgress(consumed: 0, next: next)
  }

  /// False: the connection is lost, and the alert that says so is in the output.
  private func receive(_ input: Span<UInt8>) -> Bool {
    if waiting.isEmpty { waiting = bench.takePlain() }
    do throws(TLSError) {
      try session.receive(input, into: &waiting)
      return true
    } catch {
      if !session.isEstablished { handshakeFailure = error }
      return false
    }
  }

  private func speakOnce(
    _ hasEnded: Bool, _ speak: (Span<UInt8>, inout OutputBuffer, Bool) -> StreamProgress
  ) -> StreamProgress.Next {
    // Taken out for the call, so that the speech may end the connection.
    let plain = waiting
    waiting = []
    let bytes = plain.span.extracting(waitingStart..<plain.count)
    let progress = speak(bytes, &bench.speaking, hasEnded)
    keep(plain, from: waitingStart + progress.consumed)
    return progress.next
  }

  /// Keeps the bytes from `start` on. The bench's array goes back as soon as nothing waits in it,
  /// or little enough to be copied.
  private func keep(_ plain: consuming [UInt8], from start: Int) {
    let count = plain.count - start
    if count == 0 {
      waitingStart = 0
      bench.putBack(plain)
    } else if count < start || count < plain.capacity / 4 {
      waiting = Array(plain[start...])
      waitingStart = 0
      bench.putBack(plain)
    } else {
      waiting = plain
      waitingStart = start
    }
  }

  private func encrypt() -> Bool {
    guard session.isEstablished else { return true }
    return bench.speaking.withBytes { (try? session.send($0)) != nil }
  }

  /// The last turn: the peer is told that this was all.
  private func end(_ consumed: Int) -> StreamProgress {
    session.close()
    return StreamProgress(consumed: consumed, next: .close)
  }

  private func send(into output: inout OutputBuffer) {
    session.swapOutput(with: &bench.encrypted)
    output.append(contentsOf: bench.encrypted)
    bench.emptyEncrypted()
    // Nothing waits: the array is the bench's.
    if waiting.isEmpty, waiting.capacity > 0 {
      let unused = waiting
      waiting = []
      bench.putBack(unused)
    }
  }
}
