// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CBaseline
import Synchronization

/// Loops over `Synchronization.Atomic<UInt64>`, which takes its orders as literals only: of the
/// switches the specialised function keeps one case.
enum SynchronizationLoops<Order: FixedOrder, Failure: FixedOrder> {
  @inline(never)
  static func load(_ word: Word, _ turns: Int, _: UInt64, _: UInt64) -> UInt64 {
    word.synchronizationSum(turns) {
      switch Order.order {
      case .relaxed: $0.load(ordering: .relaxed)
      case .acquiring: $0.load(ordering: .acquiring)
      default: $0.load(ordering: .sequentiallyConsistent)
      }
    }
  }

  @inline(never)
  static func store(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    word.synchronizationSum(turns) {
      switch Order.order {
      case .relaxed: $0.store(operand, ordering: .relaxed)
      case .releasing: $0.store(operand, ordering: .releasing)
      default: $0.store(operand, ordering: .sequentiallyConsistent)
      }
      return 0
    }
  }

  @inline(never)
  static func exchange(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    word.synchronizationSum(turns) {
      switch Order.order {
      case .relaxed: $0.exchange(operand, ordering: .relaxed)
      case .acquiring: $0.exchange(operand, ordering: .acquiring)
      case .releasing: $0.exchange(operand, ordering: .releasing)
      case .acquiringAndReleasing: $0.exchange(operand, ordering: .acquiringAndReleasing)
      case .sequentiallyConsistent: $0.exchange(operand, ordering: .sequentiallyConsistent)
      }
    }
  }

  @inline(never)
  static func compareExchange(_ word: Word, _ turns: Int, _ desired: UInt64, _ expected: UInt64)
    -> UInt64
  {
    word.synchronizationSum(turns) {
      if compareExchange($0, expected, desired) { cb_notice() }
      return 0
    }
  }

  @inline(__always)
  private static func compareExchange(
    _ atomic: borrowing Atomic<UInt64>, _ expected: UInt64, _ desired: UInt64
  ) -> Bool {
    switch (Order.order, Failure.order) {
    case (.relaxed, _):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .relaxed,
        failureOrdering: .relaxed
      ).exchanged
    case (.acquiring, .relaxed):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .acquiring,
        failureOrdering: .relaxed
      ).exchanged
    case (.acquiring, _):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .acquiring,
        failureOrdering: .acquiring
      ).exchanged
    case (.releasing, .relaxed):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .releasing,
        failureOrdering: .relaxed
      ).exchanged
    case (.releasing, _):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .releasing,
        failureOrdering: .acquiring
      ).exchanged
    case (.acquiringAndReleasing, .relaxed):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .acquiringAndReleasing,
        failureOrdering: .relaxed
      ).exchanged
    case (.acquiringAndReleasing, _):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .acquiringAndReleasing,
        failureOrdering: .acquiring
      ).exchanged
    case (.sequentiallyConsistent, .relaxed):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .sequentiallyConsistent,
        failureOrdering: .relaxed
      ).exchanged
    case (.sequentiallyConsistent, .acquiring):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .sequentiallyConsistent,
        failureOrdering: .acquiring
      ).exchanged
    case (.sequentiallyConsistent, _):
      atomic.compareExchange(
        expected: expected, desired: desired, successOrdering: .sequentiallyConsistent,
        failureOrdering: .sequentiallyConsistent
      ).exchanged
    }
  }

  @inline(never)
  static func fetchAdd(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    word.synchronizationSum(turns) { add($0, operand) }
  }

  @inline(never)
  static func add(_ word: Word, _ turns: Int, _ operand: UInt64, _: UInt64) -> UInt64 {
    word.synchronizationSum(turns) {
      _ = add($0, operand)
      return 0
    }
  }

  @inline(__always)
  private static func add(_ atomic: borrowing Atomic<UInt64>, _ operand: UInt64) -> UInt64 {
    switch Order.order {
    case .relaxed: atomic.wrappingAdd(operand, ordering: .relaxed).oldValue
    case .acquiring: atomic.wrappingAdd(operand, ordering: .acquiring).oldValue
    case .releasing: atomic.wrappingAdd(operand, ordering: .releasing).oldValue
    case .acquiringAndReleasing:
      atomic.wrappingAdd(operand, ordering: .acquiringAndReleasing).oldValue
    case .sequentiallyConsistent:
      atomic.wrappingAdd(operand, ordering: .sequentiallyConsistent).oldValue
    }
  }
}
