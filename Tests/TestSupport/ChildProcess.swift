// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A copy of this process that does one thing and ends. For exit tests, whose process has no
/// threads that a copy would miss.
public struct ChildProcess {
  public let process: Int32

  /// Runs `body` in the copy and ends it with what `body` returns, or with 99 when that throws. It
  /// lives for 120 seconds at most.
  public init(_ body: () throws -> Int32) throws {
    // Swift hides fork for what threads would leave behind.
    // Safety: fork has this signature. A child calls only the library, the kernel and _exit.
    let symbol = unsafe try #require(dlsym(nil, "fork"))
    let child = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)()
    if child == 0 {
      alarm(120)
      _exit((try? body()) ?? 99)
    }
    process = child
  }

  /// Waits for the end: the exit code, or the signal as a negative number.
  public func wait() -> Int32 {
    var status: Int32 = -1
    // Safety: `status` outlives the call.
    while unsafe waitpid(process, &status, 0) == -1, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
  }
}

/// Turns the processor over until `condition` holds. False: it did not within 20 seconds.
public func becomesTrue(_ condition: () -> Bool) -> Bool {
  let start = ContinuousClock.now
  while !condition() {
    guard start.duration(to: .now) < .seconds(20) else { return false }
    sched_yield()
  }
  return true
}
