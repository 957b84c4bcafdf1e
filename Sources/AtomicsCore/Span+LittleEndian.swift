// SPDX-License-Identifier: Apache-2.0

/// Little-endian integers at any offset of received bytes, in one load each.
///
/// Assembled from single bytes, every byte would carry its own bounds check, and the compiler
/// would not join them into one load: on the data path that costs more than the operation.
extension Span<UInt8> {
  /// The 8 bytes from `offset`. Traps unless they lie within the span.
  @inlinable
  public func littleEndian64(at offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count - 8, "8 bytes at \(offset) leave the span")
    // Safety: the precondition keeps the load inside the span; every bit pattern is a UInt64.
    return unsafe UInt64(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
  }

  /// The 16 bytes from `offset` as two words, the first 8 first. Traps unless they lie within the
  /// span.
  @inlinable @inline(__always)
  public func littleEndianPair(at offset: Int) -> (first: UInt64, second: UInt64) {
    precondition(offset >= 0 && offset <= count &- 16, "16 bytes at \(offset) leave the span")
    // Safety: the precondition keeps both loads inside the span; every bit pattern is a UInt64.
    let first = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: offset, as: UInt64.self)
    let second = unsafe bytes.unsafeLoadUnaligned(
      fromUncheckedByteOffset: offset &+ 8, as: UInt64.self)
    return (UInt64(littleEndian: first), UInt64(littleEndian: second))
  }

  /// The 4 bytes from `offset`. Traps unless they lie within the span.
  @inlinable
  public func littleEndian32(at offset: Int) -> UInt32 {
    precondition(offset >= 0 && offset <= count - 4, "4 bytes at \(offset) leave the span")
    // Safety: as in `littleEndian64`.
    return unsafe UInt32(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
  }

  /// The 2 bytes from `offset`. Traps unless they lie within the span.
  @inlinable
  public func littleEndian16(at offset: Int) -> UInt16 {
    precondition(offset >= 0 && offset <= count - 2, "2 bytes at \(offset) leave the span")
    // Safety: as in `littleEndian64`.
    return unsafe UInt16(
      littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
  }
}
