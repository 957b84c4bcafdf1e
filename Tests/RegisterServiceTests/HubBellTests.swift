// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import TestSupport
import Testing

@testable import RegisterService

@Suite struct HubBellTests {
  @Test("a bell wakes once until it is heard, and gives each bucket back once")
  func once() {
    let wakes = HubWakes()
    let bell = HubBell(bit: 0) { wakes.add() }
    for bucket in [5, 64, 8191, 5] { bell.ring(bucket) }
    #expect(wakes.count == 1 && bell.hasRung)
    var taken: [Int] = []
    bell.take { taken.append($0) }
    #expect(taken == [5, 64, 8191] && !bell.hasRung)
    bell.take { taken.append($0) }
    #expect(taken.count == 3)
    bell.ring(5)
    #expect(wakes.count == 2)
  }

  @Test("more hubs than the masks have bits share them, and none misses its rings")
  func shared() throws {
    let board = WatchBoard()
    let wakes = (0..<130).map { _ in HubWakes() }
    let bells = wakes.map { count in board.makeBell { count.add() } }
    board.setInterest(true, of: bells[1], in: 7)
    board.setInterest(true, of: bells[65], in: 7)
    board.setInterest(false, of: bells[65], in: 7)
    board.changed(slot: 7 + 8192)
    #expect(wakes.indices.filter { wakes[$0].count == 1 } == [1, 65, 129])
    board.changed(bucket: 8)
    #expect(wakes.reduce(0) { $0 + $1.count } == 3)
  }

  @Test("a cell stays marked until the last one leaves, and the first one is told")
  func marks() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      _ = try service.create(
        RegisterDefinition(name: "n", type: HubBench.u64, ownerUser: 0))
      let first = HubWakes()
      service.onFirstWatched { first.add() }
      for _ in 0..<3 { service.board.watch(0, in: arena) }
      #expect(first.count == 1 && arena.isWatched(slot: 0))
      for expected in [true, true, false] {
        service.board.unwatch(0, in: arena)
        #expect(arena.isWatched(slot: 0) == expected && service.isWatching == expected)
      }
      service.board.unwatch(0, in: arena)
      // What another one left is taken off, what is this one's stays.
      arena.setWatched(true, slot: 0)
      #expect(service.clearStaleMarks(from: 0) == nil && !arena.isWatched(slot: 0))
      service.board.watch(0, in: arena)
      #expect(service.clearStaleMarks(from: 0) == nil && arena.isWatched(slot: 0))
      #expect(first.count == 2)
    }
  }
}
