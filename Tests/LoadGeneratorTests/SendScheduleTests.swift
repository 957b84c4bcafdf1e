// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import LoadGenerator

@Suite struct SendScheduleTests {
  private let schedule = SendSchedule(
    start: 1_000, nanoseconds: 1_000_000, rate: 1_000_000, connections: 3)

  @Test("requests are dealt to the connections in turn, at a fixed distance")
  func deals() {
    #expect(schedule.due(0, connection: 0) == 1_000)
    #expect(schedule.due(0, connection: 1) == 2_000)
    #expect(schedule.due(0, connection: 2) == 3_000)
    #expect(schedule.due(1, connection: 0) == 4_000)
    #expect(schedule.due(5, connection: 2) == 18_000)
  }

  @Test("what is due is what lies before now, and nothing lies behind the end")
  func counts() {
    #expect(schedule.count(dueAt: 0, connection: 0) == 0)
    #expect(schedule.count(dueAt: 999, connection: 0) == 0)
    #expect(schedule.count(dueAt: 1_000, connection: 0) == 1)
    #expect(schedule.count(dueAt: 1_999, connection: 1) == 0)
    #expect(schedule.count(dueAt: 3_999, connection: 0) == 1)
    #expect(schedule.count(dueAt: 4_000, connection: 0) == 2)
    let all = (0..<3).map { schedule.count(dueAt: .max, connection: $0) }
    #expect(all.reduce(0, +) == 1000)
  }

  @Test(
    "at every rate, a request is counted from the moment at which it is due",
    arguments: [0.7, 3, 999.99, 123_456.789, 7e6])
  func agrees(rate: Double) {
    let schedule = SendSchedule(
      start: 12_345_678_901_234, nanoseconds: 60_000_000_000, rate: rate, connections: 7)
    for connection in 0..<7 {
      for index in [0, 1, 2, 17, 1_000] {
        let due = schedule.due(index, connection: connection)
        guard due < schedule.end else { continue }
        #expect(schedule.count(dueAt: due, connection: connection) == index + 1)
        if due > schedule.start {
          #expect(schedule.count(dueAt: due - 1, connection: connection) == index)
        }
      }
    }
  }
}
