// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Logging

/// Writes the lines of the access log, on the log's thread.
struct AccessLogWriter: ~Copyable {
  private var file: AppendFile
  private let logger: Logger
  /// What is being written, up to `written` done.
  private var lines: [UInt8] = []
  private var written = 0
  /// Lines that are lost and not told yet, and those that the last of `lines` tells.
  private var untold = AccessLogBuffer.Losses()
  private var telling = AccessLogBuffer.Losses()
  private var pace = LogPace()
  /// Whether the last write failed, and whether it ended within a line.
  private var isFailing = false
  private var isWithinLine = false
  /// Whether another turn is on its way.
  var isScheduled = false

  /// How long a pipe that nobody empties is waited for in a turn: so long a reopening may take.
  private static let patienceNanoseconds: UInt64 = 200_000_000

  init(_ destination: AccessLogConfiguration.Destination, _ logger: Logger)
    throws(EventLoopError)
  {
    file = try destination.open()
    self.logger = logger
  }

  /// Whether there is something to be written, or to be told.
  var hasMore: Bool { !lines.isEmpty || untold.total > 0 }

  /// Writes to what has the destination's name now; where that cannot be, as before.
  mutating func reopen(_ destination: AccessLogConfiguration.Destination) throws(EventLoopError) {
    file = try destination.open()
    // What of a line is in the old file is not in this one.
    isWithinLine = false
    if written > 0 {
      lines.removeFirst(written)
      written = 0
    }
  }

  /// Writes what is left of the last turn, else what `buffer` has, and what is lost.
  ///
  /// - Parameter isLast: Tells the losses now; else once a second.
  mutating func turn(isLast: Bool, _ take: (inout [UInt8]) -> AccessLogBuffer.Losses) {
    if lines.isEmpty {
      untold.add(take(&lines))
      if isWithinLine, !lines.isEmpty { lines.insert(UInt8(ascii: "\n"), at: 0) }
      if untold.total > 0, pace.takesLine(at: Deadline.now.nanoseconds) || isLast {
        lines += AccessLine.losses(untold, unixNanoseconds: UnixTime.nanoseconds)
        telling = untold
        untold = AccessLogBuffer.Losses()
      }
    }
    guard written < lines.count else { return }
    var count = 0
    do throws(EventLoopError) {
      try file.append(
        lines.span.extracting(written...), until: .after(nanoseconds: Self.patienceNanoseconds),
        written: &count)
      written &+= count
      if written == lines.count { endBatch() }
      isFailing = false
    } catch {
      written &+= count
      giveUp(error)
    }
  }

  private mutating func endBatch() {
    lines.removeAll(keepingCapacity: true)
    written = 0
    isWithinLine = false
    telling = AccessLogBuffer.Losses()
  }

  /// What could not be written is lost: the next may fit.
  private mutating func giveUp(_ error: EventLoopError) {
    let isCut = written > 0 ? lines[written - 1] != UInt8(ascii: "\n") : isWithinLine
    untold.failed &+= lines[written...].count { $0 == UInt8(ascii: "\n") }
    if telling.total > 0 {
      // The last line was none of a request.
      untold.failed &-= 1
      untold.add(telling)
    }
    endBatch()
    isWithinLine = isCut
    if !isFailing { logger.error("access log not written", metadata: ["reason": "\(error)"]) }
    isFailing = true
  }
}

extension AccessLogConfiguration.Destination {
  fileprivate func open() throws(EventLoopError) -> AppendFile {
    switch self {
    case .standardError: try AppendFile(standardError: ())
    case .file(let path): try AppendFile(path: path)
    }
  }
}
