// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import TestSupport
import Testing

@testable import SharedArena

/// Look-ups in steps find what those in one find, whatever happens between the steps.
@Suite struct ArenaProbeTests {
  private func create(_ name: String, in arena: Arena) throws {
    let type = try #require(RegisterType(name: "u64"))
    _ = try arena.create(RegisterSpecification(name: name, type: type, ownerUser: 0))
  }

  @Test("names are found that come, go and come again between the steps, in an index that grows")
  func changes() throws {
    try withTemporaryArena { arena in
      let names = (0..<2_000).map { "r:\($0)" }
      for name in names where name.hasSuffix("1") { try create(name, in: arena) }
      let probes = names.map { arena.probe($0.utf8.span) }
      for name in names {
        if name.hasSuffix("1") { #expect(try arena.delete(named: name)) }
        if !name.hasSuffix("2") { try create(name, in: arena) }
      }
      for probe in probes { arena.anticipate(probe) }
      for (name, probe) in zip(names, probes) {
        let found = arena.find(name.utf8.span, by: probe)
        #expect(found == arena.find(named: name) && (found == nil) == name.hasSuffix("2"))
      }
    }
  }

  @Test("a name longer than names are is found nowhere, and asked for without harm")
  func tooLong() throws {
    try withTemporaryArena { arena in
      let name = String(repeating: "n", count: 300)
      let probe = arena.probe(name.utf8.span)
      arena.anticipate(probe)
      let found = arena.find(name.utf8.span, by: probe)
      #expect(found == nil)
      arena.anticipate(NameProbe())
    }
  }
}
