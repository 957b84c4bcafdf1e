// SPDX-License-Identifier: Apache-2.0

import AtomicsCore

/// What follows the fixed part of HELLO and WELCOME: entries of
/// {type u16, length u16, 0 u32, value, zero bytes to a multiple of 8}.
enum GreetingExtension {
  static func append(_ type: UInt16, _ value: [UInt8], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: type)
    bytes.append(littleEndian: UInt16(value.count))
    bytes.append(littleEndian: UInt32(0))
    bytes.append(padded: value)
  }

  /// Calls `body` with type and value of each entry in `range`, whose length is a multiple of 8.
  static func read(
    _ input: Span<UInt8>, in range: Range<Int>,
    _ body: (UInt16, [UInt8]) throws(WireFailure) -> Void
  ) throws(WireFailure) {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = Int(input.littleEndian16(at: offset + 2))
      let end = offset + 8 + count.padded
      guard end <= range.upperBound else {
        throw WireFailure(.badFrame, "an extension is longer than all of them")
      }
      guard input.littleEndian32(at: offset + 4) == 0,
        ((offset + 8 + count)..<end).allSatisfy({ input[$0] == 0 })
      else {
        throw WireFailure(.badFrame, "an extension has a reserved byte set")
      }
      try body(input.littleEndian16(at: offset), input.copy(from: offset + 8, count: count))
      offset = end
    }
  }
}
