// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Everything known about one register at one moment.
public struct RegisterInfo: Equatable, Sendable {
  public var name: String
  public var type: RegisterType
  /// The value's bits, zero-extended. Nil while another program's writes make the register's cell
  /// unusable, so that what stands there is not to be trusted; and for 16 bytes in an arena that is
  /// only observed, on a processor that has no 16-byte load that does not write.
  public var value: UInt128?
  public var label: String
  /// Nanoseconds since 1970, by the creator's clock.
  public var createdUnixNanoseconds: UInt64
  public var ownerUser: UInt32
  public var ownerTag: UInt64
  public var restoreGap: UInt128
  public var generation: UInt64
  public var slot: UInt32
  /// Whether its slot is kept out of reuse for ever.
  public var isPinned: Bool

  /// A handle for the register that was described.
  public var handle: RegisterHandle {
    RegisterHandle(slot: slot, type: type, generation: generation)
  }
}
