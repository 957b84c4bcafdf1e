// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Foundation
import TestSupport
import Testing

@testable import SharedArena

#if THREAD_SANITIZER
  private let isSanitized = true
#else
  private let isSanitized = false
#endif

/// Files that are cut while they are mapped. Each test is a process: the guard is the process's.
@Suite(
  .disabled(if: isSanitized, "the sanitizer's handler wants a lock that it holds at the fault"))
struct FaultGuardTests {
  static let type = RegisterType.all[3]

  static func make(in arena: Arena, count: Int = 100) throws -> [RegisterHandle] {
    try (0..<count).map { index in
      try arena.create(
        RegisterSpecification(
          name: "r:\(index)", type: type, initial: UInt128(index + 1), ownerUser: 0)
      ).handle
    }
  }

  static func cut(_ arena: Arena, to byteCount: Int) {
    // Safety: the path is a string that lives as long as the call.
    let result = unsafe truncate("\(arena.path)/val", byteCount)
    #expect(result == 0)
  }

  @Test("an operation on what was cut away ends, is known to be worth nothing, and is repaired")
  func truncation() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        try FaultGuard.install()
        let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
        let client = try Arena.open(at: path)
        let handles = try FaultGuardTests.make(in: arena)
        let kept = try #require(arena.cell(of: handles[0]))
        FaultGuardTests.cut(arena, to: 8192)
        #expect(!arena.isFaulty)
        kept.store(77)
        #expect(arena.isFaulty && arena.damage.isUnrepaired)
        let add = try AtomicRequest(.increment, on: FaultGuardTests.type)
        #expect(arena.perform(add, on: handles[0]) == nil)
        #expect(
          try arena.repair() == [.truncated(byteCount: 8192, registers: 100)])
        #expect(!arena.isFaulty && arena.damage.count == 1 && !arena.damage.isUnrepaired)
        #expect(try arena.repair().isEmpty)
        // Each operation is everybody's again, and no value is what it was.
        for handle in handles {
          #expect(arena.perform(add, on: handle)?.old == 0)
          #expect(client.perform(add, on: handle)?.old == 1)
        }
        #expect(kept.load() == 2)
        #expect(arena.find(named: "r:99") == handles[99])
        #expect(throws: Never.self) { try Arena.open(at: path) }
      }
    }
  }

  @Test("values before the cut are what they were")
  func partialTruncation() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        try FaultGuard.install()
        let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
        let handles = try FaultGuardTests.make(in: arena)
        // Cells 0 to 63 are the first page of cells.
        FaultGuardTests.cut(arena, to: 8192 + 4096)
        let load = try AtomicRequest(.load, on: FaultGuardTests.type)
        #expect(arena.perform(load, on: handles[63])?.old == 64)
        #expect(!arena.isFaulty)
        #expect(arena.perform(load, on: handles[64]) == nil)
        #expect(arena.isFaulty)
        #expect(try arena.repair() == [.truncated(byteCount: 12288, registers: 36)])
        #expect(arena.perform(load, on: handles[63])?.old == 64)
        #expect(arena.perform(load, on: handles[64])?.old == 0)
      }
    }
  }

  @Test("threads operate while the file is cut and repaired again and again")
  func storm() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        try FaultGuard.install()
        let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
        let handles = try FaultGuardTests.make(in: arena)
        let end = try ArenaWaitTests.make("end", in: arena)
        let add = try AtomicRequest(.increment, on: FaultGuardTests.type)
        // What the threads are told by is in an arena that stays whole.
        let isOver = try Arena.openOrCreate(
          at: "\(path)-2", options: ArenaOptions(capacity: 64))
        let stop = try ArenaWaitTests.make("stop", in: isOver)
        let threads = (0..<2).map { _ in
          Thread {
            while isOver.withCell(of: stop, { $0.load() }) == 0 {
              for handle in handles { _ = arena.perform(add, on: handle) }
            }
            _ = isOver.perform(add, on: stop)
          }
        }
        for thread in threads { thread.start() }
        for round in 0..<100 {
          FaultGuardTests.cut(arena, to: 4096 * (1 + round % 4))
          #expect(!(try arena.repair().isEmpty))
        }
        isOver.withCell(of: stop) { $0.store(1) }
        #expect(becomesTrue { isOver.withCell(of: stop) { $0.load() } == 3 })
        // No page of the guard's is left: what one mapping does, another one sees.
        _ = try arena.repair()
        #expect(!arena.isFaulty)
        let other = try Arena.open(at: path)
        for handle in handles + [end] {
          arena.withCell(of: handle) { $0.store(123) }
          #expect(other.withCell(of: handle) { $0.load() } == 123)
        }
      }
    }
  }

  @Test("the directory is not made up: when it was cut the repair says so")
  func directory() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        try FaultGuard.install()
        let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
        _ = try FaultGuardTests.make(in: arena)
        // Safety: the path is a string that lives as long as the call.
        let result = unsafe truncate("\(path)/dir", 4096)
        #expect(result == 0)
        _ = arena.find(named: "r:1")
        #expect(throws: ArenaError.unsafePath(path: "\(path)/dir", .truncated)) {
          try arena.repair()
        }
      }
    }
  }

  #if DEBUG
    @Test("with no memory for what was lost the repair says so, and the arena stays faulty")
    func full() async throws {
      try await withTemporaryArenaPath { path in
        await #expect(processExitsWith: .success) { [path = path as String] in
          try FaultGuard.install()
          let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
          let handle = try FaultGuardTests.make(in: arena)[0]
          FaultGuardTests.cut(arena, to: 8192)
          _ = arena.withCell(of: handle) { $0.load() }
          MemoryFault.allow(0)
          do throws(ArenaError) {
            _ = try arena.repair()
            Issue.record("the repair took memory")
          } catch {
            if case .fileSystemFull = error {} else { Issue.record("\(error)") }
          }
          #expect(arena.isFaulty)
        }
      }
    }
  #endif

  // MARK: - Other people's faults

  /// One page of a file that has no pages.
  private static func touchMissingPage(_ path: String) {
    // Safety: the string lives as long as the calls; the page is mapped, and touching it is the
    // test.
    let file = unsafe open(path, O_RDWR | O_CREAT, 0o600)
    let page = unsafe mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
    unsafe page?.storeBytes(of: 1, as: UInt8.self)
  }

  @Test("a fault that is no arena's ends the process, as without the guard")
  func foreign() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .signal(SIGBUS)) { [path = path as String] in
        signal(SIGBUS, SIG_DFL)
        try FaultGuard.install()
        let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
        withExtendedLifetime(arena) { FaultGuardTests.touchMissingPage("\(path)-file") }
      }
    }
  }

  @Test("or goes to the handler that was there before")
  func chained() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .exitCode(7)) { [path = path as String] in
        signal(SIGBUS) { _ in _exit(7) }
        try FaultGuard.install()
        FaultGuardTests.touchMissingPage("\(path)-file")
      }
      await #expect(processExitsWith: .exitCode(8)) {
        signal(SIGBUS) { _ in _exit(8) }
        try FaultGuard.install()
        raise(SIGBUS)
      }
    }
  }

  @Test("a closed arena is guarded no longer")
  func closed() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        // More arenas one after the other than there are places for ranges.
        for _ in 0..<300 {
          _ = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
        }
        try FaultGuard.install()
        let arena = try Arena.openOrCreate(at: path)
        let handle = try ArenaWaitTests.make("n", in: arena)
        FaultGuardTests.cut(arena, to: 8192)
        #expect(arena.withCell(of: handle) { $0.load() } == nil)
        #expect(arena.isFaulty)
      }
    }
  }
}
