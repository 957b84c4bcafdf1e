// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

/// Shared memory that holds anything at all: wrong answers are allowed, traps and faults are not.
@Suite struct ArenaHostilityTests {
  private static func makeFullArena(at path: String) throws -> Arena {
    let arena = try Arena.serve(at: path, options: ArenaOptions(capacity: 2048)).arena
    for index in 0..<400 {
      let type = RegisterType.all[index % RegisterType.all.count]
      _ = try arena.create(RegisterSpecification(name: "r:\(index)", type: type, ownerUser: 0))
      if index % 5 == 0 { _ = try arena.delete(named: "r:\(index)") }
    }
    return arena
  }

  /// Everything a server does with an arena. Errors are fine.
  private static func useEverything(of arena: Arena, round: Int) {
    for index in 0..<60 {
      let name = "r:\((index * 7 + round) % 420)"
      guard let handle = arena.find(named: name) else { continue }
      _ = arena.cell(of: handle)?.load()
      _ = arena.info(of: handle)
      _ = arena.location(of: handle)
    }
    let page = arena.list(from: 0, prefix: "r".utf8.span, limit: 500, scanLimit: 4096)
    for register in page.registers { _ = arena.cell(of: register.handle)?.load() }
    for index in 0..<40 {
      let name = "new:\(round):\(index)"
      _ = try? arena.create(
        RegisterSpecification(name: name, type: RegisterType.all[3], ownerUser: 0))
      if index % 2 == 0 { _ = try? arena.delete(named: name) }
    }
    _ = arena.count
    _ = try? arena.statistics(namesProcesses: false)
    _ = try? arena.pin(named: "new:\(round):1")
    try? arena.maintain()
  }

  @Test("whatever is written into val, the server neither traps nor loses a name")
  func values() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        let arena = try ArenaHostilityTests.makeFullArena(at: path)
        let hostile = try Arena.open(at: path)
        var random = SystemRandomNumberGenerator()
        for round in 0..<100 {
          let end = hostile.directory.header.cellsOffset + 400 * CellLayout.stride
          for _ in 0..<500 {
            let offset = Int(random.next(upperBound: UInt64(end / 8))) * 8
            hostile.values.write(random.next(), at: offset)
          }
          ArenaHostilityTests.useEverything(of: arena, round: round)
        }
        for index in 0..<400 {
          #expect((arena.find(named: "r:\(index)") != nil) == (index % 5 != 0))
        }
      }
    }
  }

  @Test(
    "whatever is written into dir, nothing traps",
    arguments: [
      // The header's changing part, an index level, the first records, all of them together.
      256..<512, 4096..<12288, 0..<0, 256..<8192,
    ])
  func directory(range: Range<Int>) async throws {
    try await withTemporaryArenaPath { path in
      let (start, end) = (range.lowerBound, range.upperBound)
      await #expect(processExitsWith: .success) {
        [path = path as String, start = start as Int, end = end as Int] in
        var random = SystemRandomNumberGenerator()
        for attempt in 0..<12 {
          let place = "\(path)-\(attempt)"
          let arena = try ArenaHostilityTests.makeFullArena(at: place)
          let header = arena.directory.header
          let range =
            start == end ? header.recordsOffset..<header.recordsOffset + 100 * 256 : start..<end
          let directory = try FileDescriptor.directory(at: place)
          let file = try directory.file(named: "dir", writable: true)
          let map = try Mapping(of: file, byteCount: header.directoryLength, writable: true)
          for round in 0..<20 {
            for _ in 0..<1 + attempt * attempt {
              let offset = range.lowerBound + Int.random(in: 0..<range.count / 8) * 8
              // One wrong bit, or a small number, are the likelier ones to pass a check.
              let bit = map.bytes.relaxed(offset) ^ 1 << UInt64.random(in: 0...63)
              let small = random.next() >> UInt64.random(in: 0...63)
              map.bytes.write(Bool.random() ? bit : small, at: offset)
            }
            ArenaHostilityTests.useEverything(of: arena, round: round)
          }
          let client = try? Arena.open(at: place)
          if let client { ArenaHostilityTests.useEverything(of: client, round: 0) }
        }
        // Others find what they find, too.
        for attempt in 0..<12 { _ = try? Arena.serve(at: "\(path)-\(attempt)") }
      }
    }
  }

  @Test(
    "statistics of counters that make no sense are numbers too",
    arguments: [0, 1, UInt64(Int.max), .max])
  func damagedCounters(value: UInt64) async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) {
        [path = path as String, value = value as UInt64] in
        let arena = try ArenaHostilityTests.makeFullArena(at: path)
        let file = try FileDescriptor.directory(at: path).file(named: "dir", writable: true)
        let map = try Mapping(of: file, byteCount: HeaderLayout.byteCount, writable: true)
        for field in stride(from: HeaderLayout.counters, to: HeaderLayout.countersEnd, by: 8) {
          let before = map.bytes.acquire(field)
          map.bytes.release(value, at: field)
          _ = try arena.statistics(namesProcesses: false)
          try? arena.maintain()
          map.bytes.release(before, at: field)
        }
        // All at once.
        for field in stride(from: HeaderLayout.counters, to: HeaderLayout.countersEnd, by: 8) {
          map.bytes.release(value, at: field)
        }
        _ = try arena.statistics(namesProcesses: false)
      }
    }
  }
}
