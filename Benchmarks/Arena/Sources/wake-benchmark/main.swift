// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CFutex
import SharedArena

#if canImport(Glibc)
  import Glibc
#endif

// Two processes that take turns, each asleep while it is the other's: by registers of an arena, and
// by nothing but a store and a futex. Both in each run, one after the other.

/// Nanoseconds of one round trip by two registers.
func pingPong(_ arena: Arena, turns: Int, pinned: Bool) throws -> Double {
  let type = RegisterType.all[3]
  func make(_ name: String) throws -> RegisterHandle {
    _ = try arena.delete(named: name)
    return try arena.create(RegisterSpecification(name: name, type: type, ownerUser: 0)).handle
  }
  let (ping, pong) = (try make("ping"), try make("pong"))
  func set(_ handle: RegisterHandle, _ turn: Int) throws {
    let request = try AtomicRequest(.store, on: type, operand: UInt128(turn))
    _ = arena.perform(request, on: handle)
  }
  func sees(_ handle: RegisterHandle, _ turn: Int) throws -> Bool {
    let outcome = try arena.wait(on: handle, until: { $0 == turn }, timeout: .seconds(10))
    return outcome == .satisfied(UInt128(turn))
  }
  let child = cf_fork()
  if child == 0 {
    if pinned { cf_pin(1) }
    for turn in 1...turns {
      guard try sees(ping, turn) else { _exit(1) }
      try set(pong, turn)
    }
    _exit(0)
  }
  let start = cf_now()
  for turn in 1...turns {
    try set(ping, turn)
    guard try sees(pong, turn) else { break }
  }
  let end = cf_now()
  guard cf_join(child) else { return .nan }
  return Double(end - start) / Double(turns)
}

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

let turns = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 20_000
let path = "/dev/shm/atomics-\(geteuid())/wake-benchmark-\(getpid())"
let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
defer {
  for file in ["dir", "val", "lock"] { _ = unlink("\(path)/\(file)") }
  _ = rmdir(path)
}
for pinned in [false, true] {
  if pinned { cf_pin(0) }
  var (bare, ours): ([Double], [Double]) = ([], [])
  for _ in 0..<5 {
    bare.append(cf_ping_pong(turns, pinned))
    ours.append(try pingPong(arena, turns: turns, pinned: pinned))
  }
  let (futex, registers) = (median(bare), median(ours))
  print(
    pinned ? "a processor each:" : "as the kernel likes:", "futex \(Int(futex)) ns,",
    "registers \(Int(registers)) ns, \(Double(Int(registers / futex * 100)) / 100) times")
}
