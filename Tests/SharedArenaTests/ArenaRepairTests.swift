// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import CLinux
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// What a program that may write `val` can break without cutting it.
@Suite struct ArenaRepairTests {
  private static func serve(
    _ body: (_ arena: Arena, _ handles: [RegisterHandle]) throws -> Void
  ) throws {
    try withTemporaryArenaPath { path in
      let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 8192)).arena
      try body(arena, try FaultGuardTests.make(in: arena))
    }
  }

  /// Writes as a stranger does, by a mapping of its own.
  private static func scribble(_ arena: Arena, _ slot: Int, _ field: Int, _ word: UInt64) throws {
    let stranger = try Arena.open(at: arena.path)
    withExtendedLifetime(stranger) {
      stranger.values.write(word, at: arena.cellOffset(slot, field))
    }
  }

  private static func load(_ handle: RegisterHandle, in arena: Arena) -> UInt128? {
    arena.withCell(of: handle) { $0.load() }
  }

  @Test("a healthy arena has no damage")
  func healthy() throws {
    try Self.serve { (arena, handles) throws in
      #expect(try arena.repair().isEmpty)
      #expect(arena.damage == DamageReport())
      #expect(arena.condition(of: handles[3]) == .alive)
      #expect(try !arena.restoreCell(of: handles[3]))
      #expect(try arena.delete(named: "r:3"))
      #expect(arena.condition(of: handles[3]) == .deleted)
      #expect(try !arena.restoreCell(of: handles[3]))
      #expect(try arena.repair().isEmpty && arena.damage.count == 0)
    }
  }

  @Test("an overwritten cell is damage and not a deletion, and is usable again once restored")
  func cell() throws {
    try Self.serve { (arena, handles) throws in
      try Self.scribble(arena, 5, CellLayout.generation, 0xDEAD)
      try Self.scribble(arena, 5, CellLayout.event, .max)
      #expect(Self.load(handles[5], in: arena) == nil)
      #expect(arena.condition(of: handles[5]) == .overwritten)
      #expect(arena.find(named: "r:5") == handles[5])
      #expect(throws: ArenaError.overwrittenCell(slot: 5)) {
        try arena.wait(on: handles[5], until: { _ in true }, timeout: .zero)
      }
      #expect(try arena.restoreCell(of: handles[5]))
      #expect(Self.load(handles[5], in: arena) == 6)
      #expect(arena.event(ofSlot: 5).current == 0)
      #expect(arena.damage.count == 1 && arena.damage.last == .cell(register: "r:5"))
      #expect(arena.damage.lastUnixNanoseconds > 1_700_000_000_000_000_000)
      #expect(try arena.repair().isEmpty)
    }
  }

  @Test("cells that nobody asks for are found by and by")
  func patrol() throws {
    try Self.serve { (arena, handles) throws in
      for slot in [0, 50, 99] { try Self.scribble(arena, slot, CellLayout.generation, 0) }
      #expect(try arena.repair() == [.cells(registers: 3, first: "r:0")])
      #expect(handles.allSatisfy { Self.load($0, in: arena) != nil })
      // Behind the first stretch, too.
      for index in 100..<5_000 {
        _ = try arena.create(
          RegisterSpecification(name: "r:\(index)", type: FaultGuardTests.type, ownerUser: 0))
      }
      try Self.scribble(arena, 4_999, CellLayout.generation, 0)
      var later: [Damage] = []
      for _ in 0..<5 { later += try arena.repair() }
      #expect(later == [.cell(register: "r:4999")])
    }
  }

  @Test("a cell whose register was deleted gets no register's generation")
  func deletedCell() throws {
    try Self.serve { (arena, handles) throws in
      #expect(try arena.delete(named: "r:7"))
      try Self.scribble(arena, 7, CellLayout.generation, handles[7].generation)
      // A stale handle reaches a cell that belongs to nobody, until the generation is right again.
      #expect(try arena.repair().isEmpty)
      #expect(Self.load(handles[7], in: arena) == nil)
      #expect(arena.condition(of: handles[7]) == .deleted)
    }
  }

  @Test("pages that were taken away come back, empty, and it is said how many registers had them")
  func punched() throws {
    try Self.serve { (arena, handles) throws in
      let file = try FileDescriptor.directory(at: arena.path).file(named: "val", writable: true)
      try file.punchHole(8192..<8192 + 4096)
      #expect(arena.condition(of: handles[64]) == .alive)
      #expect(try arena.repair() == [.pagesLost(registers: 64)])
      #expect(Self.load(handles[0], in: arena) == 0)
      #expect(Self.load(handles[64], in: arena) == 65)
      #expect(try arena.repair().isEmpty)
      // Whoever looks first makes a page of zeros of the hole.
      try file.punchHole(8192..<8192 + 4096)
      #expect(arena.condition(of: handles[0]) == .overwritten)
      #expect(try arena.repair() == [.cells(registers: 64, first: "r:0")])
    }
  }

  @Test("the header of val is written anew, by who serves and by who adopts")
  func header() throws {
    try withTemporaryArenaPath { path in
      let values = "\(path)/val"
      func scribble() throws {
        let file = try FileDescriptor.directory(at: path).file(named: "val", writable: true)
        try file.write([UInt8](repeating: 0xAA, count: 4096))
      }
      do {
        let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
        _ = try FaultGuardTests.make(in: arena)
        try scribble()
        #expect(throws: ArenaError.mispairedFiles(path: values)) { try Arena.open(at: path) }
        #expect(try arena.repair() == [.header])
        #expect(throws: Never.self) { try Arena.open(at: path) }
        #expect(try arena.repair().isEmpty)
      }
      try scribble()
      let (arena, adopted) = try Arena.serve(at: path)
      #expect(adopted && arena.damage.last == .header && arena.damage.count == 1)
      let handle = try #require(arena.find(named: "r:9"))
      #expect(Self.load(handle, in: arena) == 10)
      #expect(throws: Never.self) { try Arena.open(at: path) }
    }
  }

  @Test("the val of another arena is not taken for a damaged one")
  func mispaired() throws {
    try withTemporaryArenaPath { path in
      do {
        let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
        _ = try Arena.serve(at: "\(path)-2", options: ArenaOptions(capacity: 4096))
        _ = arena
      }
      let values = "\(path)/val"
      try FileManager.default.removeItem(atPath: values)
      try FileManager.default.moveItem(atPath: "\(path)-2/val", toPath: values)
      #expect(throws: ArenaError.mispairedFiles(path: values)) { try Arena.serve(at: path) }
      // Nor one whose length is another one, whatever its header says.
      try FileManager.default.removeItem(atPath: values)
      try Data(count: 10_000).write(to: URL(fileURLWithPath: values))
      #expect(throws: ArenaError.unsafePath(path: values, .truncated)) {
        try Arena.serve(at: path)
      }
    }
  }
}
