// SPDX-License-Identifier: Apache-2.0

/// Something that a program which may write `val` broke, and that was made good as far as that can
/// be. Values that are lost stay lost: what a register holds then, 0 or anything, was never
/// written to it.
public enum Damage: Equatable, Sendable {
  /// `val` was cut to `byteCount` bytes. The registers beyond, so many, hold 0.
  case truncated(byteCount: Int, registers: Int)
  /// Pages of `val` were taken away. The registers there, so many, hold 0.
  case pagesLost(registers: Int)
  /// The first page of `val` was overwritten.
  case header
  /// The cell of a register was overwritten. Its value may be anything.
  case cell(register: String)
  /// The cells of so many registers, `first` among them, were overwritten, or lost with their
  /// pages. Their values may be anything.
  case cells(registers: Int, first: String)
}

extension Damage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .truncated(let byteCount, let registers):
      "val was cut to \(byteCount) bytes: the values of \(registers) registers are lost"
    case .pagesLost(let registers):
      "pages of val were taken away: the values of \(registers) registers are lost"
    case .header: "the header of val was overwritten"
    case .cell(let register):
      "the cell of \(register) was overwritten: its value is not to be trusted"
    case .cells(let registers, let first):
      "the cells of \(registers) registers, \(first) and others, were overwritten: "
        + "their values are not to be trusted"
    }
  }
}

extension Damage {
  /// Whether values were lost with it, or may have been.
  var losesValues: Bool { self != .header }
}

/// The damage to an arena that this process has found so far.
public struct DamageReport: Equatable, Sendable {
  /// How often something was found.
  public var count = 0
  /// How often that was something by which values were lost, or may have been.
  public var lossCount = 0
  public var last: Damage?
  /// Nanoseconds since 1970; 0: nothing was found.
  public var lastUnixNanoseconds: UInt64 = 0
  /// Something is wrong at this moment: an operation's result may be lost, or made up.
  public var isUnrepaired = false

  mutating func add(_ damage: Damage) {
    count += 1
    if damage.losesValues { lossCount += 1 }
    last = damage
    lastUnixNanoseconds = SystemClock.unixNanoseconds()
  }
}
