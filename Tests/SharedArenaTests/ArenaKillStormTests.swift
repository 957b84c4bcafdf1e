// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SharedArena

/// Kills processes at moments that nobody chose.
@Suite struct ArenaKillStormTests {
  private static let rounds =
    RunLength.isLong ? 400 : 8

  /// Creates, deletes and adds for as long as it is let; how many turns of it were done.
  @discardableResult
  private static func work(
    in arena: Arena, random seed: Int, until isOver: () -> Bool
  ) throws -> Int {
    let type = RegisterType.all[3]
    let add = try AtomicRequest(
      .add, on: type, order: .sequentiallyConsistent, failureOrder: nil, operand: 1, expected: 0,
      index: 0)
    let sums = ["total:a", "total:b"].compactMap { arena.find(named: $0) }
    var turn = seed
    var done = 0
    while !isOver() {
      turn &+= 1
      let name = "name:\(turn % 37)"
      do throws(ArenaError) {
        if turn % 3 == 0 {
          _ = try arena.delete(named: name)
        } else {
          _ = try arena.create(
            RegisterSpecification(name: name, type: type, initial: 6, ownerUser: 0))
        }
        done += 1
      } catch {
        // The other one has it for the moment.
        guard case .directoryBusy = error else { throw error }
      }
      for sum in sums { _ = arena.cell(of: sum)?.perform(add) }
    }
    return done
  }

  private static func onThread(_ work: @escaping @Sendable () -> Void) async {
    await withCheckedContinuation { continuation in
      Thread {
        work()
        continuation.resume()
      }.start()
    }
  }

  @Test("two writers, of which one is always being killed, leave a whole directory")
  func storm() async throws {
    try await withTemporaryArenaPath { path in
      let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 1 << 20))
      for name in ["total:a", "total:b"] {
        _ = try arena.create(
          RegisterSpecification(name: name, type: RegisterType.all[3], ownerUser: 0))
      }
      for round in 0..<Self.rounds {
        let isOver = Atomic(false)
        let turns = Atomic(0)
        let looks = Atomic(0)
        async let other: Void = Self.onThread {
          let done = try? Self.work(in: arena, random: round * 11) {
            looks.add(1, ordering: .relaxed)
            return isOver.load(ordering: .relaxed)
          }
          turns.store(done ?? -1, ordering: .relaxed)
        }
        // It has come to its second turn before anybody is killed.
        let deadline = ContinuousClock.now + .seconds(60)
        while looks.load(ordering: .relaxed) < 2, ContinuousClock.now < deadline {
          await Task.yield()
        }
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [path = path as String, round = round as Int] in
          let arena = try Arena.open(at: path)
          let killer = Thread {
            usleep(UInt32.random(in: 500...40_000))
            kill(getpid(), SIGKILL)
          }
          killer.start()
          try ArenaKillStormTests.work(in: arena, random: round * 7) { false }
        }
        isOver.store(true, ordering: .relaxed)
        await other
        #expect(turns.load(ordering: .relaxed) > 0, "there were two writers")
        // A change by this process repairs what the other one left.
        _ = try arena.create(
          RegisterSpecification(
            name: "round:\(round)", type: RegisterType.all[3], ownerUser: 0))
        expectWholeDirectory(arena)
        // The two sums differ by what was killed between their additions, once a round.
        let sums = try ["total:a", "total:b"].map { name in
          let handle = try #require(arena.find(named: name))
          return try #require(arena.cell(of: handle)).load()
        }
        #expect(sums[0] >= sums[1] && sums[0] - sums[1] <= UInt128(round + 1))
        #expect(sums[1] > 0)
      }
    }
  }

  #if DEBUG
    @Test("processes that die at each step of each change leave a whole directory")
    func everyStep() async throws {
      let directory = try TemporaryArenaDirectory()
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("arena-storm")
      process.arguments = [directory.path, RunLength.isLong ? "1000" : "2"]
      let output = Pipe()
      process.standardOutput = output
      try process.run()
      let text = String(
        decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      // How often each step was met belongs to the test's result.
      // At once, so that nothing that others print comes between.
      fflush(nil)
      print(text)
      fflush(nil)
      #expect(process.terminationStatus == 0, "\(text)")
      withExtendedLifetime(directory) {}
    }
  #endif
}
