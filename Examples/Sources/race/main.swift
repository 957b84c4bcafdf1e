// SPDX-License-Identifier: Apache-2.0

// Two threads add to one plain variable and to one atomic. The plain one loses additions where the
// threads run at the same time; on a single processor it may lose none.

import AtomicsCore
import Foundation

let total = 10_000_000

// A data race on purpose: both threads read and write this memory with nothing between them, which
// is undefined. On the machines that there are, the threads overwrite each other's sums.
nonisolated(unsafe) let plain = UnsafeMutablePointer<Int>.allocate(capacity: 1)
unsafe plain.initialize(to: 0)
defer { unsafe plain.deallocate() }

/// Kept out of line, so that the compiler neither sums up the loop nor adds in one instruction.
@inline(never) func next(_ value: Int) -> Int { value + 1 }

let atomic = OwnedAtomic(0)

let ended = DispatchGroup()
for _ in 0..<2 {
  ended.enter()
  Thread.detachNewThread {
    for _ in 0..<total / 2 {
      unsafe plain.pointee = next(plain.pointee)
      atomic.inc(order: .relaxed)
    }
    ended.leave()
  }
}
ended.wait()

let (counted, exact) = (unsafe plain.pointee, atomic.load())
print("race: plain \(counted) of \(total), atomic \(exact) of \(total)")
// What the plain one lost is up to the scheduler; the atomic one loses nothing wherever it runs.
exit(exact == total ? 0 : 1)
