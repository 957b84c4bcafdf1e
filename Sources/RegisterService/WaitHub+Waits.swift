// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization

extension WaitHub {
  /// Looks at the register for a new wait, and keeps the wait unless that ended it.
  func begin(_ wait: Wait, _ now: UInt64) {
    client(of: wait) { $0.open[wait.key] = wait }
    // Who takes something stands behind those who came before; who only looks once has no place.
    let isBehindOthers =
      wait.condition.then != nil && wait.deadline > now && hasTakers(wait.register)
    if !isBehindOthers, wait.isSatisfied(by: wait.first) { attempt(wait) }
    guard wait.isOpen else { return }
    guard wait.deadline > now else { return finish(wait, .timedOut(wait.first)) }
    let cell = cell(of: wait.register, now)
    wait.cell = cell
    cell.waits.append(wait)
    cell.openCount += 1
    if wait.condition.then != nil { cell.takerCount += 1 }
    setTimer(.wait(wait), at: wait.deadline)
    // Whoever changed the value since the first look may not have seen that it is waited for: where
    // the cell is new, it is looked at once more when its mark is certain to be seen. Where it was
    // marked before, this look comes behind the wait's being there to be found.
    if isBehindOthers || cell.last != wait.first || currentValue(of: wait) != wait.first {
      enqueue(cell)
    }
  }

  private func currentValue(of wait: Wait) -> UInt128? {
    try? service.load(wait.register, .relaxed)
  }

  /// Ends the wait on the value that is there, if that satisfies it.
  ///
  /// - Returns: The value that was seen last, where the wait goes on.
  @discardableResult
  func attempt(_ wait: Wait) -> UInt128? {
    do throws(ServiceError) {
      let value = try service.load(wait.register, wait.condition.lookOrder)
      if let then = wait.condition.then { return try attempt(wait, then, on: value) }
      if wait.isSatisfied(by: value) {
        finish(wait, .satisfied(value))
        return nil
      }
      if let cell = wait.cell { enqueue(cell) }
      return value
    } catch {
      finish(wait, .refused(error))
      return nil
    }
  }

  /// Runs the operation on the very value that satisfies the predicate, and on no other.
  private func attempt(
    _ wait: Wait, _ then: AtomicRequest, on value: UInt128
  ) throws(ServiceError) -> UInt128? {
    var value = value
    // Others may change it all the time; then the next turn goes on.
    for _ in 0..<64 {
      guard wait.isSatisfied(by: value) else { break }
      switch then.step(from: value) {
      case .left(let outcome):
        finish(wait, .performed(outcome, on: value))
        return nil
      case .exchange(let exchange, let outcome):
        let done = try service.perform(exchange, on: wait.register)
        if done.succeeded {
          finish(wait, .performed(outcome, on: value))
          return nil
        }
        value = done.old
      }
    }
    if let cell = wait.cell { enqueue(cell) }
    return value
  }

  /// The wait's time is up: it looks for the last time.
  func expire(_ wait: Wait) {
    // The value that did not do is the one that is told.
    if let value = attempt(wait), wait.isOpen { finish(wait, .timedOut(value)) }
  }

  func finish(_ wait: Wait, _ result: WaitResult) {
    close(wait)
    client(of: wait) { $0.add(result, of: wait.key) }
  }

  /// Forgets a wait, which is not answered by this.
  func close(_ wait: Wait) {
    guard wait.isOpen else { return }
    wait.isOpen = false
    client(of: wait) { $0.open[wait.key] = nil }
    board.waits.subtract(1, ordering: .relaxed)
    guard let cell = wait.cell else { return }
    wait.cell = nil
    if wait.condition.then != nil { cell.takerCount -= 1 }
    if wait.deadline != .max { timers.noteStale { $0.isStale } }
    leave(cell)
  }

  private func client(of wait: Wait, _ body: (WaitClient) -> Void) { body(wait.client) }
}
