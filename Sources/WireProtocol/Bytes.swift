// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// Frames outside the data path are built in arrays: they are rare and of any length.
extension [UInt8] {
  /// Appends the bytes of `value`, lowest first.
  mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
    var rest = UInt128(value)
    for _ in 0..<(value.bitWidth / 8) {
      append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  /// Appends `bytes` and zeros up to a multiple of 8.
  mutating func append(padded bytes: [UInt8]) {
    append(contentsOf: bytes)
    append(contentsOf: repeatElement(0, count: bytes.count.padding))
  }

  /// A whole frame: `header` with its length set, then `body`, a multiple of 8 bytes.
  init(frame header: FrameHeader, body: [UInt8]) {
    var header = header
    header.bodyByteCount = UInt32(body.count)
    self = []
    reserveCapacity(FrameHeader.byteCount + body.count)
    append(littleEndian: header.first)
    append(littleEndian: header.second)
    append(contentsOf: body)
  }
}

extension Int {
  /// Bytes from here to the next multiple of 8.
  var padding: Int { -self & 7 }
  /// The next multiple of 8.
  var padded: Int { self + padding }
}

extension Span<UInt8> {
  func littleEndian128(at offset: Int) -> UInt128 {
    UInt128(littleEndian64(at: offset)) | UInt128(littleEndian64(at: offset + 8)) << 64
  }

  /// The `count` bytes from `offset`, copied; the caller has checked that they are there.
  package func copy(from offset: Int, count: Int) -> [UInt8] {
    var copied: [UInt8] = []
    copied.reserveCapacity(count)
    for index in offset..<(offset + count) { copied.append(self[index]) }
    return copied
  }

  /// Refuses bytes of `range` that are not zero: what pads `field` is reserved.
  func requireZeros(in range: Range<Int>, after field: StaticString) throws(WireFailure) {
    for index in range where self[index] != 0 {
      throw WireFailure(.badOperand, "the bytes after the \(field) are zero")
    }
  }

  /// The text of the `count` bytes from `offset`; broken UTF-8 is repaired.
  package func text(from offset: Int, count: Int) -> String {
    String(decoding: copy(from: offset, count: count), as: UTF8.self)
  }
}
