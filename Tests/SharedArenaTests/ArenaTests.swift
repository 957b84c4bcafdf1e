// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import TestSupport
import Testing

@Suite struct ArenaTests {
  private let u64 = RegisterType(name: "u64")!

  private func specification(
    _ name: String, _ type: String = "u64", initial: UInt128 = 0
  ) throws -> RegisterSpecification {
    let type = try #require(RegisterType(name: type))
    return RegisterSpecification(name: name, type: type, initial: initial, ownerUser: 1000)
  }

  @Test("a created register is found by its name and holds its first value")
  func createAndFind() throws {
    try withTemporaryArena { arena in
      let (handle, created) = try arena.create(specification("hits", initial: 5))
      #expect(created)
      #expect(arena.find(named: "hits") == handle)
      #expect(arena.cell(of: handle)?.load() == 5)
      #expect(arena.count == 1)
    }
  }

  @Test("every type's cell starts with its initial value", arguments: RegisterType.all)
  func everyType(type: RegisterType) throws {
    try withTemporaryArena { arena in
      let initial = type.width.mask
      let made = try arena.create(
        RegisterSpecification(name: "r", type: type, initial: initial, ownerUser: 0))
      let cell = try #require(arena.cell(of: made.handle))
      #expect(cell.type == type)
      #expect(cell.load() == initial)
      #expect(arena.info(of: made.handle)?.value == initial)
    }
  }

  @Test("creating a register twice gives the first one, whatever else is asked for")
  func createTwice() throws {
    try withTemporaryArena { arena in
      let first = try arena.create(specification("hits", initial: 5))
      let second = try arena.create(specification("hits", initial: 9))
      #expect(second.handle == first.handle)
      #expect(!second.created)
      #expect(arena.cell(of: second.handle)?.load() == 5)
    }
  }

  @Test("a register of another type is in the way")
  func typeMismatch() throws {
    try withTemporaryArena { arena in
      _ = try arena.create(specification("hits"))
      #expect(throws: ArenaError.typeMismatch(existing: u64)) {
        try arena.create(specification("hits", "i64"))
      }
    }
  }

  @Test("two attachments work on the same value")
  func twoAttachments() throws {
    try withTemporaryArenaPath { path in
      let one = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 1024))
      let other = try Arena.open(at: path)
      let made = try one.create(specification("hits"))
      let found = try #require(other.find(named: "hits"))
      one.cell(of: made.handle)?.store(41)
      #expect(other.cell(of: found)?.load() == 41)
      #expect(other.uuid == one.uuid)
      #expect(other.bootEpoch == one.bootEpoch)
    }
  }

  @Test("a deleted register is neither found nor reached")
  func delete() throws {
    try withTemporaryArena { arena in
      let made = try arena.create(specification("hits", initial: 7))
      #expect(try arena.delete(named: "hits"))
      #expect(arena.find(named: "hits") == nil)
      #expect(arena.cell(of: made.handle) == nil)
      #expect(arena.info(of: made.handle) == nil)
      #expect(arena.count == 0)
      #expect(try !arena.delete(named: "hits"))
      let again = try arena.create(specification("hits"))
      #expect(again.created)
      #expect(again.handle.slot != made.handle.slot)
      #expect(arena.cell(of: made.handle) == nil)
    }
  }

  @Test("an operation that was under way at the deletion changes no other register")
  func staleCell() throws {
    try withTemporaryArena { arena in
      let made = try arena.create(specification("old"))
      let stale = try #require(arena.cell(of: made.handle))
      #expect(try arena.delete(named: "old"))
      let next = try (0..<200).map { try arena.create(specification("new\($0)")).handle }
      stale.store(.max)
      for handle in next { #expect(arena.cell(of: handle)?.load() == 0) }
    }
  }

  @Test("what was said at the creation is what is known about a register")
  func info() throws {
    try withTemporaryArena { arena in
      let type = try #require(RegisterType(name: "i128"))
      let specification = RegisterSpecification(
        name: String(repeating: "n", count: 128), type: type, initial: 1 << 100,
        label: String(repeating: "é", count: 32), ownerUser: 4_000_000_000, ownerTag: .max,
        restoreGap: 1 << 90)
      let made = try arena.create(specification)
      let info = try #require(arena.info(of: made.handle))
      #expect(info.name == specification.name)
      #expect(info.type == type)
      #expect(info.value == 1 << 100)
      #expect(info.label == specification.label)
      #expect(info.ownerUser == 4_000_000_000)
      #expect(info.ownerTag == .max)
      #expect(info.restoreGap == 1 << 90)
      #expect(info.handle == made.handle)
      #expect(info.createdUnixNanoseconds > 1_700_000_000_000_000_000)
    }
  }

  @Test("labels and initial values are checked before anything is made")
  func badSpecification() throws {
    try withTemporaryArena { arena in
      var specification = try specification("r")
      specification.label = String(repeating: "x", count: 65)
      #expect(throws: ArenaError.invalidLabel) { try arena.create(specification) }
      specification.label = "a\nb"
      #expect(throws: ArenaError.invalidLabel) { try arena.create(specification) }
      specification.label = ""
      specification.initial = 1 << 64
      #expect(throws: ArenaError.initialValueOutOfRange(u64)) { try arena.create(specification) }
      specification.initial = 0
      specification.name = "a//b"
      #expect(throws: ArenaError.invalidName(.invalidSegment(offset: 2))) {
        try arena.create(specification)
      }
      #expect(arena.count == 0)
    }
  }

  @Test("names that differ only in length or in one byte are different registers")
  func similarNames() throws {
    try withTemporaryArena { arena in
      let names = (1...128).flatMap { count in
        [String(repeating: "a", count: count), String(repeating: "a", count: count - 1) + "b"]
      }
      var slots: Set<UInt32> = []
      for name in names { slots.insert(try arena.create(specification(name)).handle.slot) }
      #expect(slots.count == names.count)
      for (index, name) in names.enumerated() {
        #expect(arena.find(named: name)?.slot == UInt32(index))
      }
      #expect(arena.find(named: String(repeating: "a", count: 129)) == nil)
      #expect(arena.find(named: "") == nil)
    }
  }

  @Test("a full arena says what its limit is")
  func capacity() throws {
    try withTemporaryArena(capacity: 3) { arena in
      for index in 0..<3 { _ = try arena.create(specification("r\(index)")) }
      #expect(throws: ArenaError.capacityReached(limit: 3, waiting: 0)) {
        try arena.create(specification("r3"))
      }
      #expect(arena.find(named: "r2") != nil)
    }
  }

  @Test("a location leads to the value in the file")
  func location() throws {
    try withTemporaryArena { arena in
      let made = try arena.create(specification("hits", initial: 0x0102))
      let location = arena.location(of: made.handle)
      #expect(location.file == "\(arena.path)/val")
      #expect(location.width == .eight)
      #expect(location.lockByte == 1 << 62)
      #expect(location.offset % 64 == 0)
      #expect(try arena.delete(named: "hits"))
      #expect(arena.location(of: made.handle).lockByte == 1 << 62 + 1)
    }
  }

  @Test("an observer reads values, and changes nothing")
  func observer() throws {
    try withTemporaryArena { arena in
      let type = try #require(RegisterType(name: "u128"))
      let made = try arena.create(
        RegisterSpecification(name: "wide", type: type, initial: .max - 1, ownerUser: 0))
      let small = try arena.create(specification("small", "u16", initial: 77))
      let observer = try Arena.open(at: arena.path, access: .readOnly)
      #expect(observer.find(named: "wide") == made.handle)
      #expect(observer.info(of: made.handle)?.value == UInt128.max - 1)
      #expect(observer.info(of: small.handle)?.value == 77)
      #expect(observer.cell(of: made.handle) == nil)
      #expect(throws: ArenaError.readOnly) { try observer.create(specification("other")) }
      #expect(throws: ArenaError.readOnly) { try observer.delete(named: "wide") }
    }
  }
}
