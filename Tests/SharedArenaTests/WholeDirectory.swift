// SPDX-License-Identifier: Apache-2.0

import SharedArena
import Testing

/// Expects that a directory contradicts itself nowhere, and that listing agrees with it.
func expectWholeDirectory(_ arena: Arena, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(throws: Never.self, sourceLocation: sourceLocation) {
    let problems = try arena.contradictions()
    #expect(problems == [], sourceLocation: sourceLocation)
  }
  let all = arena.list(from: 0, prefix: "".utf8.span, limit: .max, scanLimit: .max)
  #expect(all.next == nil, "one page holds all", sourceLocation: sourceLocation)
  #expect(
    all.registers.count == arena.count, "the count is right", sourceLocation: sourceLocation)
  for register in all.registers {
    #expect(
      arena.find(named: register.name) == register.handle, "what is listed is found",
      sourceLocation: sourceLocation)
    #expect(
      arena.withCell(of: register.handle) { _ in } != nil, "what is listed has its cell",
      sourceLocation: sourceLocation)
  }
}
