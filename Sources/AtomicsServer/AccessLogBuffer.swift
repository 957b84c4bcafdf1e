// SPDX-License-Identifier: Apache-2.0

/// Lines that wait to be written, as many as there is room for, and how many there was none for.
struct AccessLogBuffer {
  /// Lines that never came into the log.
  struct Losses: Equatable {
    /// More came within a second than may.
    var overRate = 0
    /// The destination did not take them as fast as they came.
    var overSize = 0
    /// The destination refused them.
    var failed = 0

    var total: Int { overRate &+ overSize &+ failed }

    mutating func add(_ others: Losses) {
      overRate &+= others.overRate
      overSize &+= others.overSize
      failed &+= others.failed
    }
  }

  private let linesPerSecond: Int
  private let byteLimit: Int
  private var bytes: [UInt8] = []
  private var losses = Losses()
  /// The second that is counted, and its lines.
  private var secondBegan: UInt64 = 0
  private var linesInSecond = 0

  init(linesPerSecond: Int, byteLimit: Int) {
    self.linesPerSecond = linesPerSecond
    self.byteLimit = byteLimit
  }

  /// What becomes of a line.
  enum Admission {
    case welcome
    /// It is lost.
    case lost
    /// It is the first that is lost since the last `take`, and there is none: the writer is to be
    /// told.
    case firstLost
  }

  /// Whether a line may be written at `now`, in nanoseconds: it counts as one, or as lost.
  mutating func admit(at now: UInt64) -> Admission {
    if now &- secondBegan >= 1_000_000_000 {
      secondBegan = now
      linesInSecond = 0
    }
    if linesInSecond >= linesPerSecond {
      losses.overRate &+= 1
    } else if bytes.count >= byteLimit {
      losses.overSize &+= 1
    } else {
      linesInSecond &+= 1
      return .welcome
    }
    return losses.total == 1 && bytes.isEmpty ? .firstLost : .lost
  }

  /// Takes an admitted line, which may pass the limit by its length.
  ///
  /// - Returns: Whether it is the first since the last `take`: the writer is to be told.
  mutating func add(_ line: consuming [UInt8]) -> Bool {
    let isFirst = bytes.isEmpty
    if isFirst { bytes.reserveCapacity(min(byteLimit, 16 << 10)) }
    bytes.append(contentsOf: line)
    return isFirst
  }

  /// Gives the lines, in exchange for an empty array whose memory is used again.
  mutating func take(into taken: inout [UInt8]) {
    taken.removeAll(keepingCapacity: true)
    swap(&bytes, &taken)
  }

  /// What was lost since the last call.
  mutating func takeLosses() -> Losses {
    defer { losses = Losses() }
    return losses
  }
}
