// SPDX-License-Identifier: Apache-2.0

// Atomic multiplication, which no processor has: a compare-exchange loop, and the same by `update`.

import AtomicsCore
import Foundation

/// Multiplies, wrapping on overflow, and returns the old value.
@discardableResult
func fetchMultiply(_ a: borrowing some AtomicAccess<UInt64> & ~Copyable, by operand: UInt64)
  -> UInt64
{
  var found = a.load(order: .relaxed)
  while true {
    let result = a.weakCompareExchange(expected: found, desired: found &* operand)
    if result.exchanged { return found }
    // Another thread came first, and this is what it left.
    found = result.original
  }
}

let threads = 4
let turns = 100_000
let byLoop = OwnedAtomic<UInt64>(1)
let byUpdate = OwnedAtomic<UInt64>(1)

let ended = DispatchGroup()
for _ in 0..<threads {
  ended.enter()
  Thread.detachNewThread {
    for _ in 0..<turns {
      fetchMultiply(byLoop, by: 3)
      byUpdate.update { $0 &* 3 }
    }
    ended.leave()
  }
}
ended.wait()

// 3 is odd, so that no factor is lost in the bits that wrap.
let expected = (0..<threads * turns).reduce(1 as UInt64) { product, _ in product &* 3 }
let (loop, update) = (byLoop.load(), byUpdate.load())
print("multiply: 3^\(threads * turns) modulo 2^64 is \(expected): loop \(loop), update \(update)")
exit(loop == expected && update == expected ? 0 : 1)
