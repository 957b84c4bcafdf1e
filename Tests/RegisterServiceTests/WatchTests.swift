// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import SharedArena
import Synchronization
import TestSupport
import Testing

@testable import RegisterService

@Suite struct WatchTests {
  private static let u64 = HubBench.u64

  @Test("the present value comes first, then the latest one; what was left out is counted")
  func one() throws {
    try HubBench.use { bench in
      let register = try bench.make("n", Self.u64, 7)
      let guest = HubGuest(bench)
      let number = try guest.client.watch(register, key: 70, interval: 0, now: bench.now)
      let first = guest.events()
      #expect(
        first == [
          WatchEvent(
            key: 70, watch: number, kind: .value(7, skips: false), type: Self.u64,
            generation: register.generation)
        ])
      #expect(guest.told() == [])
      try bench.store(8, in: register)
      #expect(guest.told() == ["=8"])
      for value in 9...12 as ClosedRange<UInt128> {
        try bench.store(value, in: register)
        bench.settle()
      }
      let gap = guest.events()
      #expect(gap.map(\.kind) == [.value(12, skips: true)])
      #expect(gap.map(\.changes) == [5] && gap.map(\.leftOut) == [3] && gap.map(\.skipped) == [3])
      // The same value again is no change.
      try bench.store(12, in: register)
      #expect(guest.told() == [])
      #expect(guest.client.unwatch(number) && !guest.client.unwatch(number))
      try bench.store(13, in: register)
      #expect(guest.told() == [] && bench.hub.watchedCount == 0)
    }
  }

  @Test("a deletion is the end of a watch of one register")
  func deletion() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      let number = try guest.client.watch(register, key: 1, interval: 0, now: bench.now)
      #expect(guest.told() == ["=0"])
      try bench.store(1, in: register)
      bench.settle()
      try bench.service.delete(Array("n".utf8).span)
      let again = try bench.make("n", Self.u64, 9)
      let end = guest.events()
      #expect(end.map(\.kind) == [.deleted] && end.map(\.leftOut) == [1])
      #expect(end.map(\.skipped) == [1])
      #expect(!guest.client.unwatch(number) && bench.hub.watchedCount == 0)
      try bench.store(10, in: again)
      #expect(guest.told() == [])
      #expect(throws: ServiceError.gone) {
        try guest.client.watch(register, key: 1, interval: 0, now: bench.now)
      }
    }
  }

  @Test("an interval holds events back, and the last value comes when it is over")
  func interval() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      _ = try guest.client.watch(register, key: 1, interval: 30_000_000, now: bench.now)
      #expect(guest.told() == ["=0"])
      for value in 1...3 as ClosedRange<UInt128> {
        try bench.store(value, in: register)
        #expect(guest.told() == [])
      }
      bench.pass(milliseconds: 29)
      #expect(guest.told() == [])
      bench.pass(milliseconds: 1)
      #expect(guest.told() == ["~3"])
      bench.pass(milliseconds: 40)
      try bench.store(4, in: register)
      #expect(guest.told() == ["=4"])
    }
  }

  @Test("a prefix sees what is there, what comes, what changes and what goes")
  func prefix() throws {
    try HubBench.use { bench in
      let first = try bench.make("a/1", Self.u64, 1)
      _ = try bench.make("b/1", Self.u64, 1)
      let guest = HubGuest(bench)
      let number = try guest.client.watch(prefix: Array("a/".utf8), key: 3, interval: 0)
      #expect(guest.told() == ["a/1=1"])
      let second = try bench.make("a/2", Self.u64, 2)
      _ = try bench.make("b/2")
      #expect(guest.told() == ["a/2=2"])
      try bench.store(5, in: first)
      try bench.store(6, in: second)
      #expect(Set(guest.told()) == ["a/1=5", "a/2=6"])
      try bench.service.delete(Array("a/1".utf8).span)
      #expect(guest.told() == ["a/1-"])
      _ = try bench.make("a/1", Self.u64, 9)
      #expect(guest.told() == ["a/1=9"])
      // Who comes and goes between two looks was never there.
      _ = try bench.make("a/3")
      try bench.service.delete(Array("a/3".utf8).span)
      #expect(guest.told() == [])
      #expect(bench.hub.watchedCount == 2)
      #expect(guest.client.unwatch(number))
      _ = try bench.make("a/4")
      #expect(guest.told() == [])
      #expect(bench.hub.watchedCount == 0 && !bench.service.isWatching)
      #expect(bench.service.board.registers.load(ordering: .relaxed) == 0)
    }
  }

  @Test("the empty prefix is everything, part by part; more creations than are kept are found")
  func everything() throws {
    try HubBench.use { bench in
      for index in 0..<3000 { _ = try bench.make("r\(index)") }
      let guest = HubGuest(bench)
      _ = try guest.client.watch(prefix: [], key: 1, interval: 0)
      #expect(bench.hub.process(now: bench.now))
      #expect(bench.hub.watchedCount <= 512)
      #expect(guest.told().count == 3000)
      for index in 3000..<8000 { _ = try bench.make("r\(index)") }
      #expect(guest.told().count == 5000)
      #expect(bench.hub.watchedCount == 8000)
      guest.client.close()
      #expect(bench.hub.process(now: bench.now))
      bench.settle()
      #expect(bench.hub.watchedCount == 0 && !bench.service.isWatching)
    }
  }

  @Test("clients that share their limit have as many registers together")
  func shared() throws {
    var limits = WaitLimits()
    limits.watchedRegisters = 2
    try HubBench.use(limits) { bench in
      let register = try bench.make("n")
      let first = HubGuest(bench)
      let second = HubGuest(bench, sharingLimitWith: first)
      func watch(_ guest: HubGuest) throws {
        _ = try guest.client.watch(register, key: 1, interval: 0, now: bench.now)
      }
      try watch(first)
      try watch(second)
      for guest in [first, second] {
        #expect { try watch(guest) } throws: { "\($0)".contains("at most 2 registers") }
      }
      try watch(HubGuest(bench))
      second.client.close()
      bench.settle()
      try watch(first)
    }
  }

  @Test("a watch that becomes too large ends with its reason; one register too many is refused")
  func limits() throws {
    var limits = WaitLimits()
    (limits.watches, limits.watchedRegisters, limits.watchedRegistersTotal) = (2, 3, 5)
    try HubBench.use(limits) { bench in
      for index in 0..<3 { _ = try bench.make("a\(index)") }
      let last = try bench.make("b")
      let guest = HubGuest(bench)
      let number = try guest.client.watch(prefix: [0x61], key: 8, interval: 0)
      #expect(guest.told() == ["a0=0", "a1=0", "a2=0"])
      #expect {
        try guest.client.watch(last, key: 1, interval: 0, now: bench.now)
      } throws: { "\($0)".contains("at most 3 registers") }
      let second = HubGuest(bench)
      _ = try second.client.watch(last, key: 1, interval: 0, now: bench.now)
      _ = try second.client.watch(last, key: 2, interval: 0, now: bench.now)
      #expect {
        try second.client.watch(last, key: 3, interval: 0, now: bench.now)
      } throws: { "\($0)".contains("the server watches its 5 registers") }
      _ = try bench.make("a3")
      let end = guest.events()
      #expect(end.map(\.watch) == [number] && end.map(\.key) == [8])
      guard case .ended(.limit)? = end.first?.kind else {
        Issue.record("\(end)")
        return
      }
      #expect(!guest.client.unwatch(number))
      for key in 0..<2 as Range<UInt32> {
        _ = try guest.client.watch(prefix: [0x7A], key: key, interval: 0)
      }
      #expect {
        try guest.client.watch(prefix: [0x7A], key: 3, interval: 0)
      } throws: { "\($0)".contains("at most 2 watches") }
    }
  }

  /// Threads change registers while a hub watches them; what it was told last must be there.
  @Test("the last value is never missed")
  func stress() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      let registers = try (0..<8).map { index in
        try service.create(
          RegisterDefinition(name: "n\(index)", type: Self.u64, ownerUser: 0)
        ).register
      }
      let isRung = HubFlag()
      let hub = service.makeHub { isRung.value.store(true, ordering: .releasing) }
      let client = hub.makeClient {}
      defer { client.close() }
      for (index, register) in registers.enumerated() {
        _ = try client.watch(register, key: UInt32(index), interval: 0, now: 0)
      }
      let rounds = WaitThenTests.each * 10
      let writers = Atomic(2)
      for seed in 0..<2 {
        Thread.detachNewThread {
          var random = SeededGenerator(seed: UInt64(seed))
          for _ in 0..<rounds {
            guard let register = registers.randomElement(using: &random),
              let request = try? AtomicRequest(
                .store, on: Self.u64, order: .releasing, operand: UInt128(random.next() & 3))
            else { continue }
            _ = try? service.perform(request, on: register)
          }
          writers.subtract(1, ordering: .releasing)
        }
      }
      var told: [UInt32: UInt128] = [:]
      // The clock stands still, so that nothing but rings brings it on.
      let isTold = becomesTrue {
        let isLast = writers.load(ordering: .acquiring) == 0
        if isRung.value.exchange(false, ordering: .acquiring) {
          while hub.process(now: 0) {}
        }
        while let event = client.nextEvent(now: 0) {
          if case .value(let value, _) = event.kind { told[event.key] = value }
        }
        return isLast && !isRung.value.load(ordering: .acquiring)
          && registers.enumerated().allSatisfy { index, register in
            told[UInt32(index)] == (try? service.load(register))
          }
      }
      #expect(isTold, "\(told)")
    }
  }
}

final class HubFlag: Sendable {
  let value = Atomic(true)
}
