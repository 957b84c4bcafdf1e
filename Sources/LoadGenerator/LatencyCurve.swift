// SPDX-License-Identifier: Apache-2.0

import Glibc
import Histogram

/// Latencies by percentile, in microseconds.
public struct LatencyCurve: Equatable, Sendable {
  /// A point of the curve: this share of the latencies is at most so long.
  public struct Point: Equatable, Sendable {
    /// From 0 to 100.
    public var percentile: Double
    public var microseconds: Double
  }

  public var p50 = 0.0
  public var p90 = 0.0
  public var p99 = 0.0
  public var p999 = 0.0
  public var p9999 = 0.0
  public var maximum = 0.0
  /// How many latencies there are.
  public var count = 0
  /// For a plot: as close at 99.9 as at 90, as far as there are latencies to tell points apart.
  public var points: [Point] = []

  public init() {}

  /// Points for each factor of ten of what is left to 100.
  static let pointsPerDecade = 16

  init(_ latencies: Histogram<UInt64>) {
    func microseconds(_ percentile: Double) -> Double {
      Double(latencies.valueAtPercentile(percentile)) / 1000
    }
    count = Int(clamping: latencies.totalCount)
    guard count > 0 else { return }
    p50 = microseconds(50)
    p90 = microseconds(90)
    p99 = microseconds(99)
    p999 = microseconds(99.9)
    p9999 = microseconds(99.99)
    maximum = microseconds(100)
    let decades = min(max(1, log10(Double(count))), 6)
    let steps = Int(decades * Double(Self.pointsPerDecade))
    points = (0...steps).map { step in
      let percentile = 100 * (1 - pow(10, -Double(step) / Double(Self.pointsPerDecade)))
      return Point(percentile: percentile, microseconds: microseconds(percentile))
    }
  }

  /// The percentiles that are told, by the names that they have in JSON.
  var named: [(name: String, microseconds: Double)] {
    [
      ("p50", p50), ("p90", p90), ("p99", p99), ("p99.9", p999), ("p99.99", p9999),
      ("max", maximum),
    ]
  }
}
