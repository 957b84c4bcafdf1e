// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaOwnerTests {
  private static func create(_ name: String, _ arena: Arena, user: UInt32 = 7, tag: UInt64 = 42)
    throws
  {
    _ = try arena.create(
      RegisterSpecification(
        name: name, type: RegisterType.all[3], ownerUser: user, ownerTag: tag))
  }

  private static func names(_ arena: Arena) -> [String] {
    arena.list(from: 0, prefix: [UInt8]().span, limit: .max, scanLimit: .max).registers.map(\.name)
  }

  @Test("what goes is of this user and of this tag, both")
  func owner() throws {
    try withTemporaryArena { arena in
      try Self.create("mine", arena)
      try Self.create("his", arena, user: 8)
      try Self.create("other", arena, tag: 43)
      try Self.create("untagged", arena, tag: 0)
      try Self.create("mine:too", arena)
      let part = try arena.deleteOwned(
        by: 7, tag: 42, from: 0, limit: 100, scanLimit: 100)
      #expect(part.deleted.map(\.slot) == [0, 4] && part.next == nil)
      #expect(part.deleted.allSatisfy { arena.info(of: $0) == nil })
      #expect(Self.names(arena) == ["his", "other", "untagged"])
      #expect(try arena.deleteOwned(by: 7, tag: 42, from: 0, limit: 1, scanLimit: 9).deleted == [])
      expectWholeDirectory(arena)
    }
  }

  @Test("a part ends at either limit, and the next one goes on from there")
  func parts() throws {
    try withTemporaryArena { arena in
      for index in 0..<20 { try Self.create("r\(index)", arena, tag: index % 4 == 3 ? 1 : 42) }
      func delete(_ cursor: UInt64, _ limit: Int, _ scanLimit: Int) throws -> [UInt64] {
        let part = try arena.deleteOwned(
          by: 7, tag: 42, from: cursor, limit: limit, scanLimit: scanLimit)
        return [UInt64(part.deleted.count), part.next ?? 0]
      }
      #expect(try delete(0, 2, 100) == [2, 2])
      #expect(try delete(2, 100, 5) == [4, 7])
      #expect(try delete(7, 0, 0) == [0, 8])
      #expect(try delete(8, 100, 100) == [9, 0])
      for cursor in [20, 1000, UInt64.max] { #expect(try delete(cursor, 9, 9) == [0, 0]) }
      #expect(Self.names(arena) == ["r3", "r7", "r11", "r15", "r19"])
      expectWholeDirectory(arena)
    }
  }

  @Test("where the directory has a server, or may not be written, nothing goes")
  func refused() throws {
    try withTemporaryArenaPath { path in
      let served = try Arena.serve(at: path).arena
      try Self.create("mine", served)
      let local = try Arena.open(at: path)
      let error = #expect(throws: ArenaError.self) {
        try local.deleteOwned(by: 7, tag: 42, from: 0, limit: 9, scanLimit: 9)
      }
      guard case .directoryHeld? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      let observed = try Arena.open(at: path, access: .readOnly)
      #expect(throws: ArenaError.readOnly) {
        try observed.deleteOwned(by: 7, tag: 42, from: 0, limit: 9, scanLimit: 9)
      }
      #expect(Self.names(served) == ["mine"])
    }
  }

  @Test("how long another writer is waited for is said when the arena is opened")
  func deadline() throws {
    try withTemporaryArena { arena in
      try Self.create("mine", arena)
      let blocking = try Arena.open(at: arena.path)
      try blocking.withDirectory { _ throws(ArenaError) in
        let clock = ContinuousClock()
        let hasty = try Arena.open(
          at: arena.path, options: ArenaOptions(lockTimeoutNanoseconds: 1_000_000))
        var failure: ArenaError?
        let time = clock.measure {
          do throws(ArenaError) {
            _ = try hasty.deleteOwned(by: 7, tag: 42, from: 0, limit: 9, scanLimit: 9)
          } catch {
            failure = error
          }
        }
        guard case .directoryBusy(let process, _)? = failure else {
          Issue.record("\(String(describing: failure))")
          return
        }
        #expect(process == getpid())
        // The default is two seconds.
        #expect(time < .seconds(1))
      }
    }
  }
}
