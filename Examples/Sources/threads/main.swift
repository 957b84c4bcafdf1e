// SPDX-License-Identifier: Apache-2.0

// Threads count together: each takes tickets until none is left, and each ticket is taken once.

import AtomicsCore
import Foundation

let threads = 4
let tickets = 1_000_000

/// Any atomic integer will do.
func takeTickets(from next: borrowing some AtomicAccess<Int> & ~Copyable) -> Int {
  var taken = 0
  while next.fetchInc(order: .relaxed) < tickets { taken += 1 }
  return taken
}

let next = OwnedAtomic(0)
let taken = OwnedAtomic(0)
let greatest = OwnedAtomic(0)

let ended = DispatchGroup()
for _ in 0..<threads {
  ended.enter()
  Thread.detachNewThread {
    let mine = takeTickets(from: next)
    taken.add(mine)
    greatest.max(mine)
    ended.leave()
  }
}
ended.wait()

let (count, most) = (taken.load(), greatest.load())
print("threads: \(threads) threads took \(count) of \(tickets) tickets, one of them \(most)")
exit(count == tickets ? 0 : 1)
