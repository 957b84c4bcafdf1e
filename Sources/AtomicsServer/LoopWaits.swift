// SPDX-License-Identifier: Apache-2.0

import EventLoop
import RegisterService

/// The hub of one loop's connections, called when it wants to be: when something it watches was
/// changed, and at its next deadline. A loop with nothing to wait for has no timer.
///
/// Sendable because: only the thread of its loop uses it, once the loop runs; `wake` posts there.
final class LoopWaits: @unchecked Sendable {
  let hub: WaitHub
  private unowned let loop: EventLoop
  private var timer: EventLoop.Timer?
  private var timerTime = UInt64.max

  init(_ service: RegisterService, _ loop: EventLoop, _ limits: WaitLimits) {
    self.loop = loop
    let owner = Owner()
    hub = service.makeHub(limits) { [weak loop] in
      _ = loop?.execute { owner.value?.turn() }
    }
    owner.value = self
    hub.onEarlierDeadline = { [weak self] in self?.setTimer() }
  }

  /// Sendable because: set once, before the loop runs.
  private final class Owner: @unchecked Sendable {
    weak var value: LoopWaits?
  }

  /// The rules have changed, for those too who only wait or watch. Any thread.
  func reconsiderAll() { _ = loop.execute { self.hub.reconsiderAll() } }

  private func turn() {
    // More that is to be done wakes the hub again, behind what else the loop has to do.
    if hub.process(now: loop.now.nanoseconds) { hub.requestTurn() }
    setTimer()
  }

  private func setTimer() {
    let next = hub.nextDeadline
    // A later one is found when the present one is up.
    guard next < timerTime else { return }
    if let timer { loop.cancel(timer) }
    timerTime = next
    let now = loop.now.nanoseconds
    timer = loop.schedule(afterNanoseconds: next > now ? next - now : 0) { [weak self] in
      self?.timerTime = .max
      self?.timer = nil
      self?.turn()
    }
  }
}
