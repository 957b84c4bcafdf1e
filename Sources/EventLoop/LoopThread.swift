// SPDX-License-Identifier: Apache-2.0

import CLinux
import Glibc

/// A thread of the operating system, for a loop to run on.
///
/// Swift's own concurrency has a fixed pool that must never block, which is all that a loop does.
public final class LoopThread: Sendable {
  private let thread: pthread_t

  /// Starts a thread that runs `work` and ends.
  ///
  /// - Parameter name: Shown by `ps -L` and `perf`; at most 15 bytes of it.
  /// - Throws: ``EventLoopError/systemCall(name:errno:)`` where the process may have no more.
  public init(name: String, _ work: @escaping @Sendable () -> Void) throws(EventLoopError) {
    let start = unsafe Unmanaged.passRetained(ThreadStart(name: name, work: work))
    var thread = pthread_t()
    // Safety: the new thread takes over the one reference that `start` holds; where no thread
    // comes to be, it is given back here.
    let code = unsafe pthread_create(
      &thread, nil,
      { argument in
        guard let argument = unsafe argument else { return nil }
        let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
        _ = unsafe clinux_name_thread(String(start.name.prefix(15)))
        start.work()
        return nil
      }, start.toOpaque())
    guard code == 0 else {
      unsafe start.release()
      throw .systemCall(name: "pthread_create", errno: code)
    }
    self.thread = thread
  }

  /// Waits until the thread's work has ended. Once only.
  public func join() {
    pthread_join(thread, nil)
  }

  /// Lets the thread end by itself, waited for by nobody. Instead of `join()`, and once only.
  public func detach() { pthread_detach(thread) }
}

private final class ThreadStart: Sendable {
  let name: String
  let work: @Sendable () -> Void

  init(name: String, work: @escaping @Sendable () -> Void) {
    self.name = name
    self.work = work
  }
}
