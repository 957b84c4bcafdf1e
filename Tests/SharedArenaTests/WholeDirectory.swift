// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SharedArena

/// Expects that a directory nobody is writing to contradicts itself nowhere.
func expectWholeDirectory(_ arena: Arena, sourceLocation: SourceLocation = #_sourceLocation) {
  func expect(_ holds: Bool, _ what: Comment) {
    #expect(holds, what, sourceLocation: sourceLocation)
  }
  let bytes = arena.directory.bytes
  expect(bytes.acquire(HeaderLayout.intent) == 0, "no change is half done")
  let all = arena.list(from: 0, prefix: "".utf8.span, limit: .max, scanLimit: .max)
  expect(all.next == nil, "one page holds all")
  expect(all.registers.count == arena.count, "the count is right")
  expect(Set(all.registers.map(\.name)).count == all.registers.count, "no name is there twice")
  for register in all.registers {
    expect(arena.find(named: register.name) == register.handle, "what is listed is found")
    expect(arena.cell(of: register.handle) != nil, "what is listed has its cell")
  }
  guard let level = arena.directory.level else { return expect(false, "there is an index") }
  let counters = bytes.counters
  let words = (0..<level.wordCount).map { bytes.acquire(level.offset($0)) }
  expect(counters.indexUsed == words.count { $0 != 0 }, "used words are counted")
  expect(
    counters.indexDead == words.count { $0 == IndexLayout.tombstone }, "dead words are counted")
  expect(counters.nextSlot <= arena.directory.watermark, "used slots have memory")
}
