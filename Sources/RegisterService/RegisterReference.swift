// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import SharedArena

/// A register that was looked up: good until it is deleted, for this service only.
public struct RegisterReference: Sendable {
  @usableFromInline let handle: RegisterHandle
  /// Whether the register has a restore gap that bounds its operations here.
  @usableFromInline let isBounded: Bool

  @usableFromInline
  init(_ handle: RegisterHandle, isBounded: Bool) {
    self.handle = handle
    self.isBounded = isBounded
  }

  /// The handle, for operations that do not look at bounds; traps where there are some.
  @inlinable @inline(__always)
  var unboundedHandle: RegisterHandle {
    precondition(!isBounded, "a register with a restore gap takes its bounds into account")
    return handle
  }

  /// The register's type, fixed at its creation.
  @inlinable public var type: RegisterType { handle.type }

  /// Whether each operation is looked at before it changes the value, because of a restore gap.
  @inlinable public var isLimited: Bool { isBounded }

  /// Two registers that had the same name one after the other differ in their generation or in
  /// their slot.
  @inlinable public var generation: UInt64 { handle.generation }

  /// Its number in the arena.
  @inlinable public var slot: UInt32 { handle.slot }
}
