// SPDX-License-Identifier: Apache-2.0

/// An unsigned integer that the processor reads and writes in one piece: one conformer per width,
/// each naming its C functions. Callers reach them through ``AtomicCell`` and ``AtomicAccess``.
///
/// Safety: every function demands an address that is valid, mapped for the access, and aligned to
/// the word; `AtomicCell` and `AtomicLocation` guarantee it. `order` is a C11 order that the
/// operation permits.
@usableFromInline
protocol AtomicWord: FixedWidthInteger & UnsignedInteger & Sendable {
  @unsafe static func load(_ address: UnsafeMutableRawPointer, _ order: Int32) -> Self
  @unsafe static func store(_ address: UnsafeMutableRawPointer, _ value: Self, _ order: Int32)
  @unsafe static func exchange(_ address: UnsafeMutableRawPointer, _ value: Self, _ order: Int32)
    -> Self
  @unsafe static func compareExchange(
    _ address: UnsafeMutableRawPointer, _ expected: Self, _ desired: Self, weak: Bool,
    _ order: Int32, _ failureOrder: Int32
  ) -> (old: Self, ok: Bool)
  @unsafe static func fetchOr(_ address: UnsafeMutableRawPointer, _ operand: Self, _ order: Int32)
    -> Self
  @unsafe static func fetchXor(_ address: UnsafeMutableRawPointer, _ operand: Self, _ order: Int32)
    -> Self
  @unsafe static func fetchAnd(_ address: UnsafeMutableRawPointer, _ operand: Self, _ order: Int32)
    -> Self
  @unsafe static func fetchAdd(_ address: UnsafeMutableRawPointer, _ operand: Self, _ order: Int32)
    -> Self
  @unsafe static func fetchSub(_ address: UnsafeMutableRawPointer, _ operand: Self, _ order: Int32)
    -> Self
  @unsafe static func bitTest(_ address: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32)
    -> Bool
  @unsafe static func bitTestSet(
    _ address: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32
  ) -> Bool
  @unsafe static func bitTestReset(
    _ address: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32
  ) -> Bool
  @unsafe static func bitTestComplement(
    _ address: UnsafeMutableRawPointer, _ index: UInt32, _ order: Int32
  ) -> Bool
}
