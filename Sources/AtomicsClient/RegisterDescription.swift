// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register as a listing or `info` shows it.
public struct RegisterDescription: Equatable, Sendable {
  public var name: String
  public var type: RegisterType
  /// The value's bits at the time of the answer, zero-extended.
  public var value: UInt128
  public var label: String
  /// What the owner finds its registers by; 0 in listings.
  public var ownerTag: UInt64
  /// What a restored snapshot adds to the value; 0 in listings.
  public var restoreGap: UInt128
  /// What the binary protocol and the map tell in `info`; nil over HTTP and in listings.
  public var details: Details?

  /// Facts about a register that say nothing about its value.
  public struct Details: Equatable, Sendable {
    public var createdUnixNanoseconds: UInt64
    public var generation: UInt64
    public var ownerUser: UInt32
    public var slot: UInt32
    /// Whether no other register ever gets its slot.
    public var isPinned: Bool

    public init(
      createdUnixNanoseconds: UInt64, generation: UInt64, ownerUser: UInt32, slot: UInt32,
      isPinned: Bool = false
    ) {
      self.createdUnixNanoseconds = createdUnixNanoseconds
      self.generation = generation
      self.ownerUser = ownerUser
      self.slot = slot
      self.isPinned = isPinned
    }
  }

  public init(
    name: String, type: RegisterType, value: UInt128, label: String = "", ownerTag: UInt64 = 0,
    restoreGap: UInt128 = 0, details: Details? = nil
  ) {
    self.name = name
    self.type = type
    self.value = value
    self.label = label
    self.ownerTag = ownerTag
    self.restoreGap = restoreGap
    self.details = details
  }
}

/// Part of a listing.
public struct RegisterPage: Equatable, Sendable {
  public var registers: [RegisterDescription]
  /// Where the next part begins; nil at the end. A part may be short, even empty, before the end.
  public var next: UInt64?

  public init(registers: [RegisterDescription], next: UInt64?) {
    self.registers = registers
    self.next = next
  }
}
