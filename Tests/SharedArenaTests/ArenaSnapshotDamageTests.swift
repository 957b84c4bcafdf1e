// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// Snapshots of an arena whose values another program breaks.
@Suite struct ArenaSnapshotDamageTests {
  /// An arena with `count` registers that hold 1, 2, 3, …, and a place for snapshots.
  private static func serve(
    count: Int = 100,
    _ body: (_ arena: Arena, _ handles: [RegisterHandle], _ snapshot: String) throws -> Void
  ) throws {
    let directory = try TemporaryArenaDirectory()
    let arena = try Arena.serve(
      at: directory.arenaPath(), options: ArenaOptions(capacity: 8192)
    ).arena
    try body(arena, try FaultGuardTests.make(in: arena, count: count), directory.path + "/all")
  }

  private static func punch(_ arena: Arena) throws {
    let file = try FileDescriptor.directory(at: arena.path).file(named: "val", writable: true)
    try file.punchHole(8192..<8192 + 4096)
  }

  private static func value(_ handle: RegisterHandle, in arena: Arena) -> UInt128? {
    arena.withCell(of: handle) { $0.load() }
  }

  private static func page(of arena: Arena) -> [RegisterInfo] {
    arena.list(from: 0, prefix: "".utf8.span, limit: .max, scanLimit: .max).registers
  }

  @Test("values that were lost are in no snapshot and no list, and nothing is replaced by them")
  func lost() throws {
    try Self.serve { (arena, handles, path) throws in
      try arena.snapshot(to: path)
      try Self.punch(arena)
      let damaged = ArenaError.damagedValues(path: "\(arena.path)/val")
      #expect(throws: damaged) { try arena.snapshot(to: path) }
      #expect(try newestEntries(at: path)?.map(\.value) == (1...100).map { UInt128($0) })
      #expect(!FileManager.default.fileExists(atPath: path + ".previous"))
      #expect(arena.info(of: handles[3])?.value == nil)
      #expect(arena.info(of: handles[64])?.value == 65)
      let values = Self.page(of: arena).map(\.value)
      #expect(values == (1...100).map { $0 <= 64 ? nil : UInt128($0) })
      #expect(try !arena.repair().isEmpty)
      // What is there now is saved once it is known what it is.
      try arena.snapshot(to: path)
      #expect(try newestEntries(at: path)?.first?.value == 0)
      #expect(Self.page(of: arena).first?.value == 0)
    }
  }

  @Test("a snapshot during which a value was lost comes to nothing, also when the cell is whole")
  func meanwhile() throws {
    try Self.serve { (arena, handles, path) throws in
      try arena.snapshot(to: path)
      let before = arena.damage.lossCount
      try Self.punch(arena)
      #expect(try arena.restoreCell(of: handles[5]))
      _ = try arena.repair()
      #expect(throws: ArenaError.damagedValues(path: "\(arena.path)/val")) {
        try arena.snapshot(to: path, losses: before) { $1 }
      }
      _ = try arena.snapshot(to: path, losses: arena.damage.lossCount) { $1 }
    }
  }

  @Test("what a snapshot came upon is repaired at once, wherever it is")
  func wholePatrol() throws {
    try Self.serve(count: 5_000) { (arena, _, path) throws in
      for slot in [1_500, 4_999] {
        arena.values.write(0xDEAD, at: arena.cellOffset(slot, CellLayout.generation))
      }
      #expect(throws: ArenaError.self) { try arena.snapshot(to: path) }
      #expect(try arena.repair() == [.cells(registers: 2, first: "r:1500")])
      #expect(try arena.snapshot(to: path).registerCount == 5_000)
    }
  }

  @Test("a lost register is raised to what is known of it before it can be used")
  func floor() throws {
    try Self.serve { (arena, handles, _) throws in
      arena.onLostValue { handle in handle == handles[9] ? 500 : handle == handles[8] ? 4 : nil }
      try Self.punch(arena)
      #expect(try arena.restoreCell(of: handles[9]))
      #expect(Self.value(handles[9], in: arena) == 500)
      try Self.punch(arena)
      #expect(try !arena.repair().isEmpty)
      #expect([7, 8, 9].map { Self.value(handles[$0], in: arena) } == [0, 4, 500])
      // Scribbled over, and beyond it already.
      _ = arena.overwrite(handles[9], 700)
      arena.values.write(0, at: arena.cellOffset(9, CellLayout.generation))
      #expect(try arena.repair() == [.cell(register: "r:9")])
      #expect(Self.value(handles[9], in: arena) == 700)
    }
  }

  @Test("the newest whole snapshot is kept under names that are not taken twice")
  func keep() throws {
    try withSnapshotPath { path in
      #expect(try Arena.keepSnapshot(at: path) == nil)
      try write([u64("n", 1)], to: path)
      try write([u64("n", 2)], to: path)
      #expect(try Arena.keepSnapshot(at: path) == path + ".before-damage")
      try write([u64("n", 3)], to: path)
      try setBytes([1], ofFile: path)
      #expect(try Arena.keepSnapshot(at: path) == path + ".before-damage.2")
      #expect(try newestEntries(at: path + ".before-damage")?.map(\.value) == [2])
      #expect(try newestEntries(at: path + ".before-damage.2")?.map(\.value) == [2])
      for _ in 3...9 { _ = try Arena.keepSnapshot(at: path) }
      #expect(throws: ArenaError.self) { try Arena.keepSnapshot(at: path) }
    }
  }

  @Test("a snapshot that replaces the last one leaves the one before alone")
  func replacing() throws {
    try withSnapshotPath { path in
      for value in 1...3 {
        let writer = try SnapshotWriter(to: path, header: someHeader)
        try writer.append(u64("n", UInt128(value)))
        _ = try writer.commit(keepsPrevious: value == 2)
      }
      #expect(try newestEntries(at: path)?.map(\.value) == [3])
      #expect(try newestEntries(at: path + ".previous")?.map(\.value) == [1])
    }
  }

  @Test("a directory for snapshots has one server")
  func lock() throws {
    let directory = try TemporaryArenaDirectory()
    var lock: SnapshotDirectoryLock? = try SnapshotDirectoryLock(at: directory.path)
    let held = ArenaError.snapshotDirectoryHeld(path: directory.path)
    #expect(throws: held) { try SnapshotDirectoryLock(at: directory.path) }
    #expect("\(held)".contains("--snapshot-directory"))
    withExtendedLifetime(lock) {}
    lock = nil
    lock = try SnapshotDirectoryLock(at: directory.path)
    withExtendedLifetime(lock) {}
  }
}
