// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CBaseline
import SharedArena

/// One of two processes that wake each other by registers, turn by turn: each counts its turns in
/// one, and waits until the other's has as many.
private struct Player {
  let arena: Arena
  let own: RegisterHandle
  let other: RegisterHandle

  func tell() {
    let counted = arena.withCell(of: own) { cell in AtomicView<UInt64>(cell)?.fetchAdd(1) }
    precondition(counted != nil, "the register was deleted")
  }

  /// False: the register was deleted, so the game is over.
  func await(_ turn: UInt128) throws(ArenaError) -> Bool {
    switch try arena.wait(on: other, until: { $0 >= turn }, timeout: .seconds(20)) {
    case .satisfied: return true
    case .deleted: return false
    case .timedOut: preconditionFailure("the other process is silent")
    }
  }
}

/// Nanoseconds from one turn of this process to its next: with another process by two registers,
/// with another one by a bare futex.
func measureWakeUps(
  at path: String, slices: Int, processors: (Int, Int)
) throws(ArenaError) {
  // Before anything is there that a child would inherit.
  // Safety: the game is this function's own, and ends with it.
  guard let bare = unsafe cb_ping_pong_begin(Int32(processors.1)) else {
    preconditionFailure("no second process")
  }
  defer { unsafe cb_ping_pong_end(bare) }
  let benchmark = try BenchmarkArena(at: path)
  _ = try benchmark.create(0..<2)
  // Safety: the path outlives the call.
  precondition(unsafe cb_start_answering(path, Int32(processors.1)), "no third process")
  pin(to: processors.0)
  let player = Player(
    arena: benchmark.arena, own: benchmark.handle(0), other: benchmark.handle(1))
  var turn: UInt128 = 0
  let rounds = 200
  // Safety: as above.
  let futex = { () throws(ArenaError) -> Double in
    nanoseconds { unsafe cb_ping_pong_run(bare, rounds) } / Double(rounds)
  }
  let wait = { () throws(ArenaError) -> Double in
    try nanoseconds { () throws(ArenaError) in
      for _ in 0..<rounds {
        turn += 1
        player.tell()
        _ = try player.await(turn)
      }
    } / Double(rounds)
  }
  try alternate(slices: slices, [("futex", futex), ("wait", wait)])
  // The other process sees it and ends.
  _ = try benchmark.delete(0..<1)
}

/// The other process's part.
func answerWakeUps(at path: String, processor: Int) throws(ArenaError) {
  pin(to: processor)
  let arena = try Arena.open(at: path)
  let names = Names(0..<2)
  guard let own = arena.find(named: names.string(1)), let other = arena.find(named: names.string(0))
  else { preconditionFailure("the registers are not there") }
  let player = Player(arena: arena, own: own, other: other)
  var turn: UInt128 = 1
  while try player.await(turn) {
    player.tell()
    turn += 1
  }
}
