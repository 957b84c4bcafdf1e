// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import Foundation
import TestSupport
import Testing

/// Clients of every transport on the same registers at once: what each saw fits into one order.
@Suite(.timeLimit(.minutes(4))) struct LinearizabilityTests {
  private static let operationCount =
    RunLength.isLong ? 5_000 : 1_000

  /// Who takes part: five transports, four clients each.
  private func clients(of server: TestServer) -> [(String, HistoryClient.Manner)] {
    let (tcp, unix) = ("atr://\(server.address)", "unix:\(server.socketPath)")
    let (http2, map) = ("http://\(server.address)", "shm:\(server.arenaPath)")
    let http1 = "http1:\(server.address)"
    return [
      (tcp, .oneByOne), (tcp, .pipelined), (tcp, .pipelined), (tcp, .leaving),
      (unix, .oneByOne), (unix, .oneByOne), (unix, .pipelined), (unix, .leaving),
      (http2, .oneByOne), (http2, .oneByOne), (http2, .pipelined), (http2, .leaving),
      (http1, .oneByOne), (http1, .oneByOne), (http1, .oneByOne), (http1, .oneByOne),
      (map, .oneByOne), (map, .oneByOne), (map, .oneByOne), (map, .oneByOne),
    ]
  }

  @Test("TCP, Unix sockets, HTTP/2, HTTP/1.1 and maps on the same registers are linearizable")
  func everyTransport() throws {
    let shared = SharedHistory(
      types: ["u64", "i16", "u128", "bytes16", "f64", "i32"],
      operationsPerClient: Self.operationCount)
    print("linearizability: ATOMICS_TEST_SEED=\(shared.seed)")
    let recorders = try withServer { server in
      let owner = try BlockingClient(ServerAddress("unix:\(server.socketPath)"))
      for register in shared.registers { _ = try owner.create(register.name, register.type) }
      let parts = clients(of: server)
      let pace = Pace(clients: parts.count, lead: 40)
      let results = onThreads(parts.count) { number in
        Swift.Result { () throws -> HistoryRecorder in
          defer { pace.end(number) }
          let (address, manner) = parts[number]
          var client = HistoryClient(number, of: parts.count, at: address, manner, shared)
          try client.run { pace.step(number) }
          return client.recorder
        }
      }
      return try results.map { try $0.get() }
    }
    let histories = shared.histories(of: recorders)
    let recorded = histories.reduce(0) { $0 + $1.operations.count }
    #expect(recorded == recorders.count * Self.operationCount)
    expectOverlap(histories)
    shared.expectLinearizable(histories)
  }

  /// Without it there would be nothing to find.
  private func expectOverlap(_ histories: [RegisterHistory]) {
    for history in histories {
      let operations = history.operations
      // One in fifty of them, beside all others.
      let sample = stride(from: 0, to: operations.count, by: 50).map { operations[$0] }
      let overlapping = sample.count { one in
        operations.contains {
          $0.lane != one.lane && $0.invoked < one.responded && $0.responded > one.invoked
        }
      }
      #expect(overlapping > sample.count / 2, "\(history.name): \(overlapping)")
    }
  }
}
