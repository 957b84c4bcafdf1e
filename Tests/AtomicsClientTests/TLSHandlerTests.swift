// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import AtomicsClient

/// The turns of a handler behind TLS are those that it would have without.
@Suite(.timeLimit(.minutes(1))) struct TLSHandlerTests {
  /// What a speech tells the test.
  final class Log: Sendable {
    private let events = Mutex<[String]>([])

    func note(_ event: String) { events.withLock { $0.append(event) } }

    func await(_ event: String) -> Bool {
      let deadline = Deadline.after(nanoseconds: 20_000_000_000)
      while Deadline.now < deadline {
        if events.withLock({ $0.contains(event) }) { return true }
        Deadline.after(nanoseconds: 1_000_000).pause(atMostUntil: deadline)
      }
      return false
    }

    var all: [String] { events.withLock { $0 } }
  }

  private final class Speech: SecuredHandler {
    typealias Turn = (Span<UInt8>, inout OutputBuffer, Stream, Bool) -> StreamProgress
    private let log: Log
    private let turn: Turn

    init(_ log: Log, _ turn: @escaping Turn) {
      self.log = log
      self.turn = turn
    }

    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress {
      turn(input, &output, stream, endOfInput)
    }

    func deadlineReached(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
      log.note("deadline")
      output.append(contentsOf: Array("bye".utf8))
      return StreamProgress(consumed: 0, next: .close)
    }

    func drain(into output: inout OutputBuffer, stream: Stream) -> StreamProgress {
      log.note("drain")
      output.append(contentsOf: Array("gone".utf8))
      return StreamProgress(consumed: 0, next: .close)
    }

    func connectionFailed(_ error: ClientError) { log.note("failed: \(error)") }

    func closed(_ reason: StreamCloseReason) { log.note("closed: \(reason)") }
  }

  /// Sends back what comes, and notes it.
  private final class Echo: StreamHandler {
    private let log: Log

    init(_ log: Log) { self.log = log }

    func process(
      _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
    ) -> StreamProgress {
      if input.count > 0 {
        log.note("server: " + String(decoding: input.indices.map { input[$0] }, as: UTF8.self))
      }
      output.append(input)
      return StreamProgress(consumed: input.count, next: .needInput)
    }

    func closed(_ reason: StreamCloseReason) {}
  }

  /// Runs `turn` on a loop of its own against a server that echoes.
  private func run(
    _ log: Log,
    turn:
      @escaping @Sendable (Span<UInt8>, inout OutputBuffer, Stream, Bool) ->
      StreamProgress, _ body: (EventLoop) throws -> Void
  ) throws {
    let made = try TestCertificates.shared.get()
    let server = try TLSPeer.serve { Echo(log) }
    let options = ClientOptions(tls: ClientTLS(authorityPath: made.certificate("authority")))
    let remote = try #require(
      try RemoteServer(ServerAddress("atrs://\(server.address)"), options: options))
    let loop = try EventLoop()
    let thread = try LoopThread(name: "test-loop") { loop.run() }
    defer {
      loop.stop()
      thread.join()
    }
    loop.execute {
      do {
        let handler = try remote.securing(Speech(log, turn))
        try loop.connect(to: remote.addresses()[0], handler: handler)
      } catch {
        log.note("\(error)")
      }
    }
    try body(loop)
  }

  @Test("what is left over comes again, after a yield and after a wait, without new bytes")
  func holdsInput() throws {
    let log = Log()
    let steps = Atomic(0)
    try run(log) { input, output, stream, _ in
      let text = String(decoding: input.indices.map { input[$0] }, as: UTF8.self)
      switch steps.load(ordering: .relaxed) {
      case 0:
        steps.store(1, ordering: .relaxed)
        output.append(contentsOf: Array("abc".utf8))
        return StreamProgress(consumed: 0, next: .needInput)
      case 1 where text.count == 3:
        steps.store(2, ordering: .relaxed)
        return StreamProgress(consumed: 1, next: .yield)
      case 2:
        log.note("yielded: \(text)")
        steps.store(3, ordering: .relaxed)
        // Another thread's turn, as it were.
        stream.loop.execute { stream.requestTurn() }
        return StreamProgress(consumed: 1, next: .wait)
      case 3:
        log.note("waited: \(text)")
        return StreamProgress(consumed: 1, next: .close)
      default: return StreamProgress(consumed: 0, next: .needInput)
      }
    } _: { _ in
      #expect(log.await("closed: finished"))
      #expect(
        log.all.filter { $0.hasPrefix("y") || $0.hasPrefix("w") } == [
          "yielded: bc", "waited: c",
        ])
      #expect(!log.all.contains { $0.hasPrefix("failed") })
    }
  }

  @Test("a deadline of the speech is its own, and what it says then is sent")
  func keepsDeadlines() throws {
    let log = Log()
    try run(log) { input, _, stream, _ in
      stream.setDeadline(afterNanoseconds: 1_000_000)
      return StreamProgress(consumed: input.count, next: .needInput)
    } _: { _ in
      #expect(log.await("server: bye"))
      #expect(log.await("closed: finished"))
      #expect(log.all.contains("deadline"))
    }
  }

  @Test("when the loop drains, the speech takes its leave")
  func drains() throws {
    let log = Log()
    try run(log) { input, output, _, _ in
      if input.count == 0 { output.append(contentsOf: Array("here".utf8)) }
      return StreamProgress(consumed: input.count, next: .needInput)
    } _: { loop in
      #expect(log.await("server: here"))
      loop.beginDrain()
      #expect(log.await("server: gone"))
      #expect(log.all.contains("drain"))
    }
  }

  @Test("a speech that takes nothing is not fed without limit")
  func limitsInput() throws {
    let log = Log()
    try run(log) { input, output, stream, _ in
      // Everything that was sent comes back, and is left there.
      if input.count < 2 << 20 { output.append(contentsOf: [UInt8](repeating: 1, count: 1 << 16)) }
      return StreamProgress(consumed: 0, next: .needInput)
    } _: { _ in
      #expect(log.await("closed: inputLimit"))
    }
  }
}
