// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaReferenceTests {
  @Test("a child process opens a reference that it was sent, and operates on the same register")
  func child() async throws {
    try await withTemporaryArena { arena in
      let hits = try arena.register(named: "hits", as: UInt64.self, initial: 40)
      let sent = try JSONEncoder().encode(arena.reference(to: hits.handle))
      await #expect(processExitsWith: .success) { [sent = sent as Data] in
        let reference = try JSONDecoder().decode(ArenaReference.self, from: sent)
        let arena = try Arena.open(reference)
        let handle = try #require(try arena.handle(for: reference))
        let register = try #require(arena.register(handle, as: UInt64.self))
        #expect(register.withView { $0.fetchAdd(2) } == 40)
      }
      #expect(hits.withView { $0.load() } == 42)
    }
  }

  @Test("a reference to a deleted register leads nowhere, also when its slot is used again")
  func deleted() throws {
    try withTemporaryArena { arena in
      let old = try arena.register(named: "old", as: UInt64.self)
      let reference = arena.reference(to: old.handle)
      #expect(try arena.handle(for: reference) == old.handle)
      #expect(try arena.delete(named: "old"))
      #expect(try arena.handle(for: reference) == nil)
    }
  }

  @Test("a reference into an arena that was made again is refused")
  func remade() throws {
    try withTemporaryArenaPath { path in
      var arena: Arena? = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
      let handle = try #require(arena).register(named: "hits", as: UInt64.self).handle
      let reference = try #require(arena).reference(to: handle)
      arena = nil
      try FileManager.default.removeItem(atPath: path)
      let other = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
      _ = try other.register(named: "hits", as: UInt64.self)
      #expect(throws: ArenaError.foreignReference(path: path)) { try Arena.open(reference) }
      #expect(throws: ArenaError.foreignReference(path: path)) { try other.handle(for: reference) }
    }
  }

  @Test("a reference encodes as an object of four members")
  func encoding() throws {
    let reference = ArenaReference(
      path: "/dev/shm/atomics-0/default", uuid: "000102030405060708090a0b0c0d0e0f", slot: 7,
      generation: 9)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    #expect(
      String(decoding: try encoder.encode(reference), as: UTF8.self) == """
        {"generation":9,"path":"/dev/shm/atomics-0/default","slot":7,\
        "uuid":"000102030405060708090a0b0c0d0e0f"}
        """)
  }
}
