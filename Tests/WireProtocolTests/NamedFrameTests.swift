// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Testing

@testable import WireProtocol

/// Frames of a series that name their registers.
@Suite struct NamedFrameTests {
  private static let u64 = RegisterType(name: "u64")!

  private func frame(_ name: String, policy: NamePolicy = .mustExist) throws -> [UInt8] {
    OperationFrame.encode(
      try AtomicRequest(.add, on: Self.u64, operand: 7), type: Self.u64, returns: .new, name: name,
      policy: policy, sequence: 3)
  }

  private func series(_ bytes: [UInt8]) throws -> OperationSeries {
    let header = FrameHeader(bytes.span.littleEndian64(at: 0), bytes.span.littleEndian64(at: 8))
    let body = Array(bytes.dropFirst(16))
    let block = try NameBlock(body.span)
    let operands = Array(body.dropFirst(block.byteCount))
    let made = OperationSeries(header, operands: operands.span, on: Self.u64)
    return try #require(made)
  }

  @Test("names of every length are frames of one series, taken apart as they were put together")
  func lengths() throws {
    let series = try series(frame("a"))
    for count in 1...128 {
      let name = String(repeating: "n", count: count)
      for policy in [NamePolicy.mustExist, .createOrConfirm] {
        let bytes = try [0] + frame(name, policy: policy) + [1, 2, 3]
        let found = series.named(bytes.span, at: 1)
        let named = try #require(found)
        #expect(named.start == 1 && named.end == bytes.count - 3)
        #expect(Array(bytes[named.name]) == Array(name.utf8))
        let addend = series.addend(bytes.span, operandsAt: named.operands, as: Self.u64)
        #expect(addend == 7)
        // Not there as a whole.
        for missing in 4...bytes.count - 1 {
          let rest = Array(bytes.dropLast(missing))
          let isNone = series.named(rest.span, at: 1) == nil
          #expect(isNone)
        }
      }
    }
  }

  @Test("a frame that says anything else, or anything wrong, is to run alone")
  func others() throws {
    let good = try frame("abc")
    let series = try series(good)
    let isFound = series.named(good.span, at: 0) != nil
    #expect(isFound)
    for (offset, value) in [
      (0, UInt8(0x15)), (1, 0), (1, 3), (2, 1), (3, 0x3F), (4, 16), (4, 32), (5, 1), (7, 1),
      (12, 0), (16, 0), (16, 9), (17, 1), (18, 2), (18, 3), (19, 1), (23, 1), (27, 1), (31, 1),
    ] {
      var wrong = good
      wrong[offset] = value
      let isNone = series.named(wrong.span, at: 0) == nil
      #expect(isNone, "\(offset) is \(value)")
    }
    let long = try frame(String(repeating: "n", count: 129))
    let isNone = series.named(long.span, at: 0) == nil
    #expect(isNone)
  }
}
