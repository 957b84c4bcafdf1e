// SPDX-License-Identifier: Apache-2.0

import EventLoop
import HTTPMessage
import Logging
import Synchronization

/// The access log: a line of JSON for each HTTP request, or for a sample of them.
///
/// Loops put lines into a buffer, a thread of its own writes them: no loop ever waits for a disk.
/// What there is no room for is left out, counted, and told by a line of the log. Cost of a line: a
/// few microseconds of its loop, and a copy.
final class AccessLog: Sendable {
  private let configuration: AccessLogConfiguration
  private let logger: Logger
  private let buffer: Mutex<AccessLogBuffer>
  private let writer: Mutex<AccessLogWriter>
  /// Of the thread that writes.
  private let loop: EventLoop
  private let thread = Mutex<LoopThread?>(nil)
  private let requests: Atomic<UInt64>

  /// How long lines are gathered before they are written.
  private static let gatherNanoseconds: UInt64 = 20_000_000

  /// Opens the destination.
  init(_ configuration: AccessLogConfiguration, _ logger: Logger) throws(EventLoopError) {
    self.configuration = configuration
    self.logger = logger
    buffer = Mutex(
      AccessLogBuffer(
        linesPerSecond: configuration.linesPerSecond, byteLimit: configuration.bufferBytes))
    writer = Mutex(try AccessLogWriter(configuration.destination, logger))
    loop = try EventLoop()
    requests = Atomic(Deadline.now.nanoseconds)
  }

  // MARK: - On the loops

  /// Logs a request that was answered, if it is one of those to be logged.
  func note(
    _ request: borrowing HTTPRequest, from peer: String, who: @autoclosure () -> String?,
    status: Int, bodyBytes: Int, problem: @autoclosure () -> String?, began: UInt64
  ) {
    let ticket = nextTicket()
    guard isChosen(ticket, isError: status >= 400) else { return }
    let now = Deadline.now.nanoseconds
    guard admits(at: now) else { return }
    add(
      AccessLine(
        request, from: peer, who: who(), began: began,
        unixNanoseconds: UnixTime.nanoseconds &- (now &- began), ticket: ticket
      ).ended(status: status, bodyBytes: bodyBytes, problem: problem(), at: now))
  }

  /// What is known of a request that is answered later; nil: it will not be logged, whatever comes
  /// of it.
  func begin(
    _ request: borrowing HTTPRequest, from peer: String, who: @autoclosure () -> String?,
    began: UInt64
  ) -> AccessLine? {
    let ticket = nextTicket()
    guard isChosen(ticket, isError: false) || isChosen(ticket, isError: true) else { return nil }
    let elapsed = Deadline.now.nanoseconds &- began
    return AccessLine(
      request, from: peer, who: who(), began: began,
      unixNanoseconds: UnixTime.nanoseconds &- elapsed, ticket: ticket)
  }

  /// Logs a request that was begun; see ``AccessLine/ended(status:bodyBytes:problem:at:)``.
  func end(
    _ line: consuming AccessLine, status: Int?, bodyBytes: Int, problem: String?
  ) {
    guard isChosen(line.ticket, isError: (status ?? 0) >= 400) else { return }
    let now = Deadline.now.nanoseconds
    guard admits(at: now) else { return }
    add(line.ended(status: status, bodyBytes: bodyBytes, problem: problem, at: now))
  }

  /// Asked before the line is made: a flood of them costs little.
  private func admits(at now: UInt64) -> Bool {
    switch buffer.withLock({ $0.admit(at: now) }) {
    case .welcome: return true
    case .lost: break
    case .firstLost: loop.execute { [self] in writeSoon() }
    }
    return false
  }

  private func add(_ line: consuming [UInt8]) {
    let line = line
    guard buffer.withLock({ $0.add(line) }) else { return }
    loop.execute { [self] in writeSoon() }
  }

  private func isChosen(_ ticket: UInt64, isError: Bool) -> Bool {
    let oneIn = isError ? configuration.errorsOneIn : configuration.oneIn
    return oneIn == 1 || oneIn > 1 && ticket % UInt64(oneIn) == 0
  }

  /// A number by chance (SplitMix64): one of N counted in turn would see the same requests of
  /// whoever repeats N of them.
  private func nextTicket() -> UInt64 {
    if configuration.oneIn == 1, configuration.errorsOneIn == 1 { return 0 }
    var bits = requests.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
    bits = (bits ^ bits &>> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits &>> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits &>> 31
  }

  // MARK: - Any thread

  /// Starts the thread. Once only.
  func start() throws(EventLoopError) {
    let thread = try LoopThread(name: "atomics-access") { [loop] in loop.run() }
    self.thread.withLock { $0 = thread }
  }

  /// Opens the destination again: what was renamed or removed is made anew. What cannot be opened
  /// is logged as an error, and the old one stays.
  func reopen() {
    loop.execute { [self] in
      // What came before belongs to the old file.
      write(isLast: false)
      do throws(EventLoopError) {
        try writer.withLock { writer throws(EventLoopError) in
          try writer.reopen(configuration.destination)
        }
      } catch {
        logger.error("access log left as it was", metadata: ["reason": "\(error)"])
      }
    }
  }

  /// After the last connection: writes what there is, and ends the thread.
  func finish() {
    let thread = self.thread.withLock { thread in
      let current = thread
      thread = nil
      return current
    }
    guard let thread else { return }
    loop.execute { [self] in
      // What was left of the turn before, and what came since.
      for _ in 0..<2 { write(isLast: true) }
      loop.stop()
    }
    thread.join()
  }

  // MARK: - On the thread

  private func writeSoon() {
    let isNew = writer.withLock { writer in
      defer { writer.isScheduled = true }
      return !writer.isScheduled
    }
    guard isNew else { return }
    loop.schedule(afterNanoseconds: Self.gatherNanoseconds) { [self] in
      writer.withLock { $0.isScheduled = false }
      write(isLast: false)
    }
  }

  private func write(isLast: Bool) {
    let hasMore = writer.withLock { writer in
      writer.turn(isLast: isLast) { lines in
        buffer.withLock { buffer in
          buffer.take(into: &lines)
          return buffer.takeLosses()
        }
      }
      return writer.hasMore
    }
    if hasMore, !isLast { writeSoon() }
  }
}
