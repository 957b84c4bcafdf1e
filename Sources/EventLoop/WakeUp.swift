// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// An eventfd by which other threads end a loop's wait.
struct WakeUp: ~Copyable, Sendable {
  let descriptor: Int32

  init() throws(EventLoopError) {
    descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
    guard descriptor >= 0 else { throw .systemCall(name: "eventfd", errno: errno) }
  }

  deinit { close(descriptor) }

  /// Any thread. Cannot fail: a full counter means that the loop is already being woken.
  func signal() { _ = eventfd_write(descriptor, 1) }

  /// Loop thread: makes the descriptor unreadable again.
  func clear() {
    var count: eventfd_t = 0
    // Safety: `count` outlives the call.
    _ = unsafe eventfd_read(descriptor, &count)
  }
}
