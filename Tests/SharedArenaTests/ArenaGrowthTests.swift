// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport
import Testing

@testable import SharedArena

/// Memory is taken before it is needed, and not much of it.
@Suite struct ArenaGrowthTests {
  @Test(
    "a quarter is kept ahead, and of a large arena no more than 10 MiB",
    arguments: [(64, 16), (4096, 1024), (131_072, 32_768), (10_000_000, 32_768)])
  func ahead(_ watermark: Int, _ fewest: Int) {
    #expect(DirectoryWriter.fewestAhead(of: watermark) == fewest)
  }

  @Test("maintenance grows the arena until enough is ahead, and then no more")
  func maintain() throws {
    try withTemporaryArena { arena in
      for index in 0..<1000 {
        _ = try arena.create(
          RegisterSpecification(name: "r:\(index)", type: RegisterType.all[3], ownerUser: 0))
      }
      try arena.maintain()
      let watermark = arena.directory.watermark
      #expect(watermark - 1000 > watermark / 4)
      #expect(watermark <= 2048)
      try arena.maintain()
      #expect(arena.directory.watermark == watermark)
    }
  }
}
