// SPDX-License-Identifier: Apache-2.0

import Histogram

extension LoadReport {
  /// One target's figures.
  public struct Result: Equatable, Sendable {
    public var target: String
    public var wire: LoadTarget.Wire
    /// Operations a second, the median of the slices.
    public var operationsPerSecond: Double
    public var slices: [Slice]
    public var latency: LatencyCurve
    /// Processor time of the target's process for one operation, in nanoseconds, over all slices;
    /// nil: it is not known.
    public var processorNanoseconds: Double?
    /// Requests of an open loop that were due and not sent: there was no room in the depth by the
    /// end of their slice.
    public var unsent = 0
  }

  /// One measured slice.
  public struct Slice: Equatable, Sendable {
    /// From the start of the first measured slice of the run, in seconds.
    public var start: Double
    public var operationsPerSecond: Double

    public init(start: Double, operationsPerSecond: Double) {
      self.start = start
      self.operationsPerSecond = operationsPerSecond
    }
  }
}

extension LoadReport.Result {
  /// Whether there is a slice that counts.
  public var isMeasured: Bool { !slices.isEmpty }

  /// How far the slices lie apart: largest less smallest, over the median.
  public var spread: Double {
    let rates = slices.map(\.operationsPerSecond)
    guard let low = rates.min(), let high = rates.max(), operationsPerSecond > 0 else { return 0 }
    return (high - low) / operationsPerSecond
  }

  init(
    _ target: LoadTarget, _ records: [SliceRecord], start: UInt64, _ latencies: Histogram<UInt64>,
    unsent: Int
  ) {
    let timed = records.filter { $0.processorTime != nil }
    let replies = timed.reduce(0) { $0 + $1.replies }
    let used = timed.reduce(0) { $0 + ($1.processorTime ?? 0) }
    self.init(
      target: target.text, wire: target.wire,
      operationsPerSecond: LoadReport.median(records.map(\.operationsPerSecond)),
      slices: records.map {
        LoadReport.Slice(
          start: Double($0.start &- min(start, $0.start)) / 1e9,
          operationsPerSecond: $0.operationsPerSecond)
      },
      latency: LatencyCurve(latencies),
      processorNanoseconds: replies > 0 ? Double(used) / Double(replies) : nil, unsent: unsent)
  }
}
