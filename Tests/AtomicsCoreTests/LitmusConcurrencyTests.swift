// SPDX-License-Identifier: Apache-2.0
import AtomicsCore
import Synchronization
import TestSupport
import Testing

/// What the orders promise between threads, tried many times over: message passing for release
/// and acquire, store buffering for sequential consistency.
@Suite(.serialized) struct LitmusConcurrencyTests {
  static let rounds = 20_000
  static let flags = ["u8", "i16", "f32", "u64", "bytes16"].map(RegisterType.named)

  @Test("a release store publishes what was written before it", arguments: flags)
  func messagePassing(flagType: RegisterType) {
    let memory = CellMemory()
    let flag = memory.cell(flagType)
    let data = memory.cell(.named("u64"), at: 128)
    let faults = Faults()
    let seen = Atomic64()
    let gate = Gate(2)
    onThreads(2) { thread in
      // A narrow flag wraps: the round's number is compared in its own width.
      let mask = min(flagType.width.mask, 0x7F)
      for round in 1...UInt128(Self.rounds / 10) {
        if thread == 0 {
          data.store(round, order: .relaxed)
          flag.store(round & mask, order: .releasing)
        } else if flag.load(order: .acquiring) == round & mask {
          faults.expect(data.load(order: .relaxed) == round)
          seen.value.wrappingAdd(1, ordering: .relaxed)
        }
        gate.pass()
      }
    }
    #expect(faults.count == 0)
    #expect(seen.value.load(ordering: .relaxed) > 0, "no flag was seen in its round")
  }

  @Test("a release read-modify-write publishes, and an acquire one receives")
  func messagePassingByExchange() throws {
    let memory = CellMemory()
    let type = RegisterType.named("u64")
    let flag = memory.cell(type)
    let data = memory.cell(type, at: 128)
    let give = try AtomicRequest(.add, on: type, order: .releasing, operand: 1)
    let take = try AtomicRequest(
      .compareExchangeStrong, on: type, order: .acquiring, failureOrder: .relaxed, operand: 0,
      expected: 1)
    let faults = Faults()
    onThreads(2) { thread in
      for round in 1...UInt128(Self.rounds / 4) {
        if thread == 0 {
          data.store(round, order: .relaxed)
          _ = flag.perform(give)
          while flag.load(order: .acquiring) != 0 { yield() }
        } else {
          while !flag.perform(take).succeeded { yield() }
          // The giver waits for the flag to fall before it writes again, so this may be the next
          // round's value, never an older one.
          faults.expect(data.load(order: .relaxed) >= round)
        }
      }
    }
    #expect(faults.count == 0)
  }

  @Test(
    "two seq_cst stores are never both overtaken by the loads behind them",
    arguments: AtomicWidth.allCases)
  func storeBuffering(width: AtomicWidth) throws {
    let type = try #require(RegisterType(kind: .unsigned, width: width))
    storeBuffering(type) { mine, other, round in
      mine.store(round, order: .sequentiallyConsistent)
      return other.load(order: .sequentiallyConsistent)
    }
  }

  @Test("relaxed stores and loads are ordered by a seq_cst fence between them")
  func fences() {
    storeBuffering(.named("u64")) { mine, other, round in
      mine.store(round, order: .relaxed)
      AtomicFence.thread(.sequentiallyConsistent)
      return other.load(order: .relaxed)
    }
  }

  @Test("a relaxed flag publishes behind a release fence to who has an acquire fence")
  func messagePassingByFences() {
    let memory = CellMemory()
    let flag = memory.cell(.named("u64"))
    let data = memory.cell(.named("u64"), at: 128)
    let faults = Faults()
    let seen = Atomic64()
    let gate = Gate(2)
    onThreads(2) { thread in
      for round in 1...UInt128(Self.rounds / 10) {
        if thread == 0 {
          data.store(round, order: .relaxed)
          AtomicFence.thread(.releasing)
          flag.store(round, order: .relaxed)
        } else if flag.load(order: .relaxed) == round {
          AtomicFence.thread(.acquiring)
          faults.expect(data.load(order: .relaxed) == round)
          seen.value.wrappingAdd(1, ordering: .relaxed)
        }
        gate.pass()
      }
    }
    #expect(faults.count == 0)
    #expect(seen.value.load(ordering: .relaxed) > 0, "no flag was seen in its round")
  }

  /// Two threads write their own cell and read the other's: at least one must see the other's new
  /// value.
  private func storeBuffering(
    _ type: RegisterType,
    _ turn: @escaping @Sendable (_ mine: AtomicCell, _ other: AtomicCell, UInt128) -> UInt128
  ) {
    // The short face: the probe of debug builds takes a lock, which would be a fence of its own.
    let memory = CellMemory()
    let cells = [memory.cell(type), memory.cell(type, at: 128)]
    let seen = [Atomic64(), Atomic64()]
    let faults = Faults()
    let gate = Gate(2)
    let mask = UInt64(truncatingIfNeeded: type.width.mask)
    onThreads(2) { thread in
      for round in 1...UInt64(Self.rounds) {
        gate.pass()
        let other = turn(cells[thread], cells[1 - thread], UInt128(round & mask))
        seen[thread].value.store(UInt64(truncatingIfNeeded: other), ordering: .relaxed)
        gate.pass()
        if thread == 0 {
          // A narrow value wraps: what is left of the round before is never the same.
          let isNew = seen.map { $0.value.load(ordering: .relaxed) == round & mask }
          faults.expect(isNew[0] || isNew[1])
        }
      }
    }
    #expect(faults.count == 0)
  }
}

/// A class around the atomic, which itself cannot stand in an array.
private final class Atomic64: Sendable {
  let value = Atomic<UInt64>(0)
}
