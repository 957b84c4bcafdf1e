// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// What a watch tells of a register.
public struct RegisterEvent: Equatable, Sendable {
  public enum Kind: Equatable, Sendable {
    /// The register has this value: the first look, or another value than before. Bits of the
    /// register's type, zero-extended.
    case value(UInt128)
    /// The same, and values before it may have passed unseen: more came than were taken, or the
    /// connection was lost meanwhile.
    case gap(UInt128)
    /// The register is gone; the last event of a watch of one register.
    case deleted
  }

  public var name: String
  public var type: RegisterType
  public var kind: Kind

  public init(name: String, type: RegisterType, kind: Kind) {
    self.name = name
    self.type = type
    self.kind = kind
  }
}
