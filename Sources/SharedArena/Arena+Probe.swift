// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A look-up that is taken in steps, so that many of them wait for memory together:
///
///     probe        hashes the name, asks for its index word
///     anticipate   reads that, asks for the record and the cell
///     find         looks the name up
///
/// Only the last step decides anything, and it decides as ``Arena/find(_:)`` does: between the
/// steps registers may come and go.
public struct NameProbe: Sendable, BitwiseCopyable {
  let hash: UInt64

  init(hash: UInt64) { self.hash = hash }

  /// Of no name yet.
  public init() { hash = 0 }
}

// Safety: each `clinux_activity_enter` gives a record of the calling thread that lives for ever.
extension Arena {
  /// The first step of a look-up.
  ///
  /// - Complexity: O(n) in the name's bytes; waits for no memory.
  public func probe(_ name: Span<UInt8>) -> NameProbe {
    let hash = directory.hash(name)
    directory.anticipateIndex(hash)
    return NameProbe(hash: hash)
  }

  /// The second step, some time after the first.
  public func anticipate(_ probe: NameProbe) {
    // Parts of the index that were given back are only read, and so made, by whoever is inside.
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    if let slot = directory.anticipateRecord(probe.hash) { cells.anticipate(slot) }
  }

  /// The last step: the register of this name, which `probe` was made of, or nil.
  ///
  /// - Complexity: As ``find(_:)``, which it is without the hashing.
  public func find(_ name: Span<UInt8>, by probe: NameProbe) -> RegisterHandle? {
    guard name.count <= RegisterName.maximumByteCount else { return nil }
    let thread = unsafe clinux_activity_enter()
    defer { unsafe clinux_activity_leave(thread) }
    return directory.find(name, hash: probe.hash).map { RegisterHandle($0) }
  }
}
