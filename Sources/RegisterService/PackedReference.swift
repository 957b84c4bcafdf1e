// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
public import SharedArena

/// A reference in 12 bytes, or none, for tables that have many.
///
///     63           8    7     6        5      0     31    0
///     | generation | open | limited | type    |     | slot |
///
/// Nothing is left out: generations have 56 bits in the arena, too.
public struct PackedReference: Sendable, BitwiseCopyable {
  @usableFromInline let word: UInt64
  @usableFromInline let slot: UInt32

  public static var none: PackedReference { PackedReference() }

  private init() {
    word = 0
    slot = 0
  }

  public init(_ reference: RegisterReference) {
    word =
      reference.generation << 8 | 0x80 | (reference.isLimited ? 0x40 : 0)
      | UInt64(reference.type.code)
    slot = reference.slot
  }

  /// The reference that was packed; nil: none was.
  @inlinable @inline(__always)
  public var reference: RegisterReference? {
    guard word & 0x80 != 0, let type = RegisterType(code: UInt8(truncatingIfNeeded: word & 0x3F))
    else { return nil }
    return RegisterReference(
      RegisterHandle(slot: slot, type: type, generation: word >> 8), isBounded: word & 0x40 != 0)
  }

  /// Whether it is of a register of `type` that is not limited.
  @inlinable @inline(__always)
  public func isPlain(_ type: RegisterType) -> Bool {
    word & 0xFF == UInt64(0x80 | type.code)
  }

  /// The reference, where it is plain of `type`.
  @inlinable @inline(__always)
  public func plain(_ type: RegisterType) -> RegisterReference {
    RegisterReference(
      RegisterHandle(slot: slot, type: type, generation: word >> 8), isBounded: false)
  }
}
