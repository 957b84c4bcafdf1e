// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaStatisticsTests {
  private static func specification(_ name: String) -> RegisterSpecification {
    RegisterSpecification(name: name, type: RegisterType.all[3], ownerUser: 0)
  }

  @Test("what an arena holds is counted, and who holds it back is named")
  func counts() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena(capacity: 4096) { arena in
        for index in 0..<100 { _ = try arena.create(Self.specification("r:\(index)")) }
        for index in 0..<4 { _ = try arena.delete(named: "r:\(index)") }
        let other = try Arena.open(at: arena.path)
        for index in 4..<10 { _ = try arena.delete(named: "r:\(index)") }
        _ = try arena.pin(named: "r:50")
        arena.quiesce()
        let statistics = try arena.statistics()
        #expect(statistics.capacity == 4096)
        #expect(statistics.live == 90)
        #expect(statistics.free == 0)
        #expect(statistics.waiting == 10)
        #expect(statistics.pinned == 1)
        #expect(statistics.committed == 128)
        #expect(statistics.deleteEpoch == 10)
        #expect(statistics.indexWords == 1024)
        #expect(statistics.indexUsed - statistics.indexDead == 90)
        #expect(statistics.waitingLevels == 0)
        #expect(statistics.directoryBytes >= 128 * 256 + 4096 + 8192)
        #expect(statistics.valuesBytes == 128 * 64 + 8192)
        let own = ArenaAttachment.Process(
          identifier: getpid(), program: try #require(Self.ownProgram()))
        #expect(
          statistics.attachments == [
            ArenaAttachment(lockByte: 1 << 62 + 4, epoch: 4, waiting: 6, processes: [own]),
            ArenaAttachment(lockByte: 1 << 62 + 10, epoch: 10, waiting: 0, processes: [own]),
          ])
        try arena.maintain()
        #expect(try arena.statistics(namesProcesses: false).free == 4)
        #expect(try arena.statistics(namesProcesses: false).attachments[0].processes == [])
        withExtendedLifetime(other) {}
      }
    }
  }

  private static func ownProgram() -> String? {
    try? String(contentsOfFile: "/proc/self/comm", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test("a stranger's lock over everything is one attachment, the oldest there can be")
  func widestLock() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let file = try FileDescriptor.directory(at: arena.path).file(named: "val", writable: true)
        try #require(lock(file, from: 0, length: 0) == 0)
        _ = try arena.create(Self.specification("hits"))
        _ = try arena.delete(named: "hits")
        arena.quiesce()
        try arena.maintain()
        let statistics = try arena.statistics(namesProcesses: false)
        #expect(statistics.waiting == 1)
        #expect(statistics.attachments.count <= 3)
        #expect(statistics.attachments.first?.epoch == 0)
        _ = consume file
        try arena.maintain()
        #expect(try arena.statistics(namesProcesses: false).waiting == 0)
      }
    }
  }

  @Test(
    "a line about a lock is read or left alone",
    arguments: [
      ("lock:\t1: OFDLCK ADVISORY READ -1 00:1a:77 5 9", 5...9),
      ("lock:\t2: OFDLCK ADVISORY WRITE -1 00:1a:77 5 EOF", 5...UInt64.max),
      ("lock:\t1: POSIX ADVISORY READ -1 00:1a:77 5 9", nil),
      ("lock:\t1: OFDLCK ADVISORY READ -1 00:1a:78 5 9", nil),
      ("lock:\t1: OFDLCK ADVISORY READ -1 00:1b:77 5 9", nil),
      ("lock:\t1: OFDLCK ADVISORY READ -1 00:1a:77 9 5", nil),
      ("lock:\t1: OFDLCK ADVISORY READ -1 00:1a 5 9", nil),
      ("pos:\t0", nil), ("", nil),
    ] as [(String, ClosedRange<UInt64>?)])
  func lines(line: String, expected: ClosedRange<UInt64>?) throws {
    var status = try FileDescriptor.directory(at: "/").status()
    status.device = 0x1A
    status.inode = 77
    #expect(LockingProcess.lock(in: line.utf8, of: status) == expected)
  }
}
