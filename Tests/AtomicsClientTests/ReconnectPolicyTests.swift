// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import AtomicsClient

@Suite struct ReconnectPolicyTests {
  @Test("pauses double from 50 ms to 5 s, and begin anew after a success")
  func doubles() {
    var policy = ReconnectPolicy()
    let milliseconds = (0..<9).map { _ in policy.pause(random: 0) / 1_000_000 }
    #expect(milliseconds == [50, 100, 200, 400, 800, 1600, 3200, 5000, 5000])
    policy.succeeded()
    #expect(policy.pause(random: 0) == ReconnectPolicy.shortest)
  }

  @Test("a pause is between half of it and the whole, whatever the random number")
  func jitters() {
    var random = SeededGenerator(seed: 1)
    for number in [0, 1, UInt64.max / 2, .max] + (0..<100).map({ _ in random.next() }) {
      var policy = ReconnectPolicy()
      for whole in [UInt64(50), 100, 200, 400, 800, 1600, 3200, 5000, 5000] {
        let pause = policy.pause(random: number)
        #expect(pause <= whole * 1_000_000 && pause >= whole * 500_000)
      }
    }
  }
}
