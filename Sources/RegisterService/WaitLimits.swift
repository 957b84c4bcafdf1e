// SPDX-License-Identifier: Apache-2.0

/// How much may be waited for and watched. What is past a limit is refused with ``ServiceError``
/// `.limit`.
public struct WaitLimits: Sendable {
  /// Waits of one client at once; about 300 bytes each.
  public var waits = 4096
  /// Watches of one client at once.
  public var watches = 128
  /// Registers that the watches of one client may see together; about 400 bytes each.
  public var watchedRegisters = 65_536
  /// Waits of all clients together.
  public var waitsTotal = 1 << 18
  /// Watches of all clients together.
  public var watchesTotal = 1 << 16
  /// Registers that the watches of all clients see together, each counted as often as it is seen.
  public var watchedRegistersTotal = 1 << 20

  public init() {}
}
