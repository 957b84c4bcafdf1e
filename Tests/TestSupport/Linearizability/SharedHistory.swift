// SPDX-License-Identifier: Apache-2.0

public import AtomicsCore
import Foundation
import Testing

/// Registers that many clients use at once, and what a history of it takes.
public struct SharedHistory: Sendable {
  public struct Register: Sendable {
    public let name: String
    public let type: RegisterType
  }

  public let registers: [Register]
  public let operationsPerClient: Int
  /// What the clients' choices follow from; another one each run, unless `ATOMICS_TEST_SEED` says
  /// which.
  public let seed: UInt64

  public init(types: [String], operationsPerClient: Int) {
    registers = types.map { name in
      guard let type = RegisterType(name: name) else { preconditionFailure("no type \(name)") }
      return Register(name: "shared.\(name)", type: type)
    }
    self.operationsPerClient = operationsPerClient
    let given = ProcessInfo.processInfo.environment["ATOMICS_TEST_SEED"].flatMap { UInt64($0) }
    seed = given ?? .random(in: 1...UInt64(UInt32.max))
  }

  /// What one of the clients does next.
  public func mix(of client: Int) -> RequestMix { RequestMix(seed: seed &+ UInt64(client) << 32) }

  /// What all clients did, by register.
  public func histories(of recorders: [HistoryRecorder]) -> [RegisterHistory] {
    registers.indices.map { index in
      RegisterHistory(
        registers[index].name, registers[index].type,
        recorders.flatMap { $0.operations[index] ?? [] })
    }
  }

  /// Records an issue for each register that is not linearizable, and one where the check itself
  /// lets a wrong answer pass.
  public func expectLinearizable(_ histories: [RegisterHistory]) {
    for history in histories {
      switch LinearizabilityChecker.check(history) {
      case .linearizable(_, let steps):
        print("\(history.name): \(history.operations.count) operations, \(steps) steps")
        expectRefusal(of: history)
      case .refused(let failure): Issue.record("\(failure)\nATOMICS_TEST_SEED=\(seed)")
      case .undecided(let limit):
        Issue.record("\(history.name): undecided after \(limit) steps; ATOMICS_TEST_SEED=\(seed)")
      case .invalid(let text): Issue.record("\(text)")
      }
    }
  }

  /// The same history with one outcome changed, in its middle: an exchange that found what was not
  /// there.
  private func expectRefusal(of history: RegisterHistory) {
    var changed = history
    let middle = history.operations.count / 2
    let index = history.operations.indices.dropFirst(middle).first { index in
      let operation = history.operations[index]
      return operation.request.operation == .exchange && operation.outcome != nil
    }
    guard let index, let outcome = history.operations[index].outcome else {
      Issue.record("\(history.name) has no operation to change")
      return
    }
    let wrong = AtomicOutcome(old: outcome.old ^ 0x2A28, new: outcome.new)
    changed.operations[index] = history.operations[index].telling(wrong)
    guard case .refused = LinearizabilityChecker.check(changed) else {
      Issue.record(
        "\(changed.operations[index]) passed for what was \(outcome); ATOMICS_TEST_SEED=\(seed)")
      return
    }
  }
}
