// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import AtomicsServer

@Suite struct SendWatchTests {
  /// What each look finds, at (seconds, kept, made).
  private static func looks(limit: Int = 10, _ turns: [(UInt64, Int, Int)]) -> [Bool] {
    var watch = SendWatch()
    return turns.map { second, kept, made in
      if kept == 0 {
        watch.rest()
        return false
      }
      return watch.hasStalled(at: second * 1_000_000_000, kept: kept, made: made, limit: limit)
    }
  }

  @Test("a peer that takes nothing stalls after the limit, and one that takes a byte does not")
  func stall() {
    // At 15 one byte was taken, though more waits than at the look before.
    let turns: [(UInt64, Int, Int)] = [
      (5, 100, 0), (14, 100, 50), (15, 149, 0), (24, 149, 0), (25, 149, 0),
    ]
    #expect(Self.looks(turns) == [false, false, false, false, true])
    #expect(Self.looks(limit: 0, turns) == [false, false, false, false, false])
  }

  @Test("two looks in one turn are no progress")
  func sameTurn() {
    let turns: [(UInt64, Int, Int)] = [
      (5, 100, 50), (10, 150, 0), (10, 150, 40), (15, 190, 0), (15, 190, 10),
    ]
    #expect(Self.looks(turns) == [false, false, false, true, false])
  }

  @Test("where all was taken meanwhile the time begins anew")
  func rest() {
    #expect(
      Self.looks([(1, 100, 0), (5, 0, 0), (60, 200, 0), (69, 200, 0), (70, 200, 0)])
        == [false, false, false, false, true])
  }
}
