// SPDX-License-Identifier: Apache-2.0

/// How far a load run is, told after every slice.
public struct LoadProgress: Equatable, Sendable {
  /// Of the slices, those of the warm-up among them.
  public var elapsedSeconds: Double
  public var totalSeconds: Double
  /// The target of the slice.
  public var target: String
  public var operationsPerSecond: Double
  /// The 99th percentile of the slice's latencies, in microseconds.
  public var p99: Double
}
