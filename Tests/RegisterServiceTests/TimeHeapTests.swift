// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import RegisterService

@Suite struct TimeHeapTests {
  @Test("what is due comes in the order of its time")
  func order() {
    var random = SeededGenerator(seed: 3)
    var heap = TimeHeap<UInt64>()
    let times = (0..<500).map { _ in UInt64.random(in: 0..<100, using: &random) }
    for time in times { heap.push(time, at: time) }
    #expect(heap.first == times.min())
    var popped: [UInt64] = []
    while let time = heap.pop(at: 49) { popped.append(time) }
    #expect(popped == times.filter { $0 < 50 }.sorted() && heap.first >= 50)
    while let time = heap.pop(at: 1000) { popped.append(time) }
    #expect(popped == times.sorted() && heap.first == .max)
  }

  @Test("what lost its meaning goes when it is the greater part")
  func stale() {
    var heap = TimeHeap<Int>()
    for number in 0..<200 { heap.push(number, at: UInt64(number)) }
    for _ in 0..<101 { heap.noteStale { $0 < 101 } }
    #expect(heap.count == 99 && heap.first == 101)
    var popped: [Int] = []
    while let number = heap.pop(at: 1000) { popped.append(number) }
    #expect(popped == Array(101..<200))
  }

  @Test("a queue gives back what it was given, in order, however long it gets")
  func fifo() {
    var queue = Fifo<Int>()
    var (pushed, popped) = (0, 0)
    for turn in 1...200 {
      for _ in 0..<turn % 7 {
        queue.append(pushed)
        pushed += 1
      }
      for _ in 0..<turn % 5 {
        guard let first = queue.popFirst() else { break }
        #expect(first == popped)
        popped += 1
      }
      #expect(queue.count == pushed - popped && queue.isEmpty == (pushed == popped))
    }
    #expect(queue.first == popped)
    queue.removeAll()
    #expect(queue.isEmpty && queue.popFirst() == nil)
  }
}
