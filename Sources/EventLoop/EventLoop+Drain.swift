// SPDX-License-Identifier: Apache-2.0

extension EventLoop {
  /// Closes the listeners, once they have accepted who is waiting there, and asks every handler to
  /// come to an end (`StreamHandler.drain`); calls `completed` on this loop once no stream is left.
  /// The loop goes on running: call `stop()` then, or after a time limit of your own. Any thread;
  /// later calls do nothing.
  public func beginDrain(completed: @escaping @Sendable () -> Void = {}) {
    execute { [self] in startDrain(completed) }
  }

  private func startDrain(_ completed: @escaping @Sendable () -> Void) {
    if isDraining { return }
    isDraining = true
    drained = completed
    for index in listeners.indices {
      // Who is still in the queue would be reset by the close.
      var batches = Int(ListenerSocket.backlog) / Self.acceptBatch + 1
      while acceptBatch(index), batches > 0 { batches -= 1 }
      // Slots stay: an event of this batch may still name one.
      listeners[index] = nil
    }
    for slot in slots {
      guard let stream = slot.stream else { continue }
      stream.wantsDrain = true
      makeReady(stream)
    }
    if streamCount == 0 { finishDrain() }
  }

  func finishDrain() {
    let completed = drained
    drained = nil
    completed?()
  }
}
