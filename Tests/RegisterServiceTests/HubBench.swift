// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import Synchronization
import TestSupport

@testable import RegisterService

/// A hub over an arena of its own, with a clock that stands still.
final class HubBench {
  static let u64 = RegisterType.all[3]

  let arena: Arena
  let service: RegisterService
  let hub: WaitHub
  /// A clock that stands still until it is told to go on.
  var now: UInt64 = 1_000_000_000_000

  private let counter = HubWakes()

  init(_ arena: Arena, _ limits: WaitLimits = WaitLimits(), takingSnapshots: Bool = false) {
    self.arena = arena
    service = RegisterService(arena: arena, takesSnapshots: takingSnapshots)
    hub = service.makeHub(limits) { [counter] in counter.add() }
  }

  static func use(
    _ limits: WaitLimits = WaitLimits(), _ body: (HubBench) throws -> Void
  ) throws {
    try withTemporaryArena { try body(HubBench($0, limits)) }
  }

  /// How often the hub was woken.
  var wakeCount: Int { counter.count }

  func make(
    _ name: String, _ type: RegisterType = u64, _ initial: UInt128 = 0
  ) throws -> RegisterReference {
    try service.create(
      RegisterDefinition(name: name, type: type, initial: initial, ownerUser: 0)
    ).register
  }

  @discardableResult
  func run(
    _ operation: AtomicOperation, _ operand: UInt128 = 0, on register: RegisterReference
  ) throws -> AtomicOutcome {
    try service.perform(
      AtomicRequest(operation, on: register.type, operand: operand), on: register)
  }

  func store(_ value: UInt128, in register: RegisterReference) throws {
    try run(.store, value, on: register)
  }

  /// Calls the hub until it has nothing more to do at once.
  func settle() {
    for _ in 0..<10_000 where !hub.process(now: now) { return }
  }

  func pass(milliseconds: UInt64) {
    now += milliseconds * 1_000_000
    settle()
  }
}

/// Counts, from any thread.
final class HubWakes: Sendable {
  private let number = Mutex(0)
  var count: Int { number.withLock { $0 } }
  func add() { number.withLock { $0 += 1 } }
}

/// A client and what it was told.
final class HubGuest {
  let bench: HubBench
  let client: WaitClient
  private final class Ready {
    var count = 0
  }
  private let ready = Ready()

  init(_ bench: HubBench, sharingLimitWith other: HubGuest? = nil) {
    self.bench = bench
    client = bench.hub.makeClient(sharingLimitWith: other?.client) { [ready] in
      ready.count += 1
    }
  }

  var calls: Int { ready.count }

  func wait(
    _ key: UInt32, _ register: RegisterReference, _ predicate: ValuePredicate,
    _ operand: UInt128 = 0, milliseconds: UInt64? = nil, then: AtomicRequest? = nil
  ) throws {
    try client.wait(
      key, for: register, until: WaitCondition(predicate, operand, then: then),
      timeout: milliseconds.map { $0 * 1_000_000 }, now: bench.now)
  }

  /// What was told since the last call, by key.
  func results() -> [UInt32: WaitResult] {
    bench.settle()
    var all: [UInt32: WaitResult] = [:]
    while let (key, result) = client.nextResult() { all[key] = result }
    return all
  }

  func events() -> [WatchEvent] {
    bench.settle()
    var all: [WatchEvent] = []
    while let event = client.nextEvent(now: bench.now) { all.append(event) }
    return all
  }

  /// Events as short text: the name, `=` and value or `~` and value where some were left out, or
  /// `-` at the end.
  func told() -> [String] {
    events().map { event in
      switch event.kind {
      case .value(let value, let skips): "\(event.name)\(skips ? "~" : "=")\(value)"
      case .deleted: "\(event.name)-"
      case .ended: "ended"
      }
    }
  }
}
