// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import SharedArena
import TestSupport
import Testing

@testable import AtomicsClient

@Suite struct ArenaSnapshotsTests {
  @Test("registers go into a file, which tells of them, and into an arena that was not there")
  func roundTrip() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, file) = (directory.arenaPath("one"), directory.path + "/all")
    let type = try #require(RegisterType(name: "i16"))
    let client = try BlockingClient(.map(path: path))
    _ = try client.create(
      RegisterPlan(
        name: "n", type: type, initial: 0xFFFE, label: "less than zero", ownerTag: 6,
        restoreGap: 5))
    #expect(try ArenaSnapshots(ofArenaAt: path).save(to: file) == 1)

    let inspection = try SnapshotInspection(of: file)
    #expect(inspection.bootEpoch == (try client.capabilities().bootEpoch))
    #expect(inspection.arenaUUID == (try client.capabilities().arenaUUID))
    let saved = RegisterDescription(
      name: "n", type: type, value: 0xFFFE, label: "less than zero", ownerTag: 6, restoreGap: 5)
    #expect(try inspection.nextRegisters() == [saved])
    #expect(try inspection.nextRegisters() == nil)

    let other = directory.arenaPath("two")
    let done = try ArenaSnapshots(ofArenaAt: other).restore(from: file)
    #expect((done.created, done.kept, done.conflictCount) == (1, 0, 0))
    var info = try BlockingClient(.map(path: other)).info(named: "n")
    info.details = nil
    #expect(info.value == 3)
    info.value = saved.value
    #expect(info == saved)
    let again = try ArenaSnapshots(ofArenaAt: other).restore(from: file, overwriting: true)
    #expect((again.created, again.overwritten) == (0, 1))
  }

  @Test("a file that is missing or damaged is the file's fault, and no arena is made")
  func damaged() throws {
    let directory = try TemporaryArenaDirectory()
    let (path, file) = (directory.arenaPath(), directory.path + "/all")
    func expectSnapshotError(_ body: () throws -> Void) {
      do {
        try body()
        Issue.record("no error")
      } catch ClientError.snapshot(let text) {
        #expect(text.contains(file))
      } catch {
        Issue.record("\(error)")
      }
    }
    expectSnapshotError { _ = try ArenaSnapshots(ofArenaAt: path).restore(from: file) }
    expectSnapshotError { _ = try SnapshotInspection(of: file) }
    try Data("nothing".utf8).write(to: URL(fileURLWithPath: file))
    expectSnapshotError { _ = try ArenaSnapshots(ofArenaAt: path).restore(from: file) }
    expectSnapshotError { _ = try SnapshotInspection(of: file) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("asynchronous code makes registers with all that one can have")
  func asynchronous() async throws {
    let directory = try TemporaryArenaDirectory()
    let type = try #require(RegisterType(name: "u64"))
    let client = try await RegisterClient.connect(to: .map(path: directory.arenaPath()))
    let plan = RegisterPlan(name: "n", type: type, initial: 4, ownerTag: 6, restoreGap: 5)
    #expect(try await client.create(plan).created)
    let info = try await client.info(named: "n")
    #expect(info.value == 4 && info.ownerTag == 6 && info.restoreGap == 5)
  }
}
