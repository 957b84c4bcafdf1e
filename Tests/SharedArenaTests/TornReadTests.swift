// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct TornReadTests {
  static let reads =
    RunLength.isLong ? 20_000_000 : 200_000

  @Test(
    "an observer never finds half of one value and half of another",
    .enabled(if: AtomicWidth.sixteen.isLockFree && AtomicWidth.sixteen.hasReadOnlyLoad))
  func sixteen() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        let type = try #require(RegisterType(kind: .unsigned, width: .sixteen))
        let handle = try arena.create(
          RegisterSpecification(name: "pair", type: type, ownerUser: 0)
        ).handle
        let stop = try ArenaWaitTests.make("stop", in: arena)
        let writer = try ChildProcess {
          var half: UInt128 = 0
          while arena.withCell(of: stop, { $0.load() }) == 0 {
            half = (half + 1) & 0xFFFF_FFFF_FFFF_FFFF
            arena.withCell(of: handle) { $0.store(half << 64 | half) }
          }
          return half > 0 ? 0 : 1
        }
        let observer = try Arena.open(at: arena.path, access: .readOnly)
        var seen: UInt128 = 0
        var different = 0
        for _ in 0..<TornReadTests.reads {
          let value = try #require(observer.info(of: handle)?.value)
          try #require(value >> 64 == value & 0xFFFF_FFFF_FFFF_FFFF, "\(value)")
          if value != seen { different += 1 }
          seen = value
        }
        arena.withCell(of: stop) { $0.store(1) }
        #expect(writer.wait() == 0)
        #expect(different > 10, "the writer wrote meanwhile")
      }
    }
  }
}
