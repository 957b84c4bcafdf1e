// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// Runs `body` on `count` threads of their own, let go at once, and returns what each returned, in
/// the order in which they ended.
@discardableResult
public func onThreads<Result: Sendable>(
  _ count: Int, _ body: @escaping @Sendable (Int) -> Result
) -> [Result] {
  let gate = Gate(count)
  let results = Collected<Result>()
  for index in 0..<count {
    Thread.detachNewThread {
      gate.pass()
      results.append(body(index))
    }
  }
  return results.wait(for: count)
}

/// What threads return. Built on what the thread sanitizer understands, unlike `Mutex`.
///
/// Sendable because: the condition's lock guards the array.
private final class Collected<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var elements: [Element] = []

  func append(_ element: Element) {
    condition.lock()
    elements.append(element)
    condition.signal()
    condition.unlock()
  }

  func wait(for count: Int) -> [Element] {
    condition.lock()
    defer { condition.unlock() }
    while elements.count < count { condition.wait() }
    return elements
  }
}

/// Threads meet here, again and again. Spins, so that they leave at nearly the same moment; gives
/// the processor away when that takes long, as there may be fewer processors than threads.
public final class Gate: Sendable {
  private let count: Int
  private let arrived = Atomic<Int>(0)

  public init(_ count: Int) { self.count = count }

  public func pass() {
    let ticket = arrived.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue
    let target = (ticket / count + 1) * count
    var spins = 0
    while arrived.load(ordering: .acquiring) < target {
      spins += 1
      if spins % 500 == 0 { sched_yield() }
    }
  }
}
