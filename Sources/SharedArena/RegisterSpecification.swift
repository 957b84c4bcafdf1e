// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// A register to be made.
public struct RegisterSpecification: Sendable {
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
  ///
  /// A number of an integer register's type that is not negative; 0 on the others.
  public var restoreGap: UInt128
  /// When it was first made, in nanoseconds since 1970; nil is now.
  var createdUnixNanoseconds: UInt64?

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

  static let maximumLabelByteCount = 64

  func check() throws(ArenaError) {
    do { try RegisterName.check(name.utf8.span) } catch { throw .invalidName(error) }
    let isPrintable = label.unicodeScalars.allSatisfy {
      $0.properties.generalCategory != .control
    }
    guard label.utf8.count <= Self.maximumLabelByteCount, isPrintable else { throw .invalidLabel }
    guard initial & ~type.width.mask == 0, restoreGap & ~type.width.mask == 0 else {
      throw .initialValueOutOfRange(type)
    }
    guard type.takes(restoreGap: restoreGap) else { throw .restoreGapNotTaken(type) }
  }
}
