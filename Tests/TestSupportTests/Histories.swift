// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport

/// Operations with times, spelled as short as their histories are drawn.
struct Timeline {
  let type: RegisterType
  let initial: UInt128

  init(_ type: String = "u64", from initial: UInt128 = 0) {
    guard let type = RegisterType(name: type) else { preconditionFailure("no type \(type)") }
    self.type = type
    self.initial = initial
  }

  func request(
    _ operation: AtomicOperation, _ operand: UInt128 = 0, expected: UInt128 = 0,
    _ modifier: OperationModifier? = nil
  ) -> AtomicRequest {
    do {
      return try AtomicRequest(
        operation, on: type, modifier: modifier, operand: operand, expected: expected)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  func load(_ lane: Int, _ time: ClosedRange<UInt64>, _ found: UInt128) -> RecordedOperation {
    saw(lane, request(.load), time, found, found)
  }

  func store(_ lane: Int, _ time: ClosedRange<UInt64>, _ value: UInt128) -> RecordedOperation {
    saw(lane, request(.store, value), time, value, value)
  }

  func add(
    _ lane: Int, _ time: ClosedRange<UInt64>, _ operand: UInt128, found: UInt128
  ) -> RecordedOperation {
    saw(lane, request(.add, operand), time, found, found + operand)
  }

  func saw(
    _ lane: Int, _ request: AtomicRequest, _ time: ClosedRange<UInt64>, _ old: UInt128,
    _ new: UInt128, _ succeeded: Bool = true,
    after precondition: RecordedOperation.Precondition? = nil
  ) -> RecordedOperation {
    RecordedOperation(
      lane: lane, request, after: precondition, invoked: time.lowerBound,
      responded: time.upperBound, AtomicOutcome(old: old, new: new, succeeded: succeeded))
  }

  func check(
    _ operations: [RecordedOperation], limit: Int = LinearizabilityChecker.limit
  ) -> LinearizabilityChecker.Verdict {
    LinearizabilityChecker.check(
      RegisterHistory("r", type, initial: initial, operations), limit: limit)
  }

  func accepts(_ operations: RecordedOperation...) -> Bool { check(operations).isLinearizable }

  func failure(of operations: RecordedOperation...) -> LinearizabilityFailure? {
    if case .refused(let failure) = check(operations) { return failure }
    return nil
  }
}

/// Histories that a register could have had.
struct HistoryGenerator {
  var random: SeededGenerator
  var mix: RequestMix

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
    mix = RequestMix(seed: seed)
  }

  mutating func below(_ limit: UInt64) -> UInt64 { UInt64.random(in: 0..<limit, using: &random) }

  /// Operations of `lanes` that take effect one after the other at times that nobody sees, sent up
  /// to `overlap` operations before and answered as much after.
  mutating func history(
    of count: Int, lanes: Int, overlap: UInt64, on type: RegisterType
  ) throws -> RegisterHistory {
    var free = [UInt64](repeating: 0, count: lanes)
    var history = RegisterHistory("generated", type)
    var value: UInt128 = 0
    var time: UInt64 = 0
    while history.operations.count < count {
      time += 10
      let lane = Int(below(UInt64(lanes)))
      guard free[lane] < time else { continue }
      let request = try mix.next(on: type, last: value)
      let (left, outcome) = RegisterModel.run(request, on: value)
      value = left
      let early = below(overlap * 10)
      let invoked = max(free[lane], time - min(time, early))
      let responded = time + below(overlap * 10)
      free[lane] = responded + 1
      history.operations.append(
        RecordedOperation(lane: lane, request, invoked: invoked, responded: responded, outcome))
    }
    return history
  }
}
