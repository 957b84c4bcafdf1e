// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport
import Testing

@testable import RegisterService
@testable import SharedArena

/// What a service does for its registers when another program takes their values away.
@Suite struct SnapshotDamageTests {
  private static let u64 = RegisterType(name: "u64")!

  private func punch(_ arena: Arena) throws {
    let file = try FileDescriptor.directory(at: arena.path).file(named: "val", writable: true)
    try file.punchHole(8192..<8192 + 4096)
  }

  private func add(
    _ operand: UInt128, to register: RegisterReference, _ service: RegisterService
  ) throws -> UInt128 {
    try service.perform(AtomicRequest(.add, on: Self.u64, operand: operand), on: register).new
  }

  @Test("numbers do not run backwards, and the snapshot from before is kept")
  func lost() throws {
    let directory = try TemporaryArenaDirectory()
    let snapshots = directory.path + "/snapshots"
    let service = try RegisterService.serve(at: directory.arenaPath(), snapshots: snapshots).service
    func create(_ name: String, gap: UInt128) throws -> RegisterReference {
      try service.create(
        RegisterDefinition(
          name: name, type: Self.u64, initial: 10, ownerUser: 0, restoreGap: gap)
      ).register
    }
    let (ticket, plain) = (try create("ticket", gap: 100), try create("plain", gap: 0))
    _ = try service.takeSnapshot(in: snapshots)
    #expect(try service.keepSnapshotBeforeDamage(in: snapshots) == nil)
    #expect(try add(80, to: ticket, service) == 90)
    try punch(service.arena)
    #expect(throws: ServiceError.overwritten) { try add(1, to: ticket, service) }
    // Whole again, and saved by nobody until what was before is kept.
    _ = try service.repair()
    #expect(try service.load(ticket) == 110 && service.load(plain) == 0)
    #expect(throws: ServiceError.self) { try service.takeSnapshot(in: snapshots) }
    let kept = try #require(try service.keepSnapshotBeforeDamage(in: snapshots))
    #expect(kept == "\(snapshots)/registers.snapshot.before-damage")
    #expect(try service.keepSnapshotBeforeDamage(in: snapshots) == nil)
    #expect(try service.takeSnapshot(in: snapshots).registerCount == 2)
    #expect(try add(1, to: ticket, service) == 111)
    var saved: [String: UInt128] = [:]
    let reader = try #require(try Snapshot(newestAt: kept)).reader
    reader.rewind()
    while let entries = try reader.nextBlock() {
      for entry in entries { saved[entry.name] = entry.value }
    }
    #expect(saved == ["ticket": 10, "plain": 10])
  }

  @Test("lists and descriptions tell no value that is lost, and every cell works again")
  func listed() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      for name in ["a", "b"] {
        _ = try service.create(
          RegisterDefinition(name: name, type: Self.u64, initial: 7, ownerUser: 0))
      }
      try punch(arena)
      let register = try service.find("a".utf8.span)
      #expect(throws: ServiceError.overwritten) { try service.describe(register) }
      #expect(throws: ServiceError.overwritten) {
        try service.list(from: 0, prefix: "".utf8.span, limit: 10)
      }
      let page = try service.list(from: 0, prefix: "".utf8.span, limit: 10)
      #expect(page.registers.map(\.value) == [0, 0])
      #expect(service.damage.count == 2)
    }
  }

  @Test("two arenas do not keep their snapshots in one directory")
  func oneDirectory() throws {
    let directory = try TemporaryArenaDirectory()
    let snapshots = directory.path + "/snapshots"
    do {
      let first = try RegisterService.serve(at: directory.arenaPath("1"), snapshots: snapshots)
      let error = #expect(throws: ServiceError.self) {
        try RegisterService.serve(at: directory.arenaPath("2"), snapshots: snapshots)
      }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.contains(snapshots) && text.contains("--snapshot-directory"))
      withExtendedLifetime(first) {}
    }
    _ = try RegisterService.serve(at: directory.arenaPath("2"), snapshots: snapshots)
  }
}
