// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import RegisterService
@testable import SharedArena

/// How far operations carry a register with a restore gap.
@Suite struct RestoreBoundsTests {
  private static let u64 = RegisterType(name: "u64")!

  private func definition(_ name: String, gap: UInt128) -> RegisterDefinition {
    RegisterDefinition(
      name: name, type: Self.u64, initial: 10, ownerUser: 0, restoreGap: gap)
  }

  private func add(
    _ operand: UInt128, to register: RegisterReference, _ service: RegisterService
  ) throws -> UInt128 {
    try service.perform(AtomicRequest(.add, on: Self.u64, operand: operand), on: register).new
  }

  private func refusal(found: UInt128, limit: UInt128) -> ServiceError {
    .beyondRestoreGap(Self.u64, found: found, limit: limit)
  }

  @Test("a new register may go where it is, and its gap on after each snapshot")
  func limits() throws {
    let directory = try TemporaryArenaDirectory()
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena, takesSnapshots: true)
      let register = try service.create(definition("n", gap: 100)).register
      // Nothing would come back of it.
      let unsaved = ServiceError.notSavedYet(Self.u64, found: 10)
      #expect(throws: unsaved) { try add(1, to: register, service) }
      #expect("\(unsaved)".contains("try again"))
      #expect(throws: ServiceError.self) { try service.takeSnapshot(in: directory.path + "/none") }
      #expect(throws: unsaved) { try add(1, to: register, service) }
      #expect(try service.takeSnapshot(in: directory.path).registerCount == 1)
      #expect(try add(100, to: register, service) == 110)
      #expect(throws: refusal(found: 110, limit: 110)) { try add(1, to: register, service) }
      let found = try service.find("n".utf8.span)
      #expect(throws: refusal(found: 110, limit: 110)) { try add(1, to: found, service) }
      #expect(throws: refusal(found: 110, limit: 110)) {
        try service.perform(
          AtomicRequest(.store, on: Self.u64, operand: 111), on: register)
      }
      #expect(try service.takeSnapshot(in: directory.path).registerCount == 1)
      #expect(try add(100, to: register, service) == 210)
      #expect(throws: refusal(found: 210, limit: 210)) { try add(1, to: register, service) }
      // Down is always possible, and the next snapshot counts from there.
      #expect(
        try service.perform(AtomicRequest(.store, on: Self.u64, operand: 5), on: register).new == 5
      )
      _ = try service.takeSnapshot(in: directory.path)
      #expect(throws: refusal(found: 5, limit: 105)) { try add(101, to: register, service) }
      // A snapshot that comes to nothing allows nothing.
      #expect(try add(50, to: register, service) == 55)
      #expect(throws: ServiceError.self) { try service.takeSnapshot(in: directory.path + "/none") }
      #expect(throws: refusal(found: 55, limit: 105)) { try add(51, to: register, service) }
      // Whoever maps the arena is not stopped; the way back is open to everybody.
      _ = arena.overwrite(register.handle, 1000)
      #expect(throws: refusal(found: 1000, limit: 105)) { try add(1, to: register, service) }
      #expect(
        try service.perform(AtomicRequest(.sub, on: Self.u64, operand: 100), on: register).new
          == 900)
    }
  }

  @Test("while a snapshot is written, the lesser of both bounds holds")
  func duringSnapshot() throws {
    try withTemporaryArena { arena in
      let bounds = RestoreBounds()
      let handle = try arena.create(definition("n", gap: 100).specification).handle
      bounds.add(handle, saved: 10, gap: 100)
      func add(_ operand: UInt128) throws -> UInt128? {
        try bounds.perform(
          AtomicRequest(.add, on: Self.u64, operand: operand), on: handle, in: arena)?.new
      }
      _ = arena.overwrite(handle, 0)
      let info = try #require(arena.info(of: handle))
      #expect(bounds.save(info, read: 0, in: arena) == 0)
      // The old snapshot would allow 110, the one that is being written 100.
      #expect(throws: refusal(found: 0, limit: 100)) { try add(101) }
      #expect(try add(90) == 90)
      let higher = try #require(arena.info(of: handle))
      #expect(bounds.save(higher, read: 0, in: arena) == 90)
      #expect(throws: refusal(found: 90, limit: 100)) { try add(11) }
      bounds.finishSaving(true)
      #expect(try add(100) == 190)
    }
  }

  @Test("a snapshot is asked for when one is made, within half a gap, and on a refusal")
  func wanted() throws {
    let directory = try TemporaryArenaDirectory()
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena, takesSnapshots: true)
      let calls = Mutex(0)
      service.onSnapshotWanted { calls.withLock { $0 += 1 } }
      func count() -> Int {
        calls.withLock { count in
          defer { count = 0 }
          return count
        }
      }
      let register = try service.create(definition("n", gap: 100)).register
      #expect(count() == 1)
      _ = try? add(1, to: register, service)
      #expect(count() == 1)
      _ = try service.takeSnapshot(in: directory.path)
      #expect(try add(49, to: register, service) == 59)
      #expect(count() == 0)
      #expect(try add(1, to: register, service) == 60)
      #expect(count() == 1)
      _ = try service.load(register)
      #expect(count() == 0)
      _ = try? add(1000, to: register, service)
      #expect(count() == 1)
      _ = try service.takeSnapshot(in: directory.path)
      #expect(try add(49, to: register, service) == 109)
      #expect(count() == 0)
    }
  }

  @Test("an adopted arena has the bounds of its newest snapshot; what is not in it only goes down")
  func adopted() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, snapshots) = (directory.arenaPath(), directory.path + "/snapshots")
    do {
      let (service, origin, _) = try RegisterService.serve(at: path, snapshots: snapshots)
      #expect(origin == .made)
      let known = try service.create(definition("known", gap: 100)).register
      _ = try service.takeSnapshot(in: snapshots)
      _ = try service.create(definition("unknown", gap: 100))
      #expect(try add(80, to: known, service) == 90)
    }
    let (service, origin, warnings) = try RegisterService.serve(at: path, snapshots: snapshots)
    #expect(origin == .adopted && warnings == [])
    let known = try service.find("known".utf8.span)
    #expect(try add(20, to: known, service) == 110)
    #expect(throws: refusal(found: 110, limit: 110)) { try add(1, to: known, service) }
    let unknown = try service.find("unknown".utf8.span)
    #expect(throws: ServiceError.notSavedYet(Self.u64, found: 10)) {
      try add(1, to: unknown, service)
    }
    _ = try service.takeSnapshot(in: snapshots)
    #expect(try add(100, to: unknown, service) == 110)
  }

  @Test("restored registers stand a gap on, and have the whole gap before them")
  func restored() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, snapshots) = (directory.arenaPath(), directory.path + "/snapshots")
    do {
      let service = try RegisterService.serve(at: path, snapshots: snapshots).service
      _ = try service.create(definition("n", gap: 100))
      _ = try service.takeSnapshot(in: snapshots)
    }
    for round in 1...3 {
      try FileManager.default.removeItem(atPath: path)
      let (service, origin, warnings) = try RegisterService.serve(at: path, snapshots: snapshots)
      #expect(origin == .restored("1 registers from \(snapshots)/registers.snapshot"))
      #expect(warnings == [])
      let register = try service.find("n".utf8.span)
      #expect(try service.load(register) == UInt128(10 + 100 * round))
      #expect(throws: Never.self) {
        try service.perform(
          AtomicRequest(.max, on: Self.u64, operand: UInt128(110 + 100 * round)), on: register)
      }
      #expect(throws: refusal(found: UInt128(110 + 100 * round), limit: UInt128(110 + 100 * round)))
      { try add(1, to: register, service) }
    }
    // The snapshot before the newest: two gaps, and a warning.
    try FileManager.default.removeItem(atPath: path)
    try Data([1]).write(to: URL(fileURLWithPath: "\(snapshots)/registers.snapshot"))
    let (service, _, warnings) = try RegisterService.serve(at: path, snapshots: snapshots)
    #expect(try service.load(try service.find("n".utf8.span)) == 410)
    #expect(warnings.count == 1 && warnings[0].contains("the one before was restored"))
  }

  @Test("without snapshots a restore gap is refused, and bounds nothing that has one")
  func off() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      #expect(throws: ServiceError.snapshotsOff) { try service.create(definition("n", gap: 1)) }
      #expect("\(ServiceError.snapshotsOff)".contains("--snapshot-interval"))
      _ = try arena.create(definition("n", gap: 1).specification)
      #expect(try add(500, to: service.find("n".utf8.span), service) == 510)
      let float = RegisterDefinition(
        name: "f", type: RegisterType(name: "f64")!, ownerUser: 0, restoreGap: 1)
      let bounded = RegisterService(arena: arena, takesSnapshots: true)
      #expect(throws: ServiceError.restoreGapNotTaken(float.type)) { try bounded.create(float) }
    }
  }

  @Test("another register of the name, or in the slot, has bounds of its own")
  func deleted() throws {
    let directory = try TemporaryArenaDirectory()
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena, takesSnapshots: true)
      let old = try service.create(definition("n", gap: 100)).register
      _ = try service.takeSnapshot(in: directory.path)
      #expect(try add(100, to: old, service) == 110)
      try service.delete("n".utf8.span)
      #expect(throws: ServiceError.gone) { try add(1, to: old, service) }
      let new = try service.create(definition("n", gap: 50)).register
      #expect(throws: ServiceError.notSavedYet(Self.u64, found: 10)) {
        try add(1, to: new, service)
      }
      _ = try service.takeSnapshot(in: directory.path)
      #expect(try add(50, to: new, service) == 60)
      #expect(throws: refusal(found: 60, limit: 60)) { try add(1, to: new, service) }
    }
  }
}
