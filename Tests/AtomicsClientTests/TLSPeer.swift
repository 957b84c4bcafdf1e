// SPDX-License-Identifier: Apache-2.0

import EventLoop
import TLSSession
import TestSupport

/// TLS before one connection of a test's server, which may end it wrongly.
final class TLSPeer: StreamHandler {
  /// What is wrong with it.
  enum Fault: Sendable {
    case none
    /// The connection ends without close_notify where the speech ends it.
    case cutsOff
    /// The connection ends as soon as the handshake is complete.
    case hangsUp
  }

  private let session: TLSSession
  private let speech: any StreamHandler
  private let fault: Fault
  private var waiting: [UInt8] = []
  private var plain = OutputBuffer()

  init(_ context: TLSContext, _ fault: Fault = .none, _ speech: any StreamHandler) throws {
    session = try TLSSession(context)
    self.fault = fault
    self.speech = speech
  }

  /// A server with the certificate "server" and these protocols, each connection of which speaks
  /// what `makeSpeech` makes.
  static func serve(
    protocols: [String] = ["atr/1"], _ fault: Fault = .none,
    _ makeSpeech: @escaping @Sendable () -> any StreamHandler
  ) throws -> ScriptedServer {
    let made = try TestCertificates.shared.get()
    let context = try TLSContext(
      TLSServerConfiguration(
        certificatePath: made.certificate("server"), keyPath: made.key("server"),
        protocols: protocols))
    return try ScriptedServer {
      do {
        return try TLSPeer(context, fault, makeSpeech())
      } catch {
        preconditionFailure("\(error)")
      }
    }
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    var next = StreamProgress.Next.needInput
    do throws(TLSError) {
      try session.receive(input, into: &waiting)
      if session.isEstablished {
        if case .hangsUp = fault { return StreamProgress(consumed: input.count, next: .close) }
        plain.begin(keptCount: 0)
        let progress = speech.process(
          waiting.span, into: &plain, stream: stream, endOfInput: endOfInput)
        waiting.removeFirst(progress.consumed)
        next = progress.next
        let answer = plain.withBytes { bytes in bytes.indices.map { bytes[$0] } }
        try session.send(answer.span)
      }
    } catch {
      next = .close
    }
    if next == .close {
      if case .cutsOff = fault {} else { session.close() }
    }
    var encrypted: [UInt8] = []
    session.takeOutput(into: &encrypted)
    output.append(contentsOf: encrypted)
    return StreamProgress(consumed: input.count, next: next)
  }

  func closed(_ reason: StreamCloseReason) { speech.closed(reason) }
}
