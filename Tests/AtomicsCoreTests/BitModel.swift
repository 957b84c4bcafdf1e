// SPDX-License-Identifier: Apache-2.0
import AtomicsCore

/// What operations do, said a third time and as differently as can be: on integers of any size as
/// lists of bits, added digit by digit. Shares no arithmetic with the library.
struct BitModel {
  /// From the least significant.
  typealias Bits = [Bool]

  let type: RegisterType
  private var size: Int { type.width.bitCount }

  static func bits(_ value: UInt128, _ count: Int) -> Bits {
    (0..<count).map { value >> UInt128($0) & 1 == 1 }
  }

  static func value(_ bits: Bits) -> UInt128 {
    bits.enumerated().reduce(0) { $1.element ? $0 | 1 << UInt128($1.offset) : $0 }
  }

  /// Two's complement in one bit more than the width: every sum of two values fits.
  private func widened(_ bits: Bits) -> Bits {
    bits + Bits(repeating: type.kind == .signed && bits[size - 1], count: 2)
  }

  private func sum(_ first: Bits, _ second: Bits, carry: Bool = false) -> Bits {
    var carry = carry
    return zip(first, second).map { a, b in
      let ones = [a, b, carry].filter { $0 }.count
      carry = ones > 1
      return ones % 2 == 1
    }
  }

  private func difference(_ first: Bits, _ second: Bits) -> Bits {
    sum(first, second.map { !$0 }, carry: true)
  }

  /// Whether `first` is less, both as long as `widened` makes them.
  private func isNegative(_ bits: Bits) -> Bool { bits[bits.count - 1] }

  private func isLess(_ first: Bits, _ second: Bits) -> Bool {
    if type.kind == .bytes {
      // Byte by byte as they lie in memory, each from its highest bit.
      for byte in 0..<size / 8 {
        for bit in (8 * byte..<8 * byte + 8).reversed() where first[bit] != second[bit] {
          return second[bit]
        }
      }
      return false
    }
    return isNegative(difference(widened(first), widened(second)))
  }

  /// What `operation` leaves of `old`, or nil where it leaves it alone.
  func result(
    _ operation: AtomicOperation, _ old: UInt128, operand: UInt128, expected: UInt128, index: Int
  ) -> UInt128? {
    let value = Self.bits(old, size)
    let operand = Self.bits(operand, size)
    let expected = Self.bits(expected, size)
    let one = Self.bits(1, size)
    let zero = Bits(repeating: false, count: size)
    var new = value
    switch operation {
    case .load, .bitTest: break
    case .store, .exchange: new = operand
    case .compareExchangeStrong, .compareExchangeWeak:
      guard value == expected else { return nil }
      new = operand
    case .bitTestSet: new[index] = true
    case .bitTestReset: new[index] = false
    case .bitTestComplement: new[index] = !new[index]
    case .or: new = zip(value, operand).map { $0 || $1 }
    case .xor: new = zip(value, operand).map { $0 != $1 }
    case .and: new = zip(value, operand).map { $0 && $1 }
    case .nand: new = zip(value, operand).map { !($0 && $1) }
    case .andnot: new = zip(value, operand).map { $0 && !$1 }
    case .not: new = value.map { !$0 }
    case .add: new = sum(value, operand)
    case .sub: new = difference(value, operand)
    case .increment: new = sum(value, one)
    case .decrement: new = difference(value, one)
    case .negate: new = difference(zero, value)
    case .min, .byteMin: new = isLess(operand, value) ? operand : value
    case .max, .byteMax: new = isLess(value, operand) ? operand : value
    case .addUnless:
      guard value != expected else { return nil }
      new = sum(value, operand)
    case .incrementIfNotZero:
      guard value != zero else { return nil }
      new = sum(value, one)
    case .decrementIfPositive:
      guard isLess(zero, value) else { return nil }
      new = difference(value, one)
    }
    return Self.value(new)
  }

  /// What arithmetic under `policy` leaves of `old`, or nil where it leaves it alone.
  func result(
    _ operation: AtomicOperation, _ old: UInt128, operand: UInt128, _ policy: OverflowPolicy,
    least: UInt128, greatest: UInt128
  ) -> UInt128? {
    let wide = { widened(Self.bits($0, size)) }
    let (value, operand) = (wide(old), wide(operand))
    let exact =
      switch operation {
      case .add: sum(value, operand)
      case .sub: difference(value, operand)
      case .increment: sum(value, wide(1))
      case .decrement: difference(value, wide(1))
      default: difference(wide(0), value)
      }
    // One more bit, as a difference of sums may need it.
    let isBelow = isNegative(difference(extended(exact), extended(wide(least))))
    let isAbove = isNegative(difference(extended(wide(greatest)), extended(exact)))
    switch policy {
    case .wrap: break
    case .saturate where isBelow: return least
    case .saturate where isAbove: return greatest
    case .saturate: break
    case .fail: if isBelow || isAbove { return nil }
    }
    return Self.value(Array(exact.prefix(size)))
  }

  private func extended(_ bits: Bits) -> Bits { bits + [bits[bits.count - 1]] }
}
