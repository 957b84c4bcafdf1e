// SPDX-License-Identifier: Apache-2.0

import EventLoop
import Testing

@testable import LoadGenerator

@Suite struct RequestSequenceTests {
  private func sequences(_ plan: LoadPlan) -> [RequestSequence] {
    let sampler = RankSampler(count: plan.names.count, plan.names.distribution)
    return (0..<plan.connections).map {
      RequestSequence(plan, connection: $0, of: plan.connections, sampler: sampler)
    }
  }

  private func plan(names: Int, connections: Int, depth: Int, mix: String = "inc") throws
    -> LoadPlan
  {
    LoadPlan(
      targets: [], connections: connections, depth: depth, names: LoadNames(count: names),
      mix: try OperationMix(mix))
  }

  @Test("every name belongs to the share of one connection")
  func shares() throws {
    let plan = try plan(names: 1000, connections: 7, depth: 3)
    let all = sequences(plan).flatMap(\.share)
    #expect(all.sorted() == Array(0..<1000))
  }

  @Test("one register and one operation need no more than one batch")
  func isShort() throws {
    let plan = try plan(names: 1, connections: 2, depth: 16)
    for sequence in sequences(plan) {
      #expect(sequence.requests == [.init(part: 0, name: 0)].repeated(16))
    }
  }

  @Test("connections ask for different names, in whole batches, and nearly all are asked for")
  func spreads() throws {
    let plan = try plan(names: 20_000, connections: 5, depth: 3)
    let all = sequences(plan)
    #expect(all[0].requests != all[1].requests)
    for sequence in all { #expect(sequence.requests.count % 3 == 0) }
    let asked = Set(all.flatMap { $0.requests.map(\.name) })
    #expect(asked.count > 19_000)
    #expect(asked.allSatisfy { (0..<20_000).contains($0) })
  }

  @Test("sequences are the same in every run")
  func repeats() throws {
    let plan = try plan(names: 10, connections: 2, depth: 1, mix: "load=1,inc=1")
    #expect(sequences(plan).map(\.requests) == sequences(plan).map(\.requests))
  }

  @Test("a pool gives its requests in turn, over and over")
  func pool() {
    var pool = RequestPool()
    for text in ["a", "bb", "ccc"] { pool.add(Array(text.utf8)) }
    var output = OutputBuffer()
    for count in [2, 2, 0, 5] { pool.append(count, to: &output) }
    let text = output.withBytes { bytes in
      String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
    #expect(text == "abb" + "ccca" + "bbcccabbccc")
  }

  @Test("a window has so many unanswered at most, and answers them in order")
  func window() {
    var window = SetupWindow(count: 5, width: 2)
    #expect(window.answer() == nil)
    #expect(window.next() == 0..<2)
    #expect(window.next().isEmpty)
    #expect(window.answer() == 0)
    #expect(window.next() == 2..<3)
    #expect(window.answer() == 1)
    #expect(window.answer() == 2)
    #expect(window.answer() == nil)
    #expect(window.next() == 3..<5)
    #expect(!window.isDone)
    #expect(window.answer() == 3)
    #expect(window.answer() == 4)
    #expect(window.isDone)
    #expect(SetupWindow(count: 0, width: 3).isDone)
  }
}

extension Array {
  fileprivate func repeated(_ count: Int) -> [Element] {
    (0..<count).flatMap { _ in self }
  }
}
