// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Testing

@testable import AtomicsClient

@Suite struct WaitPlanTests {
  @Test(
    "times become whole milliseconds, rounded up; none, and too long a one, is no limit",
    arguments: [
      (nil, nil), (Duration.zero, 0), (.seconds(-1), 0), (.nanoseconds(-1), 0),
      (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2), (.seconds(1.5), 1500),
      (.milliseconds(0xFFFF_FFFE), 0xFFFF_FFFE), (.milliseconds(0xFFFF_FFFF), nil),
      (.milliseconds(0xFFFF_FFFE) + .nanoseconds(1), nil), (.seconds(Int64.max), nil),
      (.seconds(86_400 * 50), nil),
    ] as [(Duration?, UInt32?)])
  func convertsTimes(timeout: Duration?, milliseconds: UInt32?) {
    #expect(WaitPlan(until: .changed, timeout: timeout).timeoutMilliseconds == milliseconds)
  }

  @Test("a watch's interval is as long as it can be where it is too long")
  func convertsIntervals() {
    for (interval, milliseconds) in [
      (Duration.zero, UInt32(0)), (.seconds(-1), 0), (.microseconds(1), 1), (.seconds(1), 1000),
      (.seconds(Int64.max), .max),
    ] {
      #expect(WatchPlan(.prefix(""), interval: interval).intervalMilliseconds == milliseconds)
    }
  }

  @Test("a prefix is what a name can begin with")
  func checksPrefixes() throws {
    for prefix in ["", "a", "a/", "a/b.", "a/.", "jobs.", String(repeating: "a", count: 128)] {
      try WatchPlan(subject: .prefix(prefix)).check()
    }
    for prefix in ["a b", "a//", "/", "é", String(repeating: "a", count: 129)] {
      let error = #expect(throws: ClientError.self) {
        try WatchPlan(subject: .prefix(prefix)).check()
      }
      guard case .rejected("invalid-name", _, .no)? = error else {
        Issue.record("`\(prefix)`: \(String(describing: error))")
        continue
      }
    }
  }
}
