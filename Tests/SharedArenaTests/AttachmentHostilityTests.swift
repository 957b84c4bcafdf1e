// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// Programs that hold locks on `val` where they should not.
@Suite struct AttachmentHostilityTests {
  /// Another open file of the arena's `val`, with a write lock.
  private static func lock(
    _ arena: Arena, from byte: UInt64, count: Int64
  ) throws -> FileDescriptor {
    let file = try FileDescriptor.directory(at: arena.path).file(named: "val", writable: true)
    try #require(clinux_ofd_lock(file.number, Int16(F_WRLCK), Int64(byte), count) == 0)
    return file
  }

  private static func withEpoch(_ epoch: Int, _ body: (Arena) throws -> Void) throws {
    try withTemporaryArena { arena in
      for _ in 0..<epoch {
        _ = try ArenaWaitTests.make("n", in: arena)
        _ = try arena.delete(named: "n")
      }
      try body(arena)
    }
  }

  @Test("who attaches takes an older byte when somebody sits on its own")
  func older() throws {
    try Self.withEpoch(10) { arena in
      let byte = try Arena.open(at: arena.path).lockByte
      let file = try Self.lock(arena, from: byte - 2, count: 3)
      let attached = try Arena.open(at: arena.path)
      #expect(attached.lockByte == byte - 3)
      let handle = try ArenaWaitTests.make("n", in: attached)
      #expect(attached.find(named: "n") == handle)
      withExtendedLifetime(file) {}
    }
  }

  @Test("and says which byte it is when there is none to be had")
  func none() throws {
    try withTemporaryArenaPath { path in
      do { _ = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64)) }
      let file = try FileDescriptor.directory(at: path).file(named: "val", writable: true)
      let locked = clinux_ofd_lock(file.number, Int16(F_WRLCK), Int64(Arena.firstLockByte), 1 << 30)
      #expect(locked == 0)
      let expected = ArenaError.attachmentLocked(
        path: "\(path)/val", byte: Arena.firstLockByte, process: nil)
      #expect(throws: expected) { try Arena.open(at: path) }
      #expect("\(expected)".contains("lslocks"))
    }
  }
}
