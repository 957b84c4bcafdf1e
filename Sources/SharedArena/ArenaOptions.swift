// SPDX-License-Identifier: Apache-2.0

/// How to make an arena, and how long to wait for its directory.
public struct ArenaOptions: Sendable {
  /// How many registers the arena can ever hold; fixed when it is made, ignored where it exists.
  ///
  /// It reserves about 450 bytes of address space each and no memory. From 1 to 2^31.
  public var capacity: Int
  /// How long another process's create or delete may be waited for.
  public var lockTimeoutNanoseconds: UInt64
  /// Where the kernel tells which boot this is.
  package var bootIdentifierPath = "/proc/sys/kernel/random/boot_id"

  public init(capacity: Int = 1 << 25, lockTimeoutNanoseconds: UInt64 = 2_000_000_000) {
    self.capacity = capacity
    self.lockTimeoutNanoseconds = lockTimeoutNanoseconds
  }
}

/// What a process means to do with an arena.
public enum ArenaAccess: Sendable {
  /// Operate on registers; also create and delete them where permissions allow it.
  case readWrite
  /// Look only: both files are mapped read-only.
  case readOnly
}
