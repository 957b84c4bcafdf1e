// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Synchronization
import TestSupport
import Testing

@testable import RegisterService

/// Watches that are made, ended and not listened to, as often as somebody likes.
@Suite struct WatchBoundsTests {
  @Test("what is noted of watches that come and go does not grow with their number")
  func comingAndGoing() throws {
    try HubBench.use { bench in
      let register = try bench.make("n")
      let guest = HubGuest(bench)
      for key in 0..<5000 as Range<UInt32> {
        let number = try guest.client.watch(register, key: key, interval: 0, now: bench.now)
        #expect(guest.client.unwatch(number))
        if key % 50 == 0 { bench.settle() }
      }
      bench.settle()
      #expect(guest.client.events.count < 100 && guest.client.registerCount == 0)
      #expect(guest.told() == [])
    }
  }

  @Test("what is noted of registers that come and go does not grow with their number")
  func registersComingAndGoing() throws {
    try HubBench.use { bench in
      let guest = HubGuest(bench)
      _ = try guest.client.watch(prefix: Array("job/".utf8), key: 1, interval: 0)
      bench.settle()
      let kept = try bench.make("job/kept")
      for index in 0..<2000 {
        _ = try bench.make("job/\(index)")
        bench.settle()
        try bench.service.delete(Array("job/\(index)".utf8).span)
        bench.settle()
      }
      try bench.store(5, in: kept)
      #expect(guest.client.events.count < 100 && guest.client.registerCount == 1)
      #expect(guest.told() == ["job/kept=5"])
    }
  }

  @Test("searching for the registers of a prefix again and again keeps nobody else waiting")
  func searching() throws {
    try HubBench.use { bench in
      for index in 0..<1500 { _ = try bench.make("r/\(index)") }
      let other = try bench.make("other")
      let (busy, patient) = (HubGuest(bench), HubGuest(bench))
      for key in 0..<200 as Range<UInt32> {
        let number = try busy.client.watch(prefix: Array("r/".utf8), key: key, interval: 0)
        try patient.wait(key, other, .equal, 1, milliseconds: 1)
        bench.now += 2_000_000
        _ = bench.hub.process(now: bench.now)
        #expect(patient.client.nextResult()?.key == key)
        #expect(busy.client.unwatch(number))
        #expect(busy.client.registerCount < 1000)
      }
      bench.settle()
      #expect(busy.client.registerCount == 0 && bench.hub.watchedCount == 0)
      #expect(bench.service.board.registers.load(ordering: .relaxed) == 0)
    }
  }

  @Test("all clients together have a bounded number of watches")
  func total() throws {
    var limits = WaitLimits()
    (limits.watches, limits.watchesTotal) = (3, 4)
    try HubBench.use(limits) { bench in
      let (first, second) = (HubGuest(bench), HubGuest(bench))
      let numbers = try (0..<3 as Range<UInt32>).map {
        try first.client.watch(prefix: [0x61], key: $0, interval: 0)
      }
      _ = try second.client.watch(prefix: [0x61], key: 1, interval: 0)
      #expect {
        try second.client.watch(prefix: [0x61], key: 2, interval: 0)
      } throws: { "\($0)".contains("the server has its 4 watches") }
      #expect(first.client.unwatch(numbers[1]))
      _ = try second.client.watch(prefix: [0x61], key: 3, interval: 0)
      first.client.close()
      second.client.close()
      #expect(bench.service.board.watches.load(ordering: .relaxed) == 0)
    }
  }

  @Test("a name finds the watches whose prefix it begins with, and no others")
  func prefixes() throws {
    try HubBench.use { bench in
      let client = bench.hub.makeClient {}
      var random = SeededGenerator(seed: 7)
      var index = PrefixIndex()
      var kept: [Watch] = []
      for number in 0..<2000 as Range<UInt32> {
        if number % 3 == 2, let position = kept.indices.randomElement(using: &random) {
          index.remove(kept.remove(at: position))
        } else {
          let prefix = (0..<Int.random(in: 0..<4, using: &random)).map { _ in
            UInt8.random(in: 0x61...0x63, using: &random)
          }
          let watch = Watch(number, key: number, of: client, prefix: prefix, interval: 0)
          index.insert(watch)
          kept.append(watch)
        }
        let name = String(
          decoding: (0..<Int.random(in: 1..<5, using: &random)).map { _ in
            UInt8.random(in: 0x61...0x63, using: &random)
          }, as: UTF8.self)
        let expected = kept.filter { name.utf8.starts(with: $0.prefix ?? []) }.map(\.number)
        #expect(index.matching(name).map(\.number).sorted() == expected.sorted())
      }
      for watch in kept { index.remove(watch) }
      #expect(index.isEmpty && index.lengthCount == 0)
    }
  }
}
