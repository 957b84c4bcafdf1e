// SPDX-License-Identifier: Apache-2.0

import CBaseline
import Glibc

/// Two threads, each on a processor of its own, that run the same loop on the same word.
struct Contention {
  let processors: (first: Int32, second: Int32)
  let sliceNanoseconds: UInt64

  /// Turns between two looks at the clock: few beside a slice, many beside a look.
  private static let turnsAtOnce = 500
  /// Until both threads stand ready.
  private static let startNanoseconds: UInt64 = 200_000

  /// Operations in a microsecond, of both threads together.
  func rate(_ loop: @escaping @Sendable (_ turns: Int) -> Void) -> Double {
    let start = now() + Self.startNanoseconds
    let end = start + sliceNanoseconds
    let (first, second) = processors
    let other = Worker { Self.turns(of: loop, from: start, to: end, processor: second) }
    let turns =
      Self.turns(of: loop, from: start, to: end, processor: first) + other.result()
    return Double(turns) * 1000 / Double(sliceNanoseconds)
  }

  private static func turns(
    of loop: (_ turns: Int) -> Void, from start: UInt64, to end: UInt64, processor: Int32
  ) -> Int {
    precondition(cb_pin(processor), "this process may not run on processor \(processor)")
    while now() < start {}
    var turns = 0
    while now() < end {
      loop(turnsAtOnce)
      turns += turnsAtOnce
    }
    return turns
  }
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
