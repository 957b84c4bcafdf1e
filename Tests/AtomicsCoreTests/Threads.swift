// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Runs `body` on `count` threads of their own, let go at once, and returns when all are done.
func onThreads(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  let gate = Gate(count)
  let done = DispatchSemaphore(value: 0)
  for index in 0..<count {
    Thread.detachNewThread {
      gate.pass()
      body(index)
      done.signal()
    }
  }
  for _ in 0..<count { done.wait() }
}

/// Threads meet here, again and again. Spins, so that they leave at nearly the same moment; gives
/// the processor away when that takes long, as there may be fewer processors than threads.
final class Gate: Sendable {
  private let count: Int
  private let arrived = Atomic<Int>(0)

  init(_ count: Int) { self.count = count }

  func pass() {
    let ticket = arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
    let target = (ticket / count + 1) * count
    var spins = 0
    while arrived.load(ordering: .acquiring) < target {
      spins += 1
      if spins % 500 == 0 { sched_yield() }
    }
  }
}

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
