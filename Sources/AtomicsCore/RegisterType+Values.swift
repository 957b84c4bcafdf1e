// SPDX-License-Identifier: Apache-2.0

// Between the numbers and bytes of a program and the bits that run-time operations take:
// zero-extended to 128, whatever the kind.

extension RegisterType {
  /// The bits of an integer.
  ///
  /// - Throws: ``ValueError/outOfRange(_:)`` where it does not fit an integer type (a value is
  ///   never truncated, a negative one never made unsigned), ``ValueError/malformed(_:)`` where the
  ///   type is none of integers.
  @inlinable
  public func bits<Integer: BinaryInteger>(of value: Integer) throws(ValueError) -> UInt128 {
    switch kind {
    case .unsigned:
      guard let bits = UInt128(exactly: value), bits <= greatest else { throw .outOfRange(self) }
      return bits
    case .signed:
      guard let number = Int128(exactly: value) else { throw .outOfRange(self) }
      let bits = UInt128(truncatingIfNeeded: number) & width.mask
      guard signed(bits) == number else { throw .outOfRange(self) }
      return bits
    case .bytes, .float: throw .malformed(self)
    }
  }

  /// The bits of a float.
  ///
  /// - Throws: ``ValueError/outOfRange(_:)`` where the type is too narrow for the number's size or
  ///   precision, ``ValueError/malformed(_:)`` where the type is none of floats.
  public func bits(of value: Double) throws(ValueError) -> UInt128 {
    guard kind == .float else { throw .malformed(self) }
    guard width == .four else { return value.atomicBits }
    guard value.isNaN || Double(Float(value)) == value else { throw .outOfRange(self) }
    return Float(value).atomicBits
  }

  /// The bits of bytes in memory order; of every kind, as all lie in memory so.
  ///
  /// - Throws: ``ValueError/wrongByteCount(_:count:)`` unless they are as many as the type is wide.
  public func bits(ofBytes bytes: Span<UInt8>) throws(ValueError) -> UInt128 {
    guard bytes.count == width.byteCount else {
      throw .wrongByteCount(self, count: bytes.count)
    }
    var bits: UInt128 = 0
    for index in 0..<bytes.count { bits |= UInt128(bytes[index]) &<< UInt128(8 * index) }
    return bits
  }

  /// The integer that these bits mean; nil where the type is none of integers, or where it is
  /// `u128` and the value exceeds `Int128`.
  @inlinable
  public func integer(of bits: UInt128) -> Int128? {
    switch kind {
    case .unsigned: Int128(exactly: bits & width.mask)
    case .signed: signed(bits)
    case .bytes, .float: nil
    }
  }

  /// The bytes in memory order that these bits mean.
  public func bytes(of bits: UInt128) -> [UInt8] {
    (0..<width.byteCount).map { UInt8(truncatingIfNeeded: bits >> UInt128(8 * $0)) }
  }
}
