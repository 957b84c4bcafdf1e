// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import SharedArena
import Testing

@Suite struct ReadmeTests {
  /// The client's example as it stands in the README, but for the port.
  private func example(_ server: String) async throws -> UInt128 {
    let atomics = try await RegisterClient.connect(to: ServerAddress(server))
    let hits = try await atomics.create("hits", RegisterType(name: "u64")!).register
    let outcome = try await atomics.perform(AtomicRequest(.increment, on: hits.type), on: hits)
    return outcome.new
  }

  /// The example of the map, but for the path.
  private func mapExample(_ path: String) throws -> UInt128? {
    let arena = try Arena.open(at: path)
    let hits = try arena.register(named: "hits", as: UInt64.self)
    let before = hits.withView { $0.fetchAdd(1, order: .relaxed) }
    let outcome = try hits.wait(until: { $0 >= 1 }, timeout: .seconds(1))
    guard case .satisfied(let value) = outcome, let before, value == before + 1 else { return nil }
    return UInt128(value)
  }

  @Test("the examples increment, over every transport and by the map")
  func increments() async throws {
    try await withServer { server in
      let addresses = server.everyAddress
      for (index, address) in addresses.enumerated() {
        let value = try await example(address)
        #expect(value == UInt128(index + 1))
      }
      let mapped = try mapExample(server.arenaPath)
      #expect(mapped == UInt128(addresses.count + 1))
    }
  }

  @Test("the library's example, as it stands in the README")
  func library() throws {
    let hits = OwnedAtomic<UInt64>(0)  // or AtomicView over memory of yours
    let ticket = hits.fetchInc(order: .relaxed)  // compiles to one lock xadd
    let seat = hits.add(1, overflow: .fail, within: 0...100)
    #expect(seat.exchanged && ticket == 0 && seat.new == 2)

    let cell = try OwnedCell(byteCount: 16, kind: .signed)
    try cell.perform(.add, operand: cell.type.bits(of: -5), order: .acquiringAndReleasing)
    let text = cell.description
    #expect(text == "AtomicInt(value: -5, width: 16, readOnly: false, signed: true)")
  }
}
