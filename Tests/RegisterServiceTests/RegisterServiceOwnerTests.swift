// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import TestSupport
import Testing

@testable import RegisterService

@Suite struct RegisterServiceOwnerTests {
  private static let u32 = RegisterType(name: "u32")!

  private func create(_ name: String, in service: RegisterService, tag: UInt64 = 9) throws {
    _ = try service.create(
      RegisterDefinition(name: name, type: Self.u32, ownerUser: 7, ownerTag: tag))
  }

  @Test("a request deletes as much as a turn pays for, and says where the next one goes on")
  func bounded() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      for index in 0..<200 { try create("r\(index)", in: service, tag: index == 3 ? 1 : 9) }
      let most = ExecutionBudget.turn / ExecutionBudget.create
      var counts: [Int] = []
      var cursor: UInt64? = 0
      while let from = cursor {
        var budget = ExecutionBudget()
        let part = try service.deleteOwned(by: 7, tag: 9, from: from, &budget)
        #expect(budget.isSpent)
        #expect(
          budget.remaining
            == ExecutionBudget.turn - ExecutionBudget.scanLimit
            - part.deleted * ExecutionBudget.create)
        counts.append(part.deleted)
        cursor = part.next
      }
      let whole = [Int](repeating: most, count: 199 / most)
      #expect(counts == whole + [199 % most])
      let left = try service.list(from: 0, prefix: [UInt8]().span, limit: 10).registers
      #expect(left.map(\.name) == ["r3"])
    }
  }

  @Test("a request looks at so many slots and no more")
  func scanned() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      for index in 0..<(ExecutionBudget.scanLimit + 1) { try create("r\(index)", in: service) }
      var budget = ExecutionBudget()
      let part = try service.deleteOwned(by: 8, tag: 9, from: 0, &budget)
      #expect(part.deleted == 0 && part.next == UInt64(ExecutionBudget.scanLimit))
    }
  }

  @Test("a pinned register is described as such")
  func pin() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      try create("a", in: service)
      let register = try service.find("a".utf8.span)
      #expect(try !service.describe(register).isPinned)
      try service.pin("a")
      try service.pin("a")
      #expect(try service.describe(register).isPinned)
      #expect(throws: ServiceError.notFound) { try service.pin("b") }
      #expect(throws: ServiceError.self) { try service.pin("a//b") }
      #expect(try service.summary().pinned == 1)
    }
  }

  @Test("the summary tells what the arena's statistics tell")
  func summary() throws {
    try withTemporaryArena { arena in
      let service = RegisterService(arena: arena)
      for name in ["a", "b", "c"] { try create(name, in: service) }
      try service.delete("b".utf8.span)
      let statistics = try arena.statistics()
      let summary = try service.summary()
      #expect(summary == ArenaSummary(statistics, service.damage))
      #expect((summary.live, summary.waiting, summary.deleteEpoch) == (2, 1, 1))
      #expect((summary.capacity, summary.committed) == (1 << 16, statistics.committed))
      #expect((summary.indexWords, summary.indexUsed) == (1024, statistics.indexUsed))
      #expect(summary.valuesBytes > 0 && summary.directoryBytes > summary.valuesBytes)
      #expect(summary.attachments.map(\.lockByte) == [arena.lockByte])
      #expect(summary.attachments[0].waiting == 1)
    }
  }
}
