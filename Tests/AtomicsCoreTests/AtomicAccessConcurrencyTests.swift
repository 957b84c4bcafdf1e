// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

/// Contended operations of the typed face lose nothing: each total is exact.
@Suite(.serialized) struct AtomicAccessConcurrencyTests {
  static let threads = 4
  static let turns = 3_000

  /// A value that threads share, at every width, signed and unsigned.
  static let shared: [any Contended & Sendable] = [
    SharedValue<UInt8>(), SharedValue<UInt16>(), SharedValue<UInt32>(), SharedValue<UInt64>(),
    SharedValue<UInt128>(), SharedValue<Int8>(), SharedValue<Int16>(), SharedValue<Int32>(),
    SharedValue<Int64>(), SharedValue<Int128>(),
  ]

  @Test("additions and subtractions", arguments: shared)
  func arithmetic(shared: any Contended & Sendable) { shared.expectExactArithmetic() }

  @Test("increments by compare-exchange", arguments: shared)
  func loops(shared: any Contended & Sendable) { shared.expectExactLoops() }

  @Test("a thread's own bit is set, cleared and flipped by nobody else", arguments: shared)
  func bits(shared: any Contended & Sendable) { shared.expectOwnBits() }

  @Test("the greatest of what all threads offer remains, and each rise is seen once")
  func maxima() {
    let shared = SharedValue<Int64>()
    let rises = onThreads(Self.threads) { thread -> Int64 in
      var rise: Int64 = 0
      for turn in 0..<Self.turns {
        let offered = Int64(turn * Self.threads + thread + 1)
        rise += Swift.max(0, offered - shared.atomic.fetchMax(offered, order: .relaxed))
      }
      return rise
    }
    #expect(shared.atomic.load() == Int64(Self.threads * Self.turns))
    #expect(rises.reduce(0, +) == Int64(Self.threads * Self.turns))
  }

  @Test("every value that is exchanged in comes out once")
  func exchanges() {
    let shared = SharedValue<UInt64>()
    let sums = onThreads(Self.threads) { thread -> UInt64 in
      var sum: UInt64 = 0
      for turn in 0..<Self.turns {
        let value = UInt64(thread * Self.turns + turn + 1)
        sum += shared.atomic.exchange(value, order: .acquiringAndReleasing)
      }
      return sum
    }
    let count = UInt64(Self.threads * Self.turns)
    #expect(sums.reduce(0, +) + shared.atomic.load() == count * (count + 1) / 2)
  }

  @Test("what is written before a release is seen after the acquire that reads it")
  func publication() {
    let payload = SharedValue<UInt64>()
    let flag = SharedValue<Int32>()
    let faults = Faults()
    onThreads(2) { thread in
      for turn in 1...Self.turns {
        if thread == 0 {
          payload.atomic.store(UInt64(turn), order: .relaxed)
          flag.atomic.store(Int32(turn), order: .releasing)
        } else {
          let seen = flag.atomic.load(order: .acquiring)
          faults.expect(payload.atomic.load(order: .relaxed) >= UInt64(seen))
        }
      }
    }
    #expect(faults.count == 0)
    #expect(flag.atomic.load() == Int32(Self.turns))
  }
}

/// An atomic that threads reach by reference.
protocol Contended {
  func expectExactArithmetic()
  func expectExactLoops()
  func expectOwnBits()
}

final class SharedValue<Value: AtomicInteger>: Contended, Sendable {
  let atomic = OwnedAtomic<Value>(0)

  func expectExactArithmetic() {
    atomic.store(0)
    let (threads, turns) = (
      AtomicAccessConcurrencyTests.threads, AtomicAccessConcurrencyTests.turns
    )
    onThreads(threads) { thread in
      for turn in 0..<turns {
        self.atomic.add(Value(3 + 2 * thread), order: .relaxed)
        self.atomic.fetchSub(Value(1 + thread))
        if turn % 3 == 0 {
          self.atomic.decFetch(order: .releasing)
        } else {
          self.atomic.inc(order: .acquiring)
        }
      }
    }
    var total = 0
    for thread in 0..<threads {
      total += turns * (2 + thread) + turns - 2 * ((turns + 2) / 3)
    }
    #expect(atomic.load() == Value(truncatingIfNeeded: total))
  }

  func expectExactLoops() {
    atomic.store(0)
    let (threads, turns) = (
      AtomicAccessConcurrencyTests.threads, AtomicAccessConcurrencyTests.turns
    )
    onThreads(threads) { thread in
      for _ in 0..<turns {
        var old = self.atomic.load(order: .relaxed)
        while true {
          let result =
            thread % 2 == 0
            ? self.atomic.compareExchange(expected: old, desired: old &+ 1, order: .relaxed)
            : self.atomic.weakCompareExchange(
              expected: old, desired: old &+ 1, order: .acquiringAndReleasing)
          if result.exchanged { break }
          old = result.original
        }
      }
    }
    #expect(atomic.load() == Value(truncatingIfNeeded: threads * turns))
  }

  func expectOwnBits() {
    atomic.store(0)
    let faults = Faults()
    let (threads, turns) = (
      AtomicAccessConcurrencyTests.threads, AtomicAccessConcurrencyTests.turns
    )
    onThreads(threads) { thread in
      // Spread over the word: the upper half of 16 bytes has instructions of its own.
      let index = (thread + 1) * Value.bitWidth / threads - 1
      let bit = Value(truncatingIfNeeded: 1 as UInt128) << index
      for _ in 0..<turns {
        faults.expect(!self.atomic.bitTestAndSet(index, order: .relaxed))
        faults.expect(self.atomic.bitTest(index, order: .relaxed))
        faults.expect(self.atomic.fetchAnd(~bit) & bit != 0)
        faults.expect(self.atomic.xorFetch(bit) & bit != 0)
        faults.expect(self.atomic.bitTestAndComplement(index, order: .releasing))
        faults.expect(self.atomic.orFetch(bit, order: .relaxed) & bit != 0)
        faults.expect(self.atomic.bitTestAndReset(index, order: .acquiring))
      }
    }
    #expect(faults.count == 0)
    #expect(atomic.load() == 0)
  }
}
