// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What a register is to be.
public struct RegisterPlan: Sendable {
  public var name: String
  public var type: RegisterType
  /// The first value's bits, zero-extended.
  public var initial: UInt128
  /// At most 64 bytes.
  public var label: String
  /// Whatever the owner wants to find its registers by.
  public var ownerTag: UInt64
  /// How far an integer register's value may move on between two snapshots, and how far above the
  /// saved value a restored one starts: so no number is given out twice.
  public var restoreGap: UInt128

  public init(
    name: String, type: RegisterType, initial: UInt128 = 0, label: String = "",
    ownerTag: UInt64 = 0, restoreGap: UInt128 = 0
  ) {
    self.name = name
    self.type = type
    self.initial = initial
    self.label = label
    self.ownerTag = ownerTag
    self.restoreGap = restoreGap
  }
}
