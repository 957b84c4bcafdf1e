// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CBaseline
import SharedArena

/// The loop that every face has in common, as Loops.c writes it.
@inline(__always)
func repeatedly(_ turns: Int, _ body: () -> UInt64) -> UInt64 {
  var sum: UInt64 = 0
  var turns = turns
  while turns > 0 {
    sum &+= body()
    turns = cb_next(turns)
  }
  return sum
}

/// Loops over one addition to a register of 8 bytes, each in a function of its own.
struct OperationLoops: Sendable {
  let arena: Arena
  let handle: RegisterHandle

  /// By handle, the type known when it was compiled.
  @inline(never)
  func typed(_ turns: Int) -> UInt64 {
    guard let register = arena.register(handle, as: UInt64.self) else { return 0 }
    return repeatedly(turns) { register.withView { $0.fetchAdd(1) } ?? 0 }
  }

  /// By handle, a request that was made at run time.
  @inline(never)
  func requests(_ turns: Int) -> UInt64 {
    let request = addition
    return repeatedly(turns) {
      UInt64(truncatingIfNeeded: arena.perform(request, on: handle)?.old ?? 0)
    }
  }

  /// A cell that was lent once, the type known when it was compiled.
  @inline(never)
  func lentTyped(_ turns: Int) -> UInt64 {
    guard let cell = arena.cell(of: handle), let counter = AtomicView<UInt64>(cell) else {
      return 0
    }
    return repeatedly(turns) { counter.fetchAdd(1) }
  }

  /// A cell that was lent once, a request that was made at run time.
  @inline(never)
  func lentRequests(_ turns: Int) -> UInt64 {
    guard let cell = arena.cell(of: handle) else { return 0 }
    let request = addition
    return repeatedly(turns) { UInt64(truncatingIfNeeded: cell.perform(request).old) }
  }

  private var addition: AtomicRequest {
    guard let request = try? AtomicRequest(.add, on: handle.type, operand: 1) else {
      preconditionFailure("an addition of 1 exists on \(handle.type)")
    }
    return request
  }
}

/// Nanoseconds of one operation, in turns with C's on private memory.
func measureOperations(at path: String, slices: Int, processor: Int) throws(ArenaError) {
  let benchmark = try BenchmarkArena(at: path)
  _ = try benchmark.create(0..<3)
  pin(to: processor)
  // A register for each that is operated on, none of them first in its page.
  let loops = OperationLoops(arena: benchmark.arena, handle: benchmark.handle(1))
  // Safety: a line of its own, alive as long as the process.
  let word = unsafe UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 64)
    .initializeMemory(as: UInt64.self, repeating: 0, count: 8)
  let turns = 20_000
  func slice(_ loop: @escaping (Int) -> UInt64) -> () -> Double {
    {
      nanoseconds { _ = loop(turns) } / Double(turns)
    }
  }
  alternate(
    slices: slices,
    [
      // Safety: as above.
      ("c", slice { unsafe cb_add_bare(word, $0) }),
      ("spaced", slice { unsafe cb_add_spaced(word, $0) }),
      ("typed", slice(loops.typed)),
      ("request", slice(loops.requests)),
      ("lent typed", slice(loops.lentTyped)),
      ("lent request", slice(loops.lentRequests)),
    ])
}
