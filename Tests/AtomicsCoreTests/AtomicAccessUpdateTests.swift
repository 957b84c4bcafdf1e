// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import TestSupport
import Testing

/// Operations that a program makes itself, and the results that all of their kind share.
@Suite struct AtomicAccessUpdateTests {
  @Test("an update replaces the value by what the closure makes of it")
  func update() {
    let value = OwnedAtomic<Int64>(7)
    let tripled = value.update(order: .acquiringAndReleasing, failureOrder: .relaxed) { $0 * 3 }
    #expect(tripled.exchanged && tripled.original == 7 && tripled.new == 21)
    let declined = value.update { $0 > 100 ? 0 : nil }
    #expect(!declined.exchanged && declined.original == 21 && declined.new == 21)
    let now = value.load()
    #expect(now == 21)
  }

  @Test("an update gives up after its attempts when others come first")
  func attempts() {
    let value = OwnedAtomic<UInt8>(0)
    var turns = 0
    let result = value.update(attempts: 3) { old in
      turns += 1
      value.inc()
      return old + 10
    }
    #expect(!result.exchanged && turns == 3)
    let now = value.load()
    #expect(now == 3 && result.original == 3)
  }

  @Test("an error of the closure leaves the value alone")
  func throwing() {
    struct Stop: Error {}
    let value = OwnedAtomic<Double>(1.5)
    #expect(throws: Stop.self) { try value.update { _ throws(Stop) in throw Stop() } }
    let now = value.load()
    #expect(now == 1.5)
  }

  @Test("threads lose no update")
  func concurrent() {
    let memory = CellMemory()
    let value: AtomicUInt<UInt32> = memory.view(of: UInt32.self)
    value.store(1)
    onThreads(4) { _ in
      for _ in 0..<3_000 { value.update(order: .relaxed) { $0 &* 5 &+ 1 } }
    }
    var expected: UInt32 = 1
    for _ in 0..<12_000 { expected = expected &* 5 &+ 1 }
    #expect(value.load() == expected)
  }

  @Test("a result is usable as a Boolean and as a pair, and prints")
  func results() {
    let value = OwnedAtomic<Int32>(-1)
    let failed = value.compareExchange(expected: 0, desired: 5)
    #expect(!Bool(failed) && failed.new == -1)
    #expect("\(failed)" == "CompareExchangeResult(exchanged: false, original: -1, new: -1)")
    let (exchanged, original) = value.compareExchange(expected: -1, desired: 5).pair
    #expect(exchanged && original == -1)
    let bytes = OwnedAtomic<InlineArray<2, UInt8>>([0xAB, 1])
    let result = bytes.compareExchange(expected: [0xAB, 1], desired: [1, 2])
    #expect("\(result)" == "CompareExchangeResult(exchanged: true, original: ab01, new: 0102)")
  }

  @Test("conditions and bounds tell what was found and what is there now")
  func conditions() {
    let value = OwnedAtomic<Int8>(127)
    let wrapped = value.incrementIfNotZero()
    #expect(wrapped.exchanged && wrapped.original == 127 && wrapped.new == -128)
    let below = value.decrementIfPositive()
    #expect(!below.exchanged && below.original == -128)
    let spared = value.addUnless(5, equal: -128)
    #expect(!spared.exchanged && spared.new == -128)
    let bounded = value.add(-5, overflow: .saturate, within: -100...100)
    #expect(bounded.exchanged && bounded.new == -100)
    let negated = value.neg(overflow: .fail, within: -100...99)
    #expect(!negated.exchanged && negated.original == -100)
    let full = value.sub(100, overflow: .fail)
    #expect(!full.exchanged)
    let least = value.dec(overflow: .saturate, within: -100...0)
    #expect(least.exchanged && least.new == -100 && least.original == -100)
    let plain = value.add(-100, overflow: .wrap)
    #expect(plain.exchanged && plain.new == 56)
  }

  @Test("what the compiler cannot exclude traps")
  func traps() async {
    await #expect(processExitsWith: .failure) { OwnedAtomic(1).update(attempts: 0) { $0 } }
    await #expect(processExitsWith: .failure) {
      OwnedAtomic(1).update(order: .relaxed, failureOrder: .acquiring) { $0 }
    }
    await #expect(processExitsWith: .failure) {
      OwnedAtomic(1).add(1, overflow: .wrap, within: 0...5)
    }
    await #expect(processExitsWith: .failure) {
      OwnedAtomic(1).addUnless(1, equal: 0, order: .relaxed, failureOrder: .acquiring)
    }
    await #expect(processExitsWith: .failure) {
      _ = OwnedAtomic(1).compareExchange(when: .less, 2, desired: 3, failureOrder: .releasing)
    }
    await #expect(processExitsWith: .success) {
      OwnedAtomic(1).add(1, overflow: .fail, within: 0...5)
    }
  }

  @Test("NaNs keep their bits where an operation chooses one of two")
  func nans() {
    let payload = Double(bitPattern: 0x7FF8_0000_0000_1234)
    let value = OwnedAtomic(payload)
    // Of two NaNs the old one stays, bit by bit.
    let least = value.minFetch(.nan)
    #expect(least.bitPattern == payload.bitPattern)
    let greatest = value.maxFetch(.signalingNaN)
    #expect(greatest.bitPattern == payload.bitPattern)
    // Arithmetic has the canonical one, whatever the processor makes of it.
    let sum = value.addFetch(1)
    #expect(sum.bitPattern == Double.nan.bitPattern)
    let number = value.minFetch(-1)
    #expect(number == -1)
    let infinite = OwnedAtomic(Float.infinity)
    let difference = infinite.subFetch(.infinity)
    #expect(difference.bitPattern == Float.nan.bitPattern)
  }
}
