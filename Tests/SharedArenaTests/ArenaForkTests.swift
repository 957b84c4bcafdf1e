// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import Foundation
import TestSupport
import Testing

@testable import SharedArena

@Suite struct ArenaForkTests {
  @Test("a child of a fork looks up and operates, and does not write the directory")
  func child() async throws {
    try await withTemporaryArenaPath { path in
      await #expect(processExitsWith: .success) { [path = path as String] in
        let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 64))
        let specification = RegisterSpecification(
          name: "hits", type: RegisterType.all[3], ownerUser: 0)
        let handle = try arena.create(specification).handle
        // Safety: fork has this signature; Swift hides it for what threads would leave behind, and
        // the child below calls only the arena and _exit.
        guard let symbol = unsafe dlsym(nil, "fork") else { return #expect(Bool(false)) }
        let fork = unsafe unsafeBitCast(symbol, to: (@convention(c) () -> Int32).self)
        let child = fork()
        if child == 0 {
          guard let cell = arena.find(named: "hits").flatMap({ arena.cell(of: $0) }) else {
            _exit(1)
          }
          cell.store(5)
          do {
            _ = try arena.delete(named: "hits")
          } catch {
            _exit((error as? ArenaError) == .openedBeforeFork ? 0 : 2)
          }
          _exit(3)
        }
        var status: Int32 = -1
        // Safety: `status` outlives the call.
        let waited = unsafe waitpid(child, &status, 0)
        #expect(waited == child)
        #expect(status == 0)
        #expect(arena.cell(of: handle)?.load() == 5)
        #expect(try arena.delete(named: "hits"))
      }
    }
  }
}
