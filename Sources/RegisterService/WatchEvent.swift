// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What a client is told of a register that it watches.
public struct WatchEvent: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// The register was found, or has another value; where `skips`, it had others in between.
    case value(UInt128, skips: Bool)
    /// It is gone.
    case deleted
    /// The watch has ended before the client said so: its registers became too many.
    case ended(ServiceError)
  }

  /// What the client called the watch.
  public var key: UInt32
  /// The number of the watch.
  public var watch: UInt32
  public var kind: Kind
  public var type: RegisterType?
  public var generation: UInt64 = 0
  public var slot: UInt32 = 0
  /// Changes of the register that were seen since the watch began.
  public var changes: UInt64 = 0
  /// Those of them that no event told.
  public var leftOut: UInt64 = 0
  /// As many of them as were left out since the event before.
  public var skipped: UInt64 = 0
  /// Of watches of a prefix; else empty.
  public var name = ""
}
