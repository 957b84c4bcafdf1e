// SPDX-License-Identifier: Apache-2.0

#if DEBUG
  import AtomicsCore
  import Foundation
  import TestSupport
  import Testing

  @testable import SharedArena

  /// Kills a process between every two steps of a change, then looks at what is left.
  @Suite struct ArenaCrashTests {
    private static func specification(_ name: String) -> RegisterSpecification {
      RegisterSpecification(name: name, type: RegisterType.all[3], initial: 11, ownerUser: 0)
    }

    /// What the process does that is going to be killed: enough of everything to pass each point.
    private static func work(in arena: Arena) throws {
      _ = try arena.create(specification("victim"))
      _ = try arena.delete(named: "target")
      _ = try arena.pin(named: "bystander")
      for index in 0..<600 { _ = try arena.create(specification("filler:\(index)")) }
      for index in 0..<200 { _ = try arena.delete(named: "filler:\(index)") }
      try arena.maintain()
    }

    private static func check(_ arena: Arena) throws {
      expectWholeDirectory(arena)
      let bystander = try #require(arena.find(named: "bystander"))
      #expect(arena.cell(of: bystander)?.load() == 99)
      if let victim = arena.find(named: "victim") {
        #expect(arena.cell(of: victim)?.load() == 11)
      }
      // The directory works, and nothing is there twice.
      _ = try arena.create(specification("victim"))
      _ = try arena.delete(named: "target")
      for index in 0..<700 { _ = try arena.create(specification("filler:\(index)")) }
      #expect(arena.find(named: "target") == nil)
      #expect(arena.count == 702)
      expectWholeDirectory(arena)
    }

    @Test(
      "whatever is killed anywhere, the next server finds a whole directory",
      arguments: CrashPoint.ofDirectory)
    func adoptedByServer(point: CrashPoint) async throws {
      try await withTemporaryArenaPath { path in
        let code = point.rawValue
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [path = path as String, code = code as UInt8] in
          let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 4096)).arena
          let bystander = try arena.create(ArenaCrashTests.specification("bystander")).handle
          arena.withCell(of: bystander) { $0.store(99) }
          _ = try arena.create(ArenaCrashTests.specification("target"))
          try #require(CrashPoint(rawValue: code)).arm()
          try ArenaCrashTests.work(in: arena)
        }
        let (arena, adopted) = try Arena.serve(at: path)
        #expect(adopted)
        #expect(arena.directory.bytes.acquire(HeaderLayout.intent) == 0)
        try Self.check(arena)
      }
    }

    @Test(
      "whatever is killed anywhere, the next client that writes finds a whole directory",
      arguments: CrashPoint.ofDirectory)
    func repairedByClient(point: CrashPoint) async throws {
      try await withTemporaryArenaPath { path in
        // A bystander, attached all the time, whose mapping keeps nothing from being used again.
        let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 4096))
        arena.detachForTest()
        let bystander = try arena.create(Self.specification("bystander")).handle
        let code = point.rawValue
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [path = path as String, code = code as UInt8] in
          let arena = try Arena.open(at: path)
          let bystander = try #require(arena.find(named: "bystander"))
          arena.withCell(of: bystander) { $0.store(99) }
          _ = try arena.create(ArenaCrashTests.specification("target"))
          try #require(CrashPoint(rawValue: code)).arm()
          try ArenaCrashTests.work(in: arena)
        }
        #expect(arena.cell(of: bystander)?.load() == 99)
        // Who takes the directory repairs what the other one left.
        expectWholeDirectory(arena)
        if [.rebuildIntended, .rebuildRetired, .rebuildMoved, .rebuildApplied].contains(point) {
          #expect(try arena.statistics().waitingLevels == 1)
        }
        try Self.check(arena)
      }
    }

    @Test("a deletion that was begun is either done or not, for handles as for names")
    func deleteIsWhole() async throws {
      let points: [CrashPoint] = [
        .deleteIntended, .deletePublished, .deleteGenerationRaised, .deleteUnindexed,
        .deleteQueued, .deleteApplied,
      ]
      for point in points {
        try await withTemporaryArenaPath { path in
          let code = point.rawValue
          let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 4096))
          let target = try arena.create(Self.specification("target")).handle
          await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, code = code as UInt8] in
            try #require(CrashPoint(rawValue: code)).arm()
            _ = try Arena.open(at: path).delete(named: "target")
          }
          let isFound = arena.find(named: "target") != nil
          #expect(isFound == (point == .deleteIntended))
          _ = try Arena.serve(at: path)
          #expect((arena.find(named: "target") != nil) == isFound)
          #expect((arena.cell(of: target) != nil) == isFound)
          #expect(arena.count == (isFound ? 1 : 0))
        }
      }
    }

    @Test("a full file system is an error of the creation that met it, and of nothing else")
    func fullFileSystem() async throws {
      try await withTemporaryArenaPath { path in
        await #expect(processExitsWith: .success) { [path = path as String] in
          let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 8192)).arena
          var made = 0
          // Each allocation fails once: of records, of cells, of an index level.
          while made < 3000 {
            MemoryFault.allow(0)
            do {
              _ = try arena.create(ArenaCrashTests.specification("r:\(made)"))
              made += 1
            } catch ArenaError.fileSystemFull(let full, _) {
              #expect(full.hasPrefix("\(path)/"))
              #expect(arena.find(named: "r:\(made)") == nil)
              for allowed in 1...2 {
                MemoryFault.allow(allowed)
                if (try? arena.create(ArenaCrashTests.specification("r:\(made)"))) != nil { break }
              }
              MemoryFault.allow(.max)
              _ = try arena.create(ArenaCrashTests.specification("r:\(made)"))
              made += 1
            }
            #expect(arena.count == made)
          }
          for index in 0..<3000 { #expect(arena.find(named: "r:\(index)") != nil) }
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
          MemoryFault.allow(1)
          #expect(throws: ArenaError.self) { try Arena.serve(at: "\(path)-other") }
        }
        let entries = try FileManager.default.contentsOfDirectory(atPath: "\(path)/..")
        #expect(entries == ["arena"])
      }
    }
  }
#endif
