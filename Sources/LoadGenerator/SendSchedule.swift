// SPDX-License-Identifier: Apache-2.0

/// When the requests of an open loop are due: one after the other at a fixed rate, dealt to the
/// connections in turn.
///
///     connection 0   |0           |3           |6
///     connection 1       |1           |4           |7
///     connection 2           |2           |5
///                    ---------------------------------> time
struct SendSchedule {
  /// The moment of the first request, in nanoseconds of the monotonic clock.
  let start: UInt64
  /// Nothing is due from here on.
  let end: UInt64
  /// Between one request and the next, on whatever connection.
  let spacing: Double
  /// Between two requests of one connection.
  let interval: Double

  init(start: UInt64, nanoseconds: UInt64, rate: Double, connections: Int) {
    self.start = start
    end = start &+ nanoseconds
    spacing = 1e9 / rate
    interval = spacing * Double(connections)
  }

  /// When request `index` of a connection is due.
  func due(_ index: Int, connection: Int) -> UInt64 {
    start &+ UInt64(spacing * Double(connection) + interval * Double(index))
  }

  /// How many requests of a connection are due at `now`, those that were due earlier among them.
  func count(dueAt now: UInt64, connection: Int) -> Int {
    let now = min(now, end &- 1)
    guard now >= start else { return 0 }
    // `due` leaves fractions of a nanosecond out: one more nanosecond finds what is due, and
    // perhaps one request more.
    let passed = Double(now &- start) - spacing * Double(connection) + 1
    guard passed >= 0 else { return 0 }
    var count = Int(passed / interval) + 1
    if due(count - 1, connection: connection) > now { count -= 1 }
    return count
  }
}
