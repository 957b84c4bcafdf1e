// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What stands behind the fixed part of a greeting, one extension after the other.
///
///     offset  size  extension
///          0     2  type
///          2     2  length of the value in bytes
///          4     4  0
///          8     …  value, zero bytes to a multiple of 8
enum GreetingExtension {
  static let headerByteCount = 8

  static func append(_ type: UInt16, _ value: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: type)
    bytes.append(littleEndian: UInt16(value.count))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(padded: value)
  }

  /// Goes through the extensions in `range` of `input`, whose length is a multiple of 8.
  ///
  /// - Parameters:
  ///   - isRequest: Whether what is reserved has to be zero, as it has in what a server reads.
  ///   - take: Is given each type, and where its value stands. Types that it does not know are to be
  ///     passed over.
  /// - Throws: ``WireFailure`` `BAD_FRAME` for an extension that leaves `range`.
  static func read(
    _ input: Span<UInt8>, in range: Range<Int>, isRequest: Bool,
    _ take: (_ type: UInt16, _ value: Range<Int>) throws(WireFailure) -> Void
  ) throws(WireFailure) {
    var offset = range.lowerBound
    while offset + headerByteCount <= range.upperBound {
      let count = Int(input.littleEndian16(at: offset + 2))
      let start = offset + headerByteCount
      let end = start + count.padded
      guard end <= range.upperBound else {
        throw WireFailure(.badFrame, "an extension of the greeting leaves its bounds")
      }
      if isRequest {
        var reserved = input.littleEndian32(at: offset + 4)
        for index in (start + count)..<end { reserved |= UInt32(input[index]) }
        guard reserved == 0 else {
          throw WireFailure(.badFrame, "an extension of the greeting has a reserved byte set")
        }
      }
      try take(input.littleEndian16(at: offset), start..<(start + count))
      offset = end
    }
  }
}
