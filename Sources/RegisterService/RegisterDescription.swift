// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import SharedArena

/// Everything known about one register at one moment.
public struct RegisterDescription: Equatable, Sendable {
  public var name: String
  public var type: RegisterType
  /// The value's bits, zero-extended.
  public var value: UInt128
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

  init(_ info: RegisterInfo) {
    name = info.name
    type = info.type
    // An arena that is open for writing reads every value.
    value = info.value ?? 0
    label = info.label
    createdUnixNanoseconds = info.createdUnixNanoseconds
    ownerUser = info.ownerUser
    ownerTag = info.ownerTag
    restoreGap = info.restoreGap
    generation = info.generation
    slot = info.slot
    isPinned = info.isPinned
  }
}

/// A register to be made.
public struct RegisterDefinition: Sendable {
  public var name: String
  public var type: RegisterType
  /// The first value's bits, zero-extended.
  public var initial: UInt128
  /// At most 64 bytes of UTF-8 without control characters.
  public var label: String
  /// The user on whose behalf it is made.
  public var ownerUser: UInt32
  /// Whatever the owner wants to find its registers by.
  public var ownerTag: UInt64
  /// What a restored snapshot adds to the value, so that no number is given out twice.
  public var restoreGap: UInt128

  public init(
    name: String, type: RegisterType, initial: UInt128 = 0, label: String = "",
    ownerUser: UInt32, ownerTag: UInt64 = 0, restoreGap: UInt128 = 0
  ) {
    self.name = name
    self.type = type
    self.initial = initial
    self.label = label
    self.ownerUser = ownerUser
    self.ownerTag = ownerTag
    self.restoreGap = restoreGap
  }

  var specification: RegisterSpecification {
    RegisterSpecification(
      name: name, type: type, initial: initial, label: label, ownerUser: ownerUser,
      ownerTag: ownerTag, restoreGap: restoreGap)
  }
}
