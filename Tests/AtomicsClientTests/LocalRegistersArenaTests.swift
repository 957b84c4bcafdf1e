// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import AtomicsClient
@testable import SharedArena

@Suite struct LocalRegistersArenaTests {
  private let u64: RegisterType

  init() throws { u64 = try #require(RegisterType(name: "u64")) }

  private func names(_ client: BlockingClient) throws -> [String] {
    try client.list().registers.map(\.name)
  }

  @Test("the caller's registers of one tag go together, and no others")
  func deletesOwned() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      for (name, tag) in [("a", 42), ("b", 42), ("other", 43)] as [(String, UInt64)] {
        _ = try client.create(RegisterPlan(name: name, type: u64, ownerTag: tag))
      }
      _ = try client.create("untagged", u64)
      // Somebody else's, who has the same tag.
      let arena = try Arena.open(at: path)
      _ = try arena.create(
        RegisterSpecification(name: "his", type: u64, ownerUser: geteuid() + 1, ownerTag: 42))
      let info = try client.info(named: "a")
      #expect(info.ownerTag == 42 && info.details?.ownerUser == geteuid())
      let part = try client.deleteOwned(tag: 42)
      #expect(part.count == 2 && part.next == nil)
      #expect(try names(client) == ["other", "untagged", "his"])
      #expect(throws: ClientError.self) { try client.deleteOwned(tag: 0) }
      #expect(try names(client).count == 3)
    }
  }

  @Test("a location that is pinned stays the register's own, whatever comes and goes")
  func pins() throws {
    try withTemporaryArenaPath { path in
      let client = try BlockingClient(.map(path: path))
      _ = try client.create("x", u64)
      let plain = try RegisterLocation(of: "x", inArenaAt: path)
      #expect(try client.info(named: "x").details?.isPinned == false)
      let pinned = try RegisterLocation(of: "x", inArenaAt: path, pinning: true)
      #expect(pinned == plain)
      #expect(try client.info(named: "x").details?.isPinned == true)
      #expect(throws: ClientError.notFound(name: "y")) {
        try RegisterLocation(of: "y", inArenaAt: path, pinning: true)
      }
      try client.delete("x")
      for index in 0..<300 {
        _ = try client.create("n\(index)", u64)
        #expect(try RegisterLocation(of: "n\(index)", inArenaAt: path).offset != pinned.offset)
        try client.delete("n\(index)")
      }
      #expect(try client.arenaReport().pinned == 1)
    }
  }

  @Test("without a server the report tells the damage that this process found")
  func damage() throws {
    try withTemporaryArenaPath { path in
      let arena = try Arena.openOrCreate(at: path)
      let client = try BlockingClient(.map(path: path))
      #expect(
        try client.arenaReport().damage
          == .init(count: 0, last: nil, lastUnixNanoseconds: 0, isUnrepaired: false))
      withExtendedLifetime(arena) {}
    }
  }

  @Test("a report leaves out what the caller itself holds for its sake, and nothing else")
  func reports() throws {
    let own = ArenaAttachment.Process(identifier: 1, program: "own")
    let other = ArenaAttachment.Process(identifier: 2, program: "other")
    func attachment(_ byte: UInt64, _ waiting: Int, _ processes: [ArenaAttachment.Process])
      -> ArenaAttachment
    {
      ArenaAttachment(lockByte: byte, epoch: 0, waiting: waiting, processes: processes)
    }
    let statistics = ArenaStatistics(
      capacity: 1, live: 2, free: 3, waiting: 4, pinned: 5, committed: 6, deleteEpoch: 7,
      indexWords: 8, indexUsed: 9, indexDead: 10, waitingLevels: 11, directoryBytes: 12,
      valuesBytes: 13,
      attachments: [
        attachment(1, 4, [other, own]), attachment(2, 3, [own]), attachment(3, 0, []),
        attachment(4, 0, [own]),
      ])
    var damage = DamageReport()
    damage.count = 2
    damage.last = .header
    damage.lastUnixNanoseconds = 14
    damage.isUnrepaired = true
    let report = ArenaReport(statistics, damage, without: 1)
    #expect(
      report.damage
        == .init(
          count: 2, last: "\(Damage.header)", lastUnixNanoseconds: 14, isUnrepaired: true))
    #expect(report.attachments.map(\.lockByte) == [1, 2, 3])
    #expect(report.attachments.map(\.waiting) == [4, 3, 0])
    #expect(report.attachments.map { $0.processes.map(\.identifier) } == [[2], [], []])
    #expect((report.capacity, report.live, report.free, report.waiting) == (1, 2, 3, 4))
    #expect((report.pinned, report.committed, report.deleteEpoch) == (5, 6, 7))
    #expect((report.indexWords, report.indexUsed, report.indexDead) == (8, 9, 10))
    #expect(
      (report.waitingLevels, report.directoryBytes, report.valuesBytes) == (11, 12, 13))
  }
}
