// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Synchronization

/// A loop on a thread of its own, beside those that have connections.
final class BackgroundLoop: Sendable {
  let loop: EventLoop
  private let thread = Mutex<LoopThread?>(nil)

  init() throws(EventLoopError) {
    loop = try EventLoop()
  }

  /// Starts the thread. Once only.
  ///
  /// - Parameter name: As ``LoopThread`` shows it.
  func start(_ name: String) throws(EventLoopError) {
    let thread = try LoopThread(name: name) { [loop] in loop.run() }
    self.thread.withLock { $0 = thread }
  }

  /// Waits for the thread to end; does nothing where none was started, or was waited for before.
  ///
  /// - Parameter stop: Has the loop stopped, at once or by what it still has to do.
  func finish(_ stop: () -> Void) {
    let thread = self.thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let thread else { return }
    stop()
    thread.join()
  }
}
