// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsCore

/// A request in one step does what it does when it runs.
@Suite struct AtomicRequestStepTests {
  @Test("every operation, modifier and outcome is the same as by running it")
  func vectors() throws {
    var checked = 0
    for type in RegisterType.all {
      for operation in AtomicOperation.allCases where operation.exists(on: type.kind) {
        for old in [0, 1, 5, type.width.mask] as [UInt128] {
          for request in try Self.requests(operation, type) {
            let cell = try OwnedCell(type)
            cell.location.store(type.width, old, .relaxed)
            let ran = AtomicCell(cell.location, type).perform(request)
            switch request.step(from: old) {
            case .left(let outcome):
              #expect(outcome == ran && cell.load() == old, "\(request)")
            case .exchange(let exchange, let outcome):
              if operation == .compareExchangeWeak, !ran.succeeded { continue }
              #expect(outcome == ran, "\(request)")
              #expect(exchange.operation == .compareExchangeStrong)
              #expect(exchange.order == request.order && exchange.expected == old)
              #expect(exchange.operand == cell.load(), "\(request)")
            }
            checked += 1
          }
        }
      }
    }
    #expect(checked > 2000)
  }

  private static func requests(
    _ operation: AtomicOperation, _ type: RegisterType
  ) throws -> [AtomicRequest] {
    let orders = MemoryOrder.allCases.filter { operation.orders.permits($0) }
    var requests = try orders.map { order in
      try AtomicRequest(
        operation, on: type, order: order, operand: operation.operands == .none ? 0 : 5,
        expected: operation.takesFailureOrder ? 1 : 0, index: operation.isBitOperation ? 3 : 0)
    }
    if operation.modifier == .overflow, type.kind.isInteger {
      for policy in [OverflowPolicy.saturate, .fail] {
        requests.append(
          try AtomicRequest(
            operation, on: type, modifier: .overflow(policy, least: 1, greatest: 6),
            operand: operation.operands == .none ? 0 : 5))
      }
    }
    return requests
  }

  @Test("the look has the order of what may be all that is done")
  func orders() throws {
    let type = RegisterType.all[3]
    func order(_ operation: AtomicOperation, _ order: MemoryOrder) throws -> MemoryOrder {
      try AtomicRequest(operation, on: type, order: order).lookOrder
    }
    #expect(try order(.load, .acquiring) == .acquiring)
    #expect(try order(.sub, .acquiringAndReleasing) == .relaxed)
    #expect(try order(.decrementIfPositive, .acquiringAndReleasing) == .acquiring)
    let fails = try AtomicRequest(
      .add, on: type, modifier: .overflow(.fail), order: .sequentiallyConsistent)
    #expect(fails.lookOrder == .sequentiallyConsistent)
  }
}
