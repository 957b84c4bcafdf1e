// SPDX-License-Identifier: Apache-2.0

import Glibc
import RegisterService
import SharedArena
import Synchronization
import TestSupport
import Testing

@testable import AtomicsServer

@Suite struct SummaryBoardTests {
  /// Makes summaries when it is told to.
  private final class Maker: Sendable {
    let calls = Atomic(0)
    private let gate = Mutex(false)
    private let result: Result<ArenaSummary, ServiceError>

    init(_ result: Result<ArenaSummary, ServiceError>) { self.result = result }

    func open() { gate.withLock { $0 = true } }

    func make() throws(ServiceError) -> ArenaSummary {
      calls.add(1, ordering: .relaxed)
      while !gate.withLock({ $0 }) { sched_yield() }
      return try result.get()
    }
  }

  private static func summary() throws -> ArenaSummary {
    try withTemporaryArena { try RegisterService(arena: $0).summary() }
  }

  @Test("one is made for all who ask meanwhile, and each is woken once")
  func shared() throws {
    let summary = try Self.summary()
    let maker = Maker(.success(summary))
    let board = SummaryBoard { () throws(ServiceError) in try maker.make() }
    let wakes = [WakeCount(), WakeCount()]
    for count in wakes {
      guard case .pending(let run) = board.look(awaiting: nil, orWake: { count.add() }) else {
        Issue.record("it was there already")
        return
      }
      // Asked again before it is there.
      guard case .pending(run) = board.look(awaiting: run, orWake: { count.add() }) else {
        Issue.record("another one is made")
        return
      }
    }
    maker.open()
    for count in wakes { try count.wait(for: 1) }
    guard case .summary(summary) = board.look(awaiting: nil, orWake: {}) else {
      Issue.record("it is not there")
      return
    }
    #expect(maker.calls.load(ordering: .relaxed) == 1)
    #expect(wakes.map(\.value) == [1, 1])
  }

  @Test("a failure is an answer too")
  func failing() throws {
    let maker = Maker(.failure(.arena("it is gone")))
    let board = SummaryBoard { () throws(ServiceError) in try maker.make() }
    let count = WakeCount()
    maker.open()
    _ = board.look(awaiting: nil) { count.add() }
    try count.wait(for: 1)
    guard case .failed(.arena("it is gone")) = board.look(awaiting: nil, orWake: {}) else {
      Issue.record("it did not fail")
      return
    }
  }
}
