// SPDX-License-Identifier: Apache-2.0
import Glibc
import Synchronization

/// What other threads have left for a loop.
struct Mailbox {
  var work: [@Sendable () -> Void] = []
  var turns: [Stream] = []
  /// The wake-up was signalled and not yet answered: one is enough.
  var isSignalled = false
  /// The loop has ended.
  var isClosed = false
}

extension EventLoop {
  /// Runs `work` on the loop's thread, in the order of the calls of one thread. Any thread.
  /// Work accepted before the loop ends is run; `false` means that it never will be.
  @discardableResult
  public func execute(_ work: @escaping @Sendable () -> Void) -> Bool {
    post { $0.work.append(work) }
  }

  /// Has the handler's `process` called soon, even without new input. Any thread; requests that
  /// come before the call begins are one. Without effect on a closed stream.
  public func requestTurn(_ stream: Stream) {
    if runningThread.load(ordering: .relaxed) == UInt(pthread_self()) {
      takeTurnRequest(stream)
    } else if !stream.turnRequested.exchange(true, ordering: .acquiringAndReleasing) {
      // pairs with the exchange in takeMail(): what the caller wrote before is seen in `process`.
      _ = post { $0.turns.append(stream) }
    }
  }

  private func takeTurnRequest(_ stream: Stream) {
    if stream.isClosed || stream.isFinishing { return }
    stream.wantsTurn = true
    // Otherwise the end of the connect, or of the backlog, does it.
    if !stream.isBlocked, !stream.isConnecting { makeReady(stream) }
  }

  private func post(_ change: (inout Mailbox) -> Void) -> Bool {
    let (isTaken, mustSignal) = mailbox.withLock { mailbox in
      if mailbox.isClosed { return (false, false) }
      change(&mailbox)
      let mustSignal = !mailbox.isSignalled
      mailbox.isSignalled = true
      return (true, mustSignal)
    }
    if mustSignal { wakeUp.signal() }
    return isTaken
  }

  func takeMail() {
    wakeUp.clear()
    mailbox.withLock { mailbox in
      mailbox.isSignalled = false
      swap(&mailbox.work, &receivedWork)
      swap(&mailbox.turns, &receivedTurns)
    }
    for stream in receivedTurns {
      _ = stream.turnRequested.exchange(false, ordering: .acquiringAndReleasing)
      takeTurnRequest(stream)
    }
    receivedTurns.removeAll(keepingCapacity: true)
    let work = receivedWork
    receivedWork = []
    for item in work { item() }
  }
}
