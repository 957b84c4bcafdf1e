// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport
import Testing

/// The checker beside the plainest one: every order is tried.
@Suite struct LinearizabilityAgainstTrialTests {
  /// Whether the operations, taken one by one in any order that their times and lanes allow, can
  /// have been seen so. No memory, no short cuts.
  private func hasOrder(_ rest: [RecordedOperation], on value: UInt128) -> Bool {
    if !rest.contains(where: { $0.outcome != nil }) { return true }
    for (index, operation) in rest.enumerated() {
      let isLate = rest.enumerated().contains { other, before in
        before.responded < operation.invoked || before.lane == operation.lane && other < index
      }
      if isLate { continue }
      var others = rest
      others.remove(at: index)
      for left in RegisterModel.values(after: operation, on: value)
      where hasOrder(others, on: left) {
        return true
      }
    }
    return false
  }

  /// A few operations with times at random, and outcomes that are often wrong.
  private func history(_ generator: inout HistoryGenerator) throws -> [RecordedOperation] {
    let type = Timeline("i8").type
    var value: UInt128 = 0
    var (operations, ends) = ([RecordedOperation](), [UInt64](repeating: 0, count: 4))
    var pending: Set<Int> = []
    for turn in 0..<(3 + generator.below(4)) {
      let lane = Int(generator.below(4))
      if pending.contains(lane) { continue }
      let request = try generator.mix.next(on: type, last: value)
      let isPipelined = generator.below(2) == 0
      let last = operations.last { $0.lane == lane }?.invoked ?? 0
      let invoked = max(
        isPipelined ? last : ends[lane], turn * 10 - min(turn * 10, generator.below(30)))
      if generator.below(8) == 0 {
        pending.insert(lane)
        operations.append(RecordedOperation(pending: lane, request, invoked: invoked))
        continue
      }
      let (left, outcome) = RegisterModel.run(request, on: value)
      if generator.below(4) > 0 { value = left }
      ends[lane] = max(ends[lane], invoked, turn * 10) + generator.below(30)
      operations.append(
        RecordedOperation(
          lane: lane, request, invoked: invoked, responded: ends[lane], outcome))
    }
    return operations
  }

  @Test("both say the same of thousands of short histories")
  func sayTheSame() throws {
    var generator = HistoryGenerator(seed: 11)
    var verdicts = [true: 0, false: 0]
    for _ in 0..<1_500 {
      let operations = try history(&generator)
      let isLinearizable = Timeline("i8").check(operations).isLinearizable
      #expect(isLinearizable == hasOrder(operations, on: 0), "\(operations)")
      verdicts[isLinearizable, default: 0] += 1
    }
    // Neither verdict is a rarity.
    #expect(verdicts.values.allSatisfy { $0 > 150 }, "\(verdicts)")
  }
}
