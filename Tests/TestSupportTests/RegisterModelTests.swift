// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport
import Testing

/// What the checker holds to be right, beside cases worked out by hand and by another program.
@Suite struct RegisterModelTests {
  @Test("every vector's operation finds and leaves what the vector says")
  func vectors() throws {
    for vector in Vectors.accepted {
      let (left, outcome) = RegisterModel.run(
        try vector.request(), on: vector.bits(vector.initial))
      #expect(left == vector.bits(vector.final), "\(vector)")
      if vector.operationName.operation == .store {
        #expect(outcome.new == vector.outcome.new, "\(vector)")
      } else {
        #expect(outcome == vector.outcome, "\(vector)")
      }
    }
  }

  @Test("by hand: one of each family")
  func byHand() {
    let line = Timeline("u8")
    func run(_ request: AtomicRequest, _ value: UInt128) -> [UInt128] {
      let (left, outcome) = RegisterModel.run(request, on: value)
      return [left, outcome.old, outcome.new, outcome.succeeded ? 1 : 0]
    }
    #expect(run(line.request(.load), 7) == [7, 7, 7, 1])
    #expect(run(line.request(.exchange, 3), 7) == [3, 7, 3, 1])
    #expect(run(line.request(.exchange, 0xFF, .mask(0x0F)), 0x30) == [0x3F, 0x30, 0x3F, 1])
    #expect(run(line.request(.compareExchangeStrong, 3, expected: 7), 7) == [3, 7, 3, 1])
    #expect(run(line.request(.compareExchangeStrong, 3, expected: 8), 7) == [7, 7, 7, 0])
    #expect(
      run(line.request(.compareExchangeStrong, 3, expected: 8, .relation(.less)), 7)
        == [3, 7, 3, 1])
    #expect(run(line.request(.add, 2), 255) == [1, 255, 1, 1])
    #expect(run(line.request(.add, 2, .overflow(.saturate)), 254) == [255, 254, 255, 1])
    #expect(run(line.request(.add, 2, .overflow(.fail)), 254) == [254, 254, 254, 0])
    #expect(run(line.request(.nand, 0x0F), 0x3C) == [0xF3, 0x3C, 0xF3, 1])
    #expect(run(line.request(.max, 9), 7) == [9, 7, 9, 1])
    #expect(run(line.request(.decrementIfPositive), 0) == [0, 0, 0, 0])
    #expect(run(line.request(.addUnless, 2, expected: 7), 7) == [7, 7, 7, 0])
    #expect(run(Timeline("i8").request(.min, 0xFF), 1) == [0xFF, 1, 0xFF, 1])
    #expect(
      run(Timeline("bytes2").request(.byteMax, 0x0102), 0x0201) == [0x0102, 0x0201, 0x0102, 1])
  }

  @Test("a store is taken at its word, whatever it found")
  func store() {
    let line = Timeline()
    #expect(RegisterModel.values(after: line.store(0, 0...1, 4), on: 9) == [4])
  }
}
