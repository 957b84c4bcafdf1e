// SPDX-License-Identifier: Apache-2.0

import EventLoop

/// The TLS handshakes under way on one loop, which is the only one to use this.
///
/// Each takes some 50 KiB, whoever began it and with however little. Beyond a limit the oldest
/// gives way to the newest: one that goes on takes a moment, so the oldest are those that stall.
final class Handshakes {
  private var streams: [UInt64: Stream] = [:]
  private var next: UInt64 = 0
  /// No number below it is among `streams`.
  private var oldest: UInt64 = 0

  var count: Int { streams.count }

  /// - Returns: The number to ``end(_:)`` it with.
  func begin(_ stream: Stream, limit: Int) -> UInt64 {
    let number = next
    next &+= 1
    streams[number] = stream
    while streams.count > max(limit, 1) {
      // Taken out before it hears of its end, which ends it here, too.
      let stream = streams.removeValue(forKey: oldest)
      oldest &+= 1
      stream?.close(.deadline)
    }
    if streams.count == 1 { oldest = number }
    return number
  }

  func end(_ number: UInt64) { streams[number] = nil }
}
