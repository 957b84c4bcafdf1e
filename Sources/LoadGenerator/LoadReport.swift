// SPDX-License-Identifier: Apache-2.0

/// What a load run measured.
public struct LoadReport: Sendable {
  /// What was run.
  public var plan: LoadPlan
  /// One for each target.
  public var results: [Result]
  /// Whether the run was ended before its time.
  public var isInterrupted: Bool
  /// Whether the run was to delete what it had made, and was ended before it could.
  public var leavesAll: Bool

  /// The first target against another.
  public struct Ratio: Equatable, Sendable {
    /// The other's protocol; where several targets speak one protocol, its address.
    public var peer: String
    /// The first target's operations a second over the other's.
    public var throughput: Double
    /// The other's processor time for an operation over the first target's; nil: one of them is
    /// not known.
    public var processorTime: Double?
    /// Whether slices lie so far apart that the processor time decides, where it is known.
    public var isSpread: Bool

    /// Whether to go by the processor time.
    public var isDecidedByProcessorTime: Bool { isSpread && processorTime != nil }
  }

  /// The spread of slices from which on their median proves little.
  public static let spreadLimit = 0.1

  /// Whether there is a slice of each target that counts.
  public var isMeasured: Bool { results.allSatisfy(\.isMeasured) }

  /// The first target against each other; without those of which nothing was measured.
  public var ratios: [Ratio] {
    guard let own = results.first, own.operationsPerSecond > 0 else { return [] }
    let peers = results.dropFirst()
    return peers.filter { $0.operationsPerSecond > 0 }.map { peer in
      let isAlone = peers.count { $0.wire == peer.wire } == 1
      var processorTime: Double?
      if let mine = own.processorNanoseconds, let theirs = peer.processorNanoseconds, mine > 0 {
        processorTime = theirs / mine
      }
      return Ratio(
        peer: isAlone ? peer.wire.rawValue : peer.target,
        throughput: own.operationsPerSecond / peer.operationsPerSecond,
        processorTime: processorTime,
        isSpread: max(own.spread, peer.spread) > Self.spreadLimit)
    }
  }

  public init(
    plan: LoadPlan, results: [Result], isInterrupted: Bool = false, leavesAll: Bool = false
  ) {
    self.plan = plan
    self.results = results
    self.isInterrupted = isInterrupted
    self.leavesAll = leavesAll
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
