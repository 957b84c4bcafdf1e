// SPDX-License-Identifier: Apache-2.0

/// What a load run measured.
public struct LoadReport: Equatable, Sendable {
  /// One target's figures.
  public struct Result: Equatable, Sendable {
    public var target: String
    public var wire: LoadTarget.Wire
    /// Operations a second, the median of the slices.
    public var operationsPerSecond: Double
    /// Operations a second of every slice, in order.
    public var slices: [Double]
    /// From sending a batch to its last reply, in microseconds.
    public var latency: Latency
  }

  /// Percentiles over all slices, in microseconds.
  public struct Latency: Equatable, Sendable {
    public var p50 = 0.0
    public var p90 = 0.0
    public var p99 = 0.0
    public var p999 = 0.0
    public var maximum = 0.0
  }

  public var connections: Int
  public var depth: Int
  public var operation: String
  public var results: [Result]

  /// The first target's median over each other's, by the other's protocol; where several targets
  /// speak one protocol, by their addresses.
  public var ratios: [(peer: String, ratio: Double)] {
    guard let own = results.first else { return [] }
    let peers = results.dropFirst()
    return peers.map { peer in
      let isAlone = peers.count { $0.wire == peer.wire } == 1
      let ratio = own.operationsPerSecond / max(peer.operationsPerSecond, 1e-9)
      return (isAlone ? peer.wire.rawValue : peer.target, ratio)
    }
  }

  public init(connections: Int, depth: Int, operation: String, results: [Result]) {
    self.connections = connections
    self.depth = depth
    self.operation = operation
    self.results = results
  }

  /// The middle one; the mean of the two in the middle for an even number; 0 for none.
  public static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let last = sorted.last else { return 0 }
    let middle = sorted.count / 2
    if sorted.count == 1 { return last }
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

extension LoadReport.Result {
  /// How far the slices lie apart: largest less smallest, over the median.
  public var spread: Double {
    guard let low = slices.min(), let high = slices.max(), operationsPerSecond > 0 else { return 0 }
    return (high - low) / operationsPerSecond
  }
}
