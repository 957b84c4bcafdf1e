// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena

/// Where a register's bytes are, for a program that maps them itself.
///
/// Take a shared OFD lock on the byte ``lockByte`` of ``file``, on the descriptor that is mapped,
/// and ask again: the same file and offset mean that the cell is this register's for as long as it
/// exists, and nobody's afterwards while the mapping lasts.
public struct RegisterLocation: Equatable, Sendable {
  /// The file to map.
  public let file: String
  /// Bytes from the start of the file.
  public let offset: Int
  /// Bytes of the value: 1, 2, 4, 8 or 16.
  public let width: Int
  /// The byte to lock, far beyond the file's end.
  public let lockByte: UInt64

  /// Finds the register called `name` in the arena at `path`; nil is the caller's default arena.
  ///
  /// - Parameter pinning: Whether the cell is to be kept out of reuse for ever, also after the
  ///   register's deletion: then it may be used without the lock. The memory of the slot never
  ///   comes back.
  public init(
    of name: String, inArenaAt path: String?, pinning: Bool = false,
    options: ClientOptions = ClientOptions()
  ) throws(ClientError) {
    let registers = LocalRegisters(path: path, options: options)
    let place = pinning ? try registers.pinnedLocation(of: name) : try registers.location(of: name)
    file = place.file
    offset = place.offset
    width = place.width.byteCount
    lockByte = place.lockByte
  }
}
