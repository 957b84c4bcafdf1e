// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient

/// How a load run is made: the same for every target, in alternating slices.
public struct LoadPlan: Sendable {
  /// The targets; the first is the one that the ratios speak of.
  public var targets: [LoadTarget]
  /// Connections to each target, dealt to the threads in turn.
  public var connections: Int
  /// Closed loop: requests sent together on a connection; the next ones follow when all are
  /// answered. Open loop: the most requests in flight on a connection.
  public var depth: Int
  /// Loops of the load, each with its share of the connections.
  public var threads: Int
  /// Operations a second over all connections of a target, sent when they are due whatever is
  /// still unanswered (the open loop); nil: as fast as answers come (the closed loop).
  public var rate: Double?
  /// Measured slices of each target.
  public var slices: Int
  public var sliceMilliseconds: Int
  /// How long a server may take to set a connection up, or to answer the last batch of a slice.
  public var timeoutMilliseconds: Int
  /// The registers and keys; made as u64 at zero where they are missing.
  public var names: LoadNames
  /// The operations and how often each comes.
  public var mix: OperationMix
  /// Who asks, for the first target: the others are not to have it.
  public var token: AccessToken?
  /// Whether the token may cross a network for everybody to read.
  public var sendsTokenInPlainText: Bool
  /// Whether what the run has made is deleted at its end.
  public var cleansUp: Bool

  public init(
    targets: [LoadTarget], connections: Int = 50, depth: Int = 1, threads: Int = 1,
    rate: Double? = nil, slices: Int = 15, sliceMilliseconds: Int = 300,
    timeoutMilliseconds: Int = 5_000, names: LoadNames = LoadNames(), mix: OperationMix,
    token: AccessToken? = nil, sendsTokenInPlainText: Bool = false, cleansUp: Bool = false
  ) {
    self.targets = targets
    self.connections = max(1, connections)
    self.depth = max(1, depth)
    self.threads = max(1, threads)
    self.rate = rate
    self.slices = max(1, slices)
    self.sliceMilliseconds = max(1, sliceMilliseconds)
    self.timeoutMilliseconds = max(1, timeoutMilliseconds)
    self.names = names
    self.mix = mix
    self.token = token
    self.sendsTokenInPlainText = sendsTokenInPlainText
    self.cleansUp = cleansUp
  }

  var timeoutNanoseconds: UInt64 { UInt64(clamping: timeoutMilliseconds) &* 1_000_000 }
  var sliceNanoseconds: UInt64 { UInt64(clamping: sliceMilliseconds) &* 1_000_000 }
}
