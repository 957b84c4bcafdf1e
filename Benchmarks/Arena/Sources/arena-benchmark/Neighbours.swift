// SPDX-License-Identifier: Apache-2.0

import Glibc
import SharedArena

/// Operations in a microsecond of two threads, each on a register and a processor of its own, whose
/// cells lie side by side, or far from each other.
func measureNeighbours(
  at path: String, slices: Int, processors: (Int, Int)
) throws(ArenaError) {
  let benchmark = try BenchmarkArena(at: path)
  _ = try benchmark.create(0..<4096)
  let all = (0..<4096).map(benchmark.handle).sorted { $0.slot < $1.slot }
  func slice(_ first: Int, _ second: Int) -> () -> Double {
    let loops = [first, second].map { OperationLoops(arena: benchmark.arena, handle: all[$0]) }
    return { rate(of: loops[0], loops[1], processors) }
  }
  alternate(
    slices: slices,
    [
      ("neighbours", slice(2000, 2001)), ("distant", slice(2000, 3501)),
      // Two that share a line of 128 bytes, as some processors fetch them.
      ("pair", slice(2001, 2002)),
    ])
}

private func rate(
  of first: OperationLoops, _ second: OperationLoops, _ processors: (Int, Int)
) -> Double {
  // Until both threads stand ready.
  let start = now() + 200_000
  let end = start + 10_000_000
  let worker = Worker { turns(of: second, from: start, to: end, processors.1) }
  let count = turns(of: first, from: start, to: end, processors.0) + worker.result()
  return Double(count) * 1000 / Double(end - start)
}

private func turns(
  of loops: OperationLoops, from start: UInt64, to end: UInt64, _ processor: Int
) -> Int {
  pin(to: processor)
  while now() < start {}
  var turns = 0
  while now() < end {
    _ = loops.typed(500)
    turns += 500
  }
  return turns
}

/// A thread that ends with a number.
private final class Worker: Sendable {
  private let work: @Sendable () -> Int
  private nonisolated(unsafe) var turns = 0
  private nonisolated(unsafe) var thread = pthread_t()

  init(_ work: @escaping @Sendable () -> Int) {
    self.work = work
    // Safety: `result` holds the worker until the thread has ended, and reads what it wrote after.
    let status = unsafe pthread_create(
      &thread, nil,
      { worker in
        guard let worker = unsafe worker else { return nil }
        let own = unsafe Unmanaged<Worker>.fromOpaque(worker).takeUnretainedValue()
        unsafe own.turns = own.work()
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    precondition(status == 0, "no second thread: \(status)")
  }

  func result() -> Int {
    // Safety: as above.
    unsafe pthread_join(thread, nil)
    return unsafe turns
  }
}
