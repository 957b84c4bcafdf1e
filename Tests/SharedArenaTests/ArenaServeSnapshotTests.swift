// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// What a server starts with: its arena, its snapshot, or nothing.
@Suite struct ArenaServeSnapshotTests {
  /// Options of a boot with this number.
  private func options(boot: Int, in directory: String) throws -> ArenaOptions {
    let path = "\(directory)/boot-\(boot)"
    let digits = String(repeating: "0", count: 31) + String(boot)
    try digits.write(toFile: path, atomically: true, encoding: .utf8)
    var options = ArenaOptions(capacity: 1024)
    options.bootIdentifierPath = path
    return options
  }

  private func value(of arena: Arena, _ name: String) -> UInt128? {
    arena.find(named: name).flatMap { handle in arena.withCell(of: handle) { $0.load() } }
  }

  @Test("the arena of this boot is adopted; after another boot the newest snapshot is restored")
  func reboot() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, snapshot) = (directory.arenaPath(), directory.path + "/all")
    let first = try options(boot: 1, in: directory.path)
    var (uuid, epoch): (UInt64, UInt64) = (0, 0)
    do {
      let (arena, origin) = try Arena.serve(at: path, options: first, restoringFrom: snapshot)
      #expect(origin == .made)
      let type = try #require(RegisterType(name: "u64"))
      for (name, gap) in [("ticket", UInt128(100)), ("plain", 0)] {
        _ = try arena.create(
          RegisterSpecification(
            name: name, type: type, initial: 5, ownerUser: 0, restoreGap: gap))
      }
      try arena.snapshot(to: snapshot)
      _ = arena.overwrite(try #require(arena.find(named: "ticket")), 60)
      (uuid, epoch) = (arena.uuid.0, arena.bootEpoch)
    }
    do {
      let (arena, origin) = try Arena.serve(at: path, options: first, restoringFrom: snapshot)
      #expect(origin == .adopted)
      #expect(value(of: arena, "ticket") == 60)
    }
    let second = try options(boot: 2, in: directory.path)
    do {
      let (arena, origin) = try Arena.serve(at: path, options: second, restoringFrom: snapshot)
      guard case .restored(let report) = origin else {
        Issue.record("not restored: \(origin)")
        return
      }
      #expect((report.created, report.withGap) == (2, 1))
      #expect(value(of: arena, "ticket") == 105)
      #expect(value(of: arena, "plain") == 5)
      #expect(arena.uuid.0 != uuid)
      #expect(arena.bootEpoch > epoch)
      #expect(arena.count == 2)
    }
    // Nothing is left beside it, and it is adopted now.
    #expect(try Arena.serve(at: path, options: second, restoringFrom: snapshot).origin == .adopted)
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    #expect(!names.contains { $0.hasPrefix(".") })
  }

  @Test("snapshots that are all damaged keep a server from starting, and say what to do")
  func damaged() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, snapshot) = (directory.arenaPath(), directory.path + "/all")
    let options = try options(boot: 1, in: directory.path)
    try write([u64("n", 1)], to: snapshot)
    try write([u64("n", 2)], to: snapshot)
    try setBytes([1], ofFile: snapshot)
    do {
      let (arena, origin) = try Arena.serve(at: path, options: options, restoringFrom: snapshot)
      guard case .restored(let report) = origin else { throw ArenaError.notFound(path: path) }
      #expect(report.damage == .notASnapshot)
      #expect(value(of: arena, "n") == 1)
    }
    try FileManager.default.removeItem(atPath: path)
    try setBytes([], ofFile: snapshot + ".previous")
    let error = #expect(throws: ArenaError.self) {
      try Arena.serve(at: path, options: options, restoringFrom: snapshot)
    }
    #expect(error == .noValidSnapshot(path: snapshot, newest: .notASnapshot, previous: .cut))
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains(snapshot) && text.contains("move these away"))
    #expect(!FileManager.default.fileExists(atPath: path))
    // An arena that is there is served all the same.
    do { _ = try Arena.openOrCreate(at: path, options: options) }
    #expect(
      try Arena.serve(at: path, options: options, restoringFrom: snapshot).origin == .adopted)
  }

  @Test("a snapshot that does not fit leaves no half of an arena")
  func tooMany() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, snapshot) = (directory.arenaPath(), directory.path + "/all")
    try write((0..<100).map { u64("n\($0)", 1) }, to: snapshot)
    var options = try options(boot: 1, in: directory.path)
    options.capacity = 64
    #expect(throws: ArenaError.capacityReached(limit: 64, waiting: 0)) {
      try Arena.serve(at: path, options: options, restoringFrom: snapshot)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
    #expect(names == ["all", "boot-1"])
  }

  @Test("a boot that cannot be told stays an error")
  func unknownBoot() throws {
    let directory = try TemporaryArenaDirectory()
    var options = ArenaOptions(capacity: 64)
    options.bootIdentifierPath = directory.path + "/none"
    try write([u64("n", 1)], to: directory.path + "/all")
    #expect(throws: ArenaError.bootIdentifierUnreadable(path: options.bootIdentifierPath)) {
      try Arena.serve(
        at: directory.arenaPath(), options: options, restoringFrom: directory.path + "/all")
    }
  }
}
