// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore

/// Where the parts of a frame are that names its register and is one of a series.
///
///     start     header
///      + 16     length, policy of the name block
///      + 24     name, zeros to a multiple of 8
///     operands
///     end
public struct NamedFrame: Sendable, BitwiseCopyable {
  public let start: Int
  public let operands: Int
  public let end: Int
  @usableFromInline let nameByteCount: Int

  @inlinable @inline(__always)
  public var name: Range<Int> { start &+ 24..<start &+ 24 &+ nameByteCount }

  /// No frame.
  public init() { (start, operands, end, nameByteCount) = (0, 0, 0, 0) }

  @usableFromInline @inline(__always)
  init(start: Int, operands: Int, end: Int, nameByteCount: Int) {
    self.start = start
    self.operands = operands
    self.end = end
    self.nameByteCount = nameByteCount
  }
}

extension OperationSeries {
  /// The longest name of a frame of a series, as that of a register.
  @usableFromInline static var longestName: Int { 128 }

  /// The frame at `offset`, where it is there as a whole, and one of this series of frames with
  /// names as far as what stands before and around the name tells; else nil: it is to run alone, be
  /// it right or wrong.
  @inlinable @inline(__always)
  public func named(_ input: Span<UInt8>, at offset: Int) -> NamedFrame? {
    guard input.count &- offset >= FrameHeader.byteCount &+ 16 else { return nil }
    let (first, second) = input.littleEndianPair(at: offset)
    let block = input.littleEndian64(at: offset &+ FrameHeader.byteCount)
    let nameByteCount = Int(block & 0xFFFF)
    guard Self.isAlike(first, word), second >> 32 == UInt64(FrameHeader.byName),
      // Policy 1 makes a register that is missing, which happens alone.
      block >> 16 == 0 || block >> 16 == 1 && namesType,
      nameByteCount &- 1 < Self.longestName, nameByteCount > 0
    else { return nil }
    let operands = offset &+ 24 &+ (nameByteCount &+ 7) & ~7
    let end = operands &+ 8 &* operandCount
    let bodyByteCount = Int(truncatingIfNeeded: (first & Self.lengthMask) >> 32)
    guard end == offset &+ FrameHeader.byteCount &+ bodyByteCount, end <= input.count else {
      return nil
    }
    let inLastWord = nameByteCount & 7
    if inLastWord != 0,
      input.littleEndian64(at: operands &- 8) >> UInt64(truncatingIfNeeded: 8 &* inLastWord) != 0
    {
      return nil
    }
    return NamedFrame(start: offset, operands: operands, end: end, nameByteCount: nameByteCount)
  }

  /// Whether the frames say the type of their registers.
  @inlinable
  var namesType: Bool { UInt8(truncatingIfNeeded: word >> 24) & FrameHeader.typeMask == type.code }
}
