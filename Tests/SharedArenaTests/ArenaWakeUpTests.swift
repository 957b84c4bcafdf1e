// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// Two processes in turns: one changes a register by each operation there is, just when the other
/// goes to sleep on it. A sleeper that missed a change would sleep for a minute.
@Suite(.serialized) struct ArenaWakeUpTests {
  /// All widths and operations together make a million rounds in the long form.
  static let rounds =
    RunLength.isLong ? 10_000 : 40

  /// Makes an even value odd, and that one even again.
  struct Change {
    let odd: AtomicRequest
    let even: AtomicRequest
    var start: UInt128 = 0
  }

  static func changes(on type: RegisterType) throws -> [Change] {
    func request(
      _ operation: AtomicOperation, _ operand: UInt128 = 0, expected: UInt128 = 0,
      _ order: MemoryOrder = .relaxed
    ) throws -> AtomicRequest {
      try AtomicRequest(
        operation, on: type, order: order, operand: operand & type.width.mask, expected: expected)
    }
    var changes: [Change] = []
    func add(_ odd: AtomicRequest, _ even: AtomicRequest, start: UInt128 = 0) {
      changes.append(Change(odd: odd, even: even, start: start))
    }
    for order in [MemoryOrder.relaxed, .releasing, .sequentiallyConsistent] {
      add(try request(.store, 1, order), try request(.store, 0, order))
    }
    for operation in [
      AtomicOperation.add, .sub, .increment, .decrement, .xor, .not, .nand, .bitTestComplement,
    ] {
      let takesOperand = operation.operands == .operand
      let both = try request(operation, takesOperand ? 1 : 0)
      add(both, both)
    }
    add(try request(.exchange, 1), try request(.exchange, 0))
    for operation in [AtomicOperation.compareExchangeStrong, .compareExchangeWeak] {
      add(
        try request(operation, 1, expected: 0), try request(operation, 0, expected: 1))
    }
    add(try request(.or, 1), try request(.and, ~1))
    add(try request(.bitTestSet), try request(.andnot, 1))
    add(try request(.bitTestSet), try request(.bitTestReset))
    add(try request(.max, 1), try request(.min, 0))
    add(try request(.addUnless, 1, expected: 7), try request(.decrementIfPositive))
    add(try request(.incrementIfNotZero), try request(.store, 2), start: 2)
    let saturating = try AtomicRequest(
      .increment, on: type, modifier: .overflow(.saturate), order: .relaxed)
    add(saturating, try request(.store, 0))
    return changes
  }

  @Test("no wake-up is lost", arguments: AtomicWidth.allCases)
  func exact(width: AtomicWidth) async throws {
    try await withTemporaryArenaPath { path in
      let code = width.rawValue
      await #expect(processExitsWith: .success) { [path = path as String, code = code as UInt8] in
        let width = try #require(AtomicWidth(rawValue: code))
        let type = try #require(RegisterType(kind: .unsigned, width: width))
        try ArenaWakeUpTests.run(on: type, in: Arena.openOrCreate(at: path))
      }
    }
  }

  private static func run(on type: RegisterType, in arena: Arena) throws {
    let there = try arena.create(
      RegisterSpecification(name: "there", type: type, ownerUser: 0)
    ).handle
    let back = try ArenaWaitTests.make("back", in: arena)
    let changes = try changes(on: type)
    let sleeper = try ChildProcess {
      var turn: UInt128 = 0
      for _ in 0..<changes.count * rounds {
        turn += 1
        let outcome = try arena.wait(
          on: there, until: { $0 & 1 == turn & 1 }, timeout: .seconds(30),
          longestSleep: ArenaWaitTests.asleep)
        guard case .satisfied = outcome else { return 1 }
        arena.withCell(of: back) { $0.store(turn, order: .relaxed) }
      }
      return 0
    }
    var random = SeededGenerator(seed: 1)
    var turn: UInt128 = 0
    for change in changes {
      arena.withCell(of: there) { $0.store(change.start) }
      for _ in 0..<rounds {
        turn += 1
        let request = turn & 1 == 1 ? change.odd : change.even
        // Sometimes before the other looks, sometimes when it sleeps, mostly in between.
        for _ in 0..<Int.random(in: 0..<128, using: &random) { AtomicFence.spinHint() }
        repeat {} while arena.perform(request, on: there)?.succeeded == false
        guard becomesTrue({ arena.withCell(of: back) { $0.load() } == turn }) else {
          Issue.record("\(request.operation) on \(type.name) was missed in turn \(turn)")
          kill(sleeper.process, SIGKILL)
          return
        }
      }
    }
    #expect(sleeper.wait() == 0)
  }
}
