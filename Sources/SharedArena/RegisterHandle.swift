// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register that was found, good until it is deleted: a look-up's result, kept.
///
/// Belongs to the arena that gave it. Another register in the same slot, or a re-creation of the
/// name, has another generation.
public struct RegisterHandle: Hashable, Sendable {
  /// Which record and cell, from 0.
  public let slot: UInt32
  public let type: RegisterType
  /// Raised when the slot's register is created and when it is deleted.
  public let generation: UInt64

  /// A handle whose parts were kept elsewhere: they are those of one that the arena gave.
  @inlinable @inline(__always)
  public init(slot: UInt32, type: RegisterType, generation: UInt64) {
    self.slot = slot
    self.type = type
    self.generation = generation
  }
}

/// Where a register's value lies, for programs that map it themselves.
public struct CellLocation: Equatable, Sendable {
  /// The path of the file to map.
  public let file: String
  /// Bytes from the start of the file; a multiple of 64.
  public let offset: Int
  public let width: AtomicWidth
  /// The byte of the file to lock, shared, by an open-file-description lock and before mapping it.
  ///
  /// Lock it, then ask for the location again: the same file and offset mean that the cell
  /// stays this register's, or unused, for as long as the mapping lasts.
  public let lockByte: UInt64
}
