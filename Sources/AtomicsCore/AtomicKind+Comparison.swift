// SPDX-License-Identifier: Apache-2.0

extension AtomicKind {
  /// Whether `first` comes before `second` in the kind's order: numbers by their value, bytes as
  /// strings from the first byte in memory. Floats, which no operation compares, by their bits.
  ///
  /// - Parameter signBit: The highest bit of the width that the words represent.
  @inlinable
  func isLess<Word: FixedWidthInteger & UnsignedInteger>(
    _ first: Word, than second: Word, signBit: Word
  ) -> Bool {
    switch self {
    case .unsigned, .float: first < second
    // Flipping the sign moves the negative numbers below the others, each half in its order.
    case .signed: first ^ signBit < second ^ signBit
    // The first byte in memory is the lowest of the word: the compare wants it highest.
    case .bytes: first.byteSwapped < second.byteSwapped
    }
  }

  /// The word that comes first in the kind's order.
  @inlinable
  func lesser<Word: FixedWidthInteger & UnsignedInteger>(_ first: Word, _ second: Word) -> Word {
    isLess(second, than: first, signBit: 1 << (Word.bitWidth - 1)) ? second : first
  }

  /// The word that comes last in the kind's order.
  @inlinable
  func greater<Word: FixedWidthInteger & UnsignedInteger>(_ first: Word, _ second: Word) -> Word {
    isLess(first, than: second, signBit: 1 << (Word.bitWidth - 1)) ? second : first
  }
}

extension RegisterType {
  /// Whether `first` comes before `second` in the order that `min`, `max`, `byte_min` and
  /// `byte_max` go by: integers by their value, bytes as strings from the first byte in memory.
  ///
  /// Both are bits zero-extended to 128. Floats, on which those operations do not exist, compare by
  /// their bits.
  @inlinable
  package func isLess(_ first: UInt128, than second: UInt128) -> Bool {
    kind.isLess(first, than: second, signBit: 1 << UInt128(width.bitCount - 1))
  }
}
