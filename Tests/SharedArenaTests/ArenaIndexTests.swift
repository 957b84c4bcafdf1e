// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaIndexTests {
  private static func specification(_ name: String, initial: UInt128 = 0) throws
    -> RegisterSpecification
  {
    let type = try #require(RegisterType(name: "u64"))
    return RegisterSpecification(name: name, type: type, initial: initial, ownerUser: 0)
  }

  @Test("ten thousand names are all found while the index grows under them")
  func growth() throws {
    try withTemporaryArena { arena in
      for index in 0..<10_000 {
        _ = try arena.create(Self.specification("r:\(index)", initial: UInt128(index)))
        if index % 97 == 0 { #expect(arena.find(named: "r:\(index / 2)") != nil) }
      }
      let late = try Arena.open(at: arena.path)
      for index in 0..<10_000 {
        let handle = try #require(late.find(named: "r:\(index)"))
        #expect(late.cell(of: handle)?.load() == UInt128(index))
      }
      #expect(late.find(named: "r:10000") == nil)
      #expect(late.count == 10_000)
      let counters = late.directory.bytes.counters
      let level = try #require(late.directory.level)
      #expect(counters.indexUsed <= level.wordCount / 2)
    }
  }

  @Test("the index and the slots stay few while names come and go")
  func churn() async {
    // Alone: slots are free again when no thread of the process is inside an operation.
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        for index in 0..<5_000 {
          _ = try arena.create(ArenaIndexTests.specification("r:\(index)"))
          if index >= 10 { #expect(try arena.delete(named: "r:\(index - 10)")) }
        }
        #expect(arena.count == 10)
        let counters = arena.directory.bytes.counters
        let level = try #require(arena.directory.level)
        #expect(level.log2 == IndexLayout.firstLevelLog2)
        #expect(counters.indexDead < 10)
        #expect(counters.nextSlot < 500)
        #expect(counters.deleteEpoch == 4_990)
        for index in 4_990..<5_000 { #expect(arena.find(named: "r:\(index)") != nil) }
        #expect(arena.find(named: "r:4989") == nil)
        expectWholeDirectory(arena)
      }
    }
  }

  @Test("crowded levels take turns at their places, and give their memory back")
  func places() async {
    // Alone: slots are free again when no thread of the process is inside an operation.
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        var seen: Set<Int> = []
        for index in 0..<40_000 {
          _ = try arena.create(ArenaIndexTests.specification("r:\(index)"))
          if index >= 360 { #expect(try arena.delete(named: "r:\(index - 360)")) }
          let level = try #require(arena.directory.level)
          seen.insert(level.start)
          try #require(arena.directory.bytes.counters.indexUsed <= level.wordCount / 8 * 7)
        }
        #expect(seen.count > 1, "the index moved")
        #expect(seen.count <= 4, "and it moved to places where it had been before")
        expectWholeDirectory(arena)
      }
    }
  }

  @Test("a level that grows under a server is built a piece at a time, and loses no name")
  func incremental() throws {
    try withTemporaryArenaPath { path in
      let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 1 << 16)).arena
      var gone: Set<String> = []
      for index in 0..<30_000 {
        _ = try arena.create(Self.specification("r:\(index)"))
        // Some go while a level is half copied: the youngest, and one from long before.
        var going: [String] = []
        if index % 3 == 2 { going.append("r:\(index - 1)") }
        if index % 6 == 5 { going.append("r:\(index / 6 * 3)") }
        for name in going { #expect(try arena.delete(named: name)) }
        gone.formUnion(going)
      }
      for index in 0..<30_000 {
        #expect((arena.find(named: "r:\(index)") == nil) == gone.contains("r:\(index)"))
      }
      expectWholeDirectory(arena)
    }
  }

  @Test("an arena of which every slot is used has room for every name")
  func indexRoom() async {
    // Alone: slots are free again when no thread of the process is inside an operation.
    await #expect(processExitsWith: .success) {
      try withTemporaryArena(capacity: 6_000) { arena in
        for round in 0..<3 {
          for index in 0..<6_000 {
            _ = try arena.create(ArenaIndexTests.specification("r:\(round):\(index)"))
          }
          #expect(throws: ArenaError.capacityReached(limit: 6_000, waiting: 0)) {
            try arena.create(ArenaIndexTests.specification("more"))
          }
          for index in 0..<6_000 { #expect(try arena.delete(named: "r:\(round):\(index)")) }
        }
        expectWholeDirectory(arena)
      }
    }
  }

  @Test("pages list each register once, in order of slots")
  func list() throws {
    try withTemporaryArena { arena in
      for index in 0..<300 { _ = try arena.create(Self.specification("r:\(index)")) }
      for index in stride(from: 0, to: 300, by: 3) {
        #expect(try arena.delete(named: "r:\(index)"))
      }
      var names: [String] = []
      var cursor: UInt64? = 0
      var pages = 0
      while let from = cursor {
        let page = list(arena, from: from, limit: 16, scanLimit: 20)
        #expect(page.registers.count <= 16)
        names += page.registers.map(\.name)
        cursor = page.next
        pages += 1
        try #require(pages < 100)
      }
      #expect(names == (0..<300).filter { $0 % 3 != 0 }.map { "r:\($0)" })
      #expect(pages >= 300 / 20)
    }
  }

  private func list(
    _ arena: Arena, from cursor: UInt64, prefix: String = "", limit: Int, scanLimit: Int
  ) -> (registers: [RegisterInfo], next: UInt64?) {
    arena.list(from: cursor, prefix: prefix.utf8.span, limit: limit, scanLimit: scanLimit)
  }

  @Test("a prefix selects names, and no cursor or limit is too strange")
  func listEdges() throws {
    try withTemporaryArena { arena in
      for name in ["a", "ab", "abc", "abcdefgh", "abcdefghi", "b"] {
        _ = try arena.create(Self.specification(name, initial: 3))
      }
      func names(_ prefix: String) -> [String] {
        list(arena, from: 0, prefix: prefix, limit: 100, scanLimit: 100).registers.map(\.name)
      }
      #expect(names("ab") == ["ab", "abc", "abcdefgh", "abcdefghi"])
      #expect(names("abcdefgh") == ["abcdefgh", "abcdefghi"])
      #expect(names("abcdefghij") == [])
      #expect(names(String(repeating: "a", count: 500)) == [])
      #expect(list(arena, from: .max, limit: 1, scanLimit: 1).next == nil)
      #expect(list(arena, from: 6, limit: 1, scanLimit: 1).next == nil)
      #expect(list(arena, from: 0, limit: .max, scanLimit: .max).registers.count == 6)
      #expect(list(arena, from: 0, limit: 0, scanLimit: -5).registers.map(\.name) == ["a"])
      #expect(list(arena, from: 0, limit: 1, scanLimit: 1).registers.first?.value == 3)
    }
  }

  @Test("look-ups find what stays, and never a wrong register, while others come and go")
  func concurrent() throws {
    try withTemporaryArena { arena in
      for index in 0..<64 { _ = try arena.create(Self.specification("stays:\(index)", initial: 7)) }
      let isDone = Atomic(false)
      let misses = Atomic(0)
      let wrong = Atomic(0)
      let hits = Atomic(0)
      DispatchQueue.concurrentPerform(iterations: 4) { thread in
        if thread == 0 {
          for index in 0..<6_000 {
            _ = try? arena.create(
              RegisterSpecification(
                name: "goes:\(index % 50):\(index)", type: RegisterType.all[3], initial: 9,
                ownerUser: 0))
            if index >= 50 { _ = try? arena.delete(named: "goes:\(index % 50):\(index - 50)") }
          }
          isDone.store(true, ordering: .releasing)
          return
        }
        var index = thread
        repeat {
          index &+= 1
          let name = "stays:\(index % 64)"
          guard let handle = arena.find(named: name), let cell = arena.cell(of: handle) else {
            misses.add(1, ordering: .relaxed)
            continue
          }
          hits.add(1, ordering: .relaxed)
          if cell.load() != 7 { wrong.add(1, ordering: .relaxed) }
          if let other = arena.find(named: "goes:\(index % 50):\(index % 6_000)"),
            let cell = arena.cell(of: other), cell.load() != 9
          {
            wrong.add(1, ordering: .relaxed)
          }
        } while !isDone.load(ordering: .acquiring)
      }
      #expect(misses.load(ordering: .relaxed) == 0)
      #expect(wrong.load(ordering: .relaxed) == 0)
      #expect(hits.load(ordering: .relaxed) > 0)
    }
  }

  @Test("of many that create one name at once, one makes it")
  func racingCreate() throws {
    try withTemporaryArena { arena in
      let other = try Arena.open(at: arena.path)
      for round in 0..<50 {
        let made = Atomic(0)
        let slots = Mutex<Set<UInt32>>([])
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
          let side = thread % 2 == 0 ? arena : other
          guard let specification = try? Self.specification("r:\(round)"),
            let result = try? side.create(specification)
          else { return }
          if result.created { made.add(1, ordering: .relaxed) }
          _ = slots.withLock { $0.insert(result.handle.slot) }
        }
        #expect(made.load(ordering: .relaxed) == 1)
        #expect(slots.withLock { $0.count } == 1)
      }
      #expect(arena.count == 50)
    }
  }
}
