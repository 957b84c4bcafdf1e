// SPDX-License-Identifier: Apache-2.0

public import SharedArena

/// A look-up of a register's name that is under way.
public struct RegisterProbe: Sendable, BitwiseCopyable {
  @usableFromInline let name: NameProbe

  /// Of no name yet.
  public init() { name = NameProbe() }

  @usableFromInline @inline(__always)
  init(_ name: NameProbe) { self.name = name }
}

/// Looking many names up at once.
extension RegisterService {
  /// Begins to look `name` up.
  ///
  /// - Complexity: O(n) in the name's bytes; waits for no memory.
  @inlinable @inline(__always)
  public func probe(_ name: Span<UInt8>) -> RegisterProbe { RegisterProbe(arena.probe(name)) }

  /// Goes on with a look-up, once memory had the time to answer to its beginning.
  @inlinable @inline(__always)
  public func anticipate(_ probe: RegisterProbe) { arena.anticipate(probe.name) }

  /// What `find(_:)` finds, which ends the look-up that `probe` of the same name began; nil where
  /// it throws.
  @inlinable @inline(__always)
  public func find(_ name: Span<UInt8>, by probe: RegisterProbe) -> RegisterReference? {
    guard let handle = arena.find(name, by: probe.name) else { return nil }
    return RegisterReference(handle, isBounded: hasBounds && arena.restoreGap(of: handle) != 0)
  }
}
