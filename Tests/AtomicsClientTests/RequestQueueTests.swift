// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import AtomicsClient

@Suite struct RequestQueueTests {
  @Test("elements come out in the order they went in, also across its clean-ups")
  func keepsOrder() {
    var queue = RequestQueue<Int>()
    var next = 0
    var expected = 0
    for round in 0..<5000 {
      for _ in 0..<(round % 3 + 1) {
        queue.append(next)
        next += 1
      }
      if round % 2 == 0, let element = queue.popFirst() {
        #expect(element == expected)
        expected += 1
      }
      #expect(queue.count == next - expected)
    }
    while let element = queue.popFirst() {
      #expect(element == expected)
      expected += 1
    }
    #expect(expected == next)
    #expect(queue.isEmpty)
    #expect(queue.popFirst() == nil)
  }

  @Test("removing all gives what was left, in order")
  func removesAll() {
    var queue = RequestQueue<Int>()
    for element in 0..<10 { queue.append(element) }
    _ = queue.popFirst()
    #expect(queue.removeAll() == Array(1..<10))
    #expect(queue.isEmpty)
    queue.append(3)
    #expect(queue.popFirst() == 3)
  }
}
