// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import SharedArena

/// Registers into a snapshot and out of it.
@Suite struct ArenaSnapshotTests {
  private static func value(of arena: Arena, _ name: String) -> UInt128? {
    arena.find(named: name).flatMap { handle in arena.withCell(of: handle) { $0.load() } }
  }

  @Test("every kind and width comes back, with all that is known of the register")
  func roundTrip() throws {
    try withSnapshotPath { path in
      let saved = try withTemporaryArena { arena in
        for (index, type) in RegisterType.all.enumerated() {
          let gap: UInt128 = type.kind.isInteger ? 3 : 0
          let made = try arena.create(
            RegisterSpecification(
              name: type.name, type: type, label: "label \(index)", ownerUser: UInt32(index),
              ownerTag: UInt64(index) << 40, restoreGap: gap))
          let pattern: UInt128 = 0x0123_4567_89AB_CDEF_1122_3344_5566_7788
          _ = arena.overwrite(made.handle, pattern & type.width.mask)
        }
        #expect(try arena.snapshot(to: path).registerCount == UInt64(RegisterType.all.count))
        let none: [UInt8] = []
        return arena.list(from: 0, prefix: none.span, limit: 100, scanLimit: 100).registers
      }
      try withTemporaryArena { arena in
        let report = try arena.restore(from: path)
        #expect(report.created == RegisterType.all.count && report.damage == nil)
        #expect(report.withGap == RegisterType.all.count { $0.kind.isInteger })
        for old in saved {
          let handle = try #require(arena.find(named: old.name))
          var new = try #require(arena.info(of: handle))
          let expected = old.type.adding(restoreGap: old.restoreGap, to: try #require(old.value))
          #expect(new.value == expected)
          (new.value, new.slot, new.generation) = (old.value, old.slot, old.generation)
          #expect(new == old)
        }
      }
    }
  }

  @Test("what exists is left alone unless it is overwritten; another type is reported")
  func existing() throws {
    try withSnapshotPath { path in
      try write([u64("a", 1), u64("b", 2, gap: 10), u64("c", 3)], to: path)
      try withTemporaryArena { arena in
        func make(_ name: String, _ type: String) throws {
          _ = try arena.create(
            RegisterSpecification(
              name: name, type: try #require(RegisterType(name: type)), initial: 50, ownerUser: 0))
        }
        try make("b", "u64")
        try make("c", "i64")
        let report = try arena.restore(from: path)
        #expect((report.created, report.kept, report.overwritten) == (1, 1, 0))
        #expect(report.conflictCount == 1)
        #expect(report.conflicts.map(\.name) == ["c"])
        #expect(report.conflicts.map(\.existing?.name) == ["i64"])
        #expect(Self.value(of: arena, "a") == 1)
        #expect(Self.value(of: arena, "b") == 50)
        let again = try arena.restore(from: path, overwriting: true)
        #expect((again.created, again.kept, again.overwritten) == (0, 0, 2))
        #expect(Self.value(of: arena, "b") == 12)
        #expect(Self.value(of: arena, "c") == 50)
      }
    }
  }

  @Test("from the snapshot before the newest, restore gaps count twice")
  func twiceFromPrevious() throws {
    try withSnapshotPath { path in
      try write([u64("n", 100, gap: 10)], to: path)
      try write([u64("n", 105, gap: 10)], to: path)
      try setBytes([1, 2, 3], ofFile: path)
      try withTemporaryArena { arena in
        let report = try arena.restore(from: path)
        #expect(report.damage == .notASnapshot)
        #expect(report.snapshot.path == path + ".previous")
        #expect(Self.value(of: arena, "n") == 120)
      }
    }
  }

  @Test("while others write, each saved value is one that its register had")
  func underLoad() throws {
    try withSnapshotPath { path in
      try withTemporaryArena { arena in
        let type = try #require(RegisterType(name: "u128"))
        let handle = try arena.create(
          RegisterSpecification(name: "twin", type: type, ownerUser: 0)
        ).handle
        // Both halves of the value are always equal.
        let repeated: UInt128 = 1 << 64 | 1
        let isSaved = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 2) { worker in
          if worker == 0 {
            var round: UInt128 = 0
            while !isSaved.load(ordering: .relaxed) {
              round += 1
              _ = arena.overwrite(handle, repeated * (round & 0xFFFF_FFFF))
            }
          } else {
            defer { isSaved.store(true, ordering: .relaxed) }
            for _ in 0..<20 {
              #expect(throws: Never.self) {
                try arena.snapshot(to: path)
                let value = try #require(try newestEntries(at: path)?.first?.value)
                #expect(value % repeated == 0)
              }
            }
          }
        }
      }
    }
  }

  @Test(
    "a restore gap moves a value on by the type, up to its greatest",
    arguments: [
      ("u8", 250, 5, 255), ("u8", 250, 6, 255), ("u8", 0, 255, 255), ("u64", 7, 3, 10),
      ("u128", UInt128.max - 1, 1, UInt128.max), ("u128", UInt128.max - 1, 9, UInt128.max),
      ("i8", 0xF0, 0x20, 0x10), ("i8", 0x7E, 5, 0x7F), ("i8", 0x80, 0x7F, 0xFF),
      ("i128", UInt128.max, 1, 0), ("i128", UInt128.max >> 1, 1, UInt128.max >> 1),
    ] as [(String, UInt128, UInt128, UInt128)])
  func adding(type: String, value: UInt128, gap: UInt128, expected: UInt128) throws {
    let type = try #require(RegisterType(name: type))
    #expect(type.takes(restoreGap: gap))
    #expect(type.adding(restoreGap: gap, to: value) == expected)
  }

  @Test("floats, bytes and negative gaps are refused")
  func refused() throws {
    try withTemporaryArena { arena in
      for (name, gap) in [("f64", UInt128(1)), ("bytes8", 1), ("i8", 0x80)] {
        let type = try #require(RegisterType(name: name))
        let specification = RegisterSpecification(
          name: "n", type: type, ownerUser: 0, restoreGap: gap)
        #expect(throws: ArenaError.restoreGapNotTaken(type)) { try arena.create(specification) }
      }
    }
  }
}
