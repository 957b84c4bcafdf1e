// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Counts what threads find wrong: an expectation a turn would drown the test.
final class Faults: Sendable {
  private let found = Atomic<Int>(0)

  var count: Int { found.load(ordering: .acquiring) }

  func expect(_ isAsPromised: Bool) {
    if !isAsPromised { found.wrappingAdd(1, ordering: .relaxed) }
  }
}

/// Gives the processor to another thread: there may be fewer than the test has threads.
func yield() { sched_yield() }
