// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import SharedArena
import TestSupport
import Testing

@testable import RegisterService

/// Threads of the server and of programs that map the arena, on the same registers.
@Suite(.timeLimit(.minutes(5))) struct RegisterServiceConcurrencyTests {
  @Test("what the service's threads and the map's see fits into one order")
  func isLinearizable() throws {
    let shared = SharedHistory(types: ["u16", "u64", "i128"], operationsPerClient: 2_000)
    let (threadCount, burst) = (8, 50)
    try withTemporaryArenaPath { path in
      let arena = try Arena.openOrCreate(at: path, options: ArenaOptions(capacity: 1 << 10))
      let service = RegisterService(arena: arena)
      for register in shared.registers {
        _ = try service.create(
          RegisterDefinition(name: register.name, type: register.type, ownerUser: 0))
      }
      let pace = Pace(clients: threadCount, lead: 2)
      let results = onThreads(threadCount) { number in
        Swift.Result { () throws -> HistoryRecorder in
          defer { pace.end(number) }
          // Every second one has a mapping of its own.
          let service =
            number % 2 == 0 ? service : RegisterService(arena: try Arena.open(at: path))
          var recorder = HistoryRecorder(lane: number)
          var mix = shared.mix(of: number)
          var last = shared.registers.map { _ in UInt128(0) }
          let references = try shared.registers.map {
            try service.find(Array($0.name.utf8).span)
          }
          for _ in 0..<(shared.operationsPerClient / burst) {
            // Made before, so that the operations follow one another closely.
            let steps = try (0..<burst).map { _ in
              let index = mix.below(shared.registers.count)
              return (index, try mix.next(on: shared.registers[index].type, last: last[index]))
            }
            pace.step(number)
            for (index, request) in steps {
              recorder.sends(request, to: index)
              let outcome = try service.perform(request, on: references[index])
              recorder.learns(outcome)
              last[index] = outcome.new
            }
          }
          return recorder
        }
      }
      let histories = shared.histories(of: try results.map { try $0.get() })
      #expect(histories.reduce(0) { $0 + $1.operations.count } == threadCount * 2_000)
      shared.expectLinearizable(histories)
    }
  }
}
