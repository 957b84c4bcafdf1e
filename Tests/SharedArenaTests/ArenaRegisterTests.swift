// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaRegisterTests {
  @Test("a typed register has the operations of its type, until it is deleted")
  func typed() throws {
    try withTemporaryArena { arena in
      let hits = try arena.register(named: "hits", as: UInt64.self, initial: 5)
      #expect(hits.withView { $0.fetchAdd(2, order: .relaxed) } == 5)
      let same = try arena.register(named: "hits", as: UInt64.self, initial: 100)
      #expect(same.withView { $0.load() } == 7)
      let ratio = try arena.register(named: "ratio", as: Double.self)
      #expect(ratio.withView { $0.addFetch(0.5) } == 0.5)
      #expect(throws: ArenaError.typeMismatch(existing: Double.registerType)) {
        try arena.register(named: "ratio", as: Int8.self)
      }
      #expect(arena.register(hits.handle, as: Int64.self) == nil)
      #expect(arena.register(hits.handle, as: UInt64.self)?.withView { $0.load() } == 7)
      #expect(try arena.delete(named: "hits"))
      #expect(hits.withView { $0.fetchAdd(1) } == nil)
    }
  }

  @Test("what an operation throws comes out of it, and the thread is outside again")
  func throwing() async {
    await #expect(processExitsWith: .success) {
      try withTemporaryArena { arena in
        struct Refused: Error {}
        let hits = try arena.register(named: "hits", as: UInt64.self)
        #expect(throws: Refused.self) { try hits.withView { _ in throw Refused() } }
        _ = try arena.register(named: "other", as: UInt64.self)
        #expect(try arena.delete(named: "other"))
        #expect(arena.quiesce())
      }
    }
  }

  @Test("an observer loads and tests bits at every width", arguments: AtomicWidth.allCases)
  func observer(width: AtomicWidth) throws {
    try withTemporaryArena { arena in
      let type = try #require(RegisterType(kind: .unsigned, width: width))
      let handle = try arena.register(named: "r", type: type, initial: type.width.mask - 2)
      let observer = try Arena.observe(at: arena.path)
      let found = try observer.withReadOnlyCell(of: handle) { cell in
        (cell.load(), try? [1, 2].map { try cell.perform(.bitTest, index: $0).old })
      }
      #expect(found?.0 == type.width.mask - 2)
      #expect(found?.1 == [0, 1])
      #expect(throws: OperationError.self) {
        try observer.withReadOnlyCell(of: handle) { cell in
          Result { try cell.perform(.add, operand: 1) }
        }?.get()
      }
      #expect(observer.withCell(of: handle) { $0.load() } == nil)
      #expect(try arena.delete(named: "r"))
      #expect(try observer.withReadOnlyCell(of: handle) { $0.load() } == nil)
    }
  }
}
