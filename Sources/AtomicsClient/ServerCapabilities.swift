// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What a server (or the map) can do, so that a caller can ask before it relies on it.
public struct ServerCapabilities: Equatable, Sendable {
  /// What the server calls itself; empty over HTTP, which does not tell.
  public var serverName: String
  public var operations: Set<AtomicOperation>
  public var types: Set<RegisterType>
  /// Widths whose operations are lock-free where the registers are.
  public var lockFreeWidths: Set<AtomicWidth>
  /// Another value than before means that values may have been lost.
  public var bootEpoch: UInt64
  public var arenaUUID: UInt128
  /// Requests that one connection may have in flight; the others wait.
  public var inFlightLimit: Int

  public init(
    serverName: String, operations: Set<AtomicOperation>, types: Set<RegisterType>,
    lockFreeWidths: Set<AtomicWidth>, bootEpoch: UInt64, arenaUUID: UInt128, inFlightLimit: Int
  ) {
    self.serverName = serverName
    self.operations = operations
    self.types = types
    self.lockFreeWidths = lockFreeWidths
    self.bootEpoch = bootEpoch
    self.arenaUUID = arenaUUID
    self.inFlightLimit = inFlightLimit
  }
}
