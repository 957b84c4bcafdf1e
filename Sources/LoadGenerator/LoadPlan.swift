// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient
public import AtomicsCore

/// How a load run is made: the same for every target, in alternating slices.
public struct LoadPlan: Sendable {
  /// The targets; the first is the one that the ratios speak of.
  public var targets: [LoadTarget]
  /// Connections to each target.
  public var connections: Int
  /// Requests sent together on a connection; the next ones follow when all are answered.
  public var depth: Int
  /// Measured slices of each target.
  public var slices: Int
  public var sliceMilliseconds: Int
  /// How long a server may take to set a connection up, or to answer the last batch of a slice.
  public var timeoutMilliseconds: Int
  /// The register; made as u64 where it is missing, and not deleted.
  public var register: String
  /// The operation. `inc_fetch` sends back the new value, as INCR and incr do.
  public var operation: OperationName
  /// Who asks, for the first target: the others are not to have it.
  public var token: AccessToken?

  public init(
    targets: [LoadTarget], connections: Int = 50, depth: Int = 1, slices: Int = 15,
    sliceMilliseconds: Int = 300, timeoutMilliseconds: Int = 5_000, register: String = "bench",
    operation: OperationName, token: AccessToken? = nil
  ) {
    self.targets = targets
    self.connections = max(1, connections)
    self.depth = max(1, depth)
    self.slices = max(1, slices)
    self.sliceMilliseconds = max(1, sliceMilliseconds)
    self.timeoutMilliseconds = max(1, timeoutMilliseconds)
    self.register = register
    self.operation = operation
    self.token = token
  }

  var timeoutNanoseconds: UInt64 { UInt64(clamping: timeoutMilliseconds) &* 1_000_000 }
}
