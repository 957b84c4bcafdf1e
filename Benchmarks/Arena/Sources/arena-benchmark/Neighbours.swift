// SPDX-License-Identifier: Apache-2.0

import Glibc
import SharedArena

/// Operations in a microsecond of processor time of two threads, each on a register and a processor
/// of its own, whose cells lie side by side, or far from each other.
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
  // The neighbours share 128 bytes, which some processors fetch together.
  alternate(
    slices: slices, [("neighbours", slice(2000, 2001)), ("distant", slice(2000, 3501))])
}

private func rate(
  of first: OperationLoops, _ second: OperationLoops, _ processors: (Int, Int)
) -> Double {
  // Until both threads stand ready.
  let start = now() + 200_000
  let end = start + 10_000_000
  let worker = Worker { rate(of: second, from: start, to: end, processors.1) }
  return rate(of: first, from: start, to: end, processors.0) + worker.result()
}

private func rate(
  of loops: OperationLoops, from start: UInt64, to end: UInt64, _ processor: Int
) -> Double {
  pin(to: processor)
  while now() < start {}
  // What other programs take of the processor is not these cells' fault.
  let used = now(of: CLOCK_THREAD_CPUTIME_ID)
  var turns = 0
  while now() < end {
    _ = loops.typed(500)
    turns += 500
  }
  return Double(turns) * 1000 / Double(now(of: CLOCK_THREAD_CPUTIME_ID) - used)
}

/// A thread that ends with a number.
private final class Worker: Sendable {
  private let work: @Sendable () -> Double
  private nonisolated(unsafe) var number = 0.0
  private nonisolated(unsafe) var thread = pthread_t()

  init(_ work: @escaping @Sendable () -> Double) {
    self.work = work
    // Safety: `result` holds the worker until the thread has ended, and reads what it wrote after.
    let status = unsafe pthread_create(
      &thread, nil,
      { worker in
        guard let worker = unsafe worker else { return nil }
        let own = unsafe Unmanaged<Worker>.fromOpaque(worker).takeUnretainedValue()
        unsafe own.number = own.work()
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    precondition(status == 0, "no second thread: \(status)")
  }

  func result() -> Double {
    // Safety: as above.
    unsafe pthread_join(thread, nil)
    return unsafe number
  }
}
