// SPDX-License-Identifier: Apache-2.0

/// What one caller may do by the rules of one moment.
public struct Access: Sendable {
  /// Nil: everything.
  private let rules: AccessRules?
  private let principal: Int
  /// Of the rules, as ``AccessControl/generation``.
  public let generation: UInt32

  init(_ rules: AccessRules?, _ principal: Int, _ generation: UInt32) {
    self.rules = rules
    self.principal = principal
    self.generation = generation
  }

  /// Everything, for whom the arena belongs to, and for everybody where there are no rules.
  public static func unlimited(_ generation: UInt32) -> Access { Access(nil, 0, generation) }

  /// Whether there is no name and no right that it lacks.
  public var isUnlimited: Bool { rules == nil }

  /// The rights on the registers called `name`; on no bytes, those on the arena as a whole.
  ///
  /// - Complexity: O(log n) in the principal's prefixes, each compared over a name's length at
  ///   most; never allocates.
  public func rights(on name: Span<UInt8>) -> Rights {
    guard let rules else { return .all }
    return rules.rights(of: principal, on: name)
  }

  public func allows(_ right: Rights, on name: Span<UInt8>) -> Bool {
    rights(on: name).isSuperset(of: right)
  }

  /// Whether it is the same principal with the same rights, by whatever rules.
  public func isAlike(_ other: Access) -> Bool {
    guard let rules, let others = other.rules else { return rules == nil && other.rules == nil }
    return name == other.name
      && rules.rights(of: principal) == others.rights(of: other.principal)
  }

  /// The principal, for messages.
  public var name: String { rules?.name(of: principal) ?? "the owner of the arena" }

  /// Why `right` on the registers called `name`, or on the arena where that is empty, is refused.
  public func denial(of right: Rights, on name: String) -> String {
    "\(self.name) may not \(right) \(name.isEmpty ? "the arena" : name)"
  }
}

/// Rights by the rules of one generation, in one word: whether a right is there and still counts is
/// one XOR and one AND.
///
///     31                     8 7        0
///     | generation             | rights  |
public struct Grant: Equatable, Sendable, BitwiseCopyable {
  @usableFromInline let word: UInt32

  static let generationMask: UInt32 = 0xFF_FFFF

  /// - Parameter generation: Counts in its lower 24 bits; a grant would have to be kept unused for
  ///   2²⁴ changes of the rules to be taken for a present one.
  public init(_ rights: Rights, _ generation: UInt32) {
    word = generation << 8 | UInt32(rights.rawValue)
  }

  /// Whether it was worked out from the rules of this generation.
  @inlinable @inline(__always)
  public func isOf(_ generation: UInt32) -> Bool { word >> 8 == generation }

  /// Whether `right` is missing here, or the rules are not those of `present` any more, which has
  /// every right.
  @inlinable @inline(__always)
  public func lacks(_ right: Rights, comparedWith present: Grant) -> Bool {
    (word ^ present.word) & (0xFFFF_FF00 | UInt32(right.rawValue)) != 0
  }
}
