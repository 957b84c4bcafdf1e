// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import SharedArena
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReadmeTests {
  @Test("the client's examples, over every transport")
  func increments() async throws {
    try await withServer { server in
      for (index, address) in server.everyAddress.enumerated() {
        try await ReadmeExamples(server: address).run(turn: index)
      }
    }
  }

  @Test("the examples of waiting and watching")
  func waits() async throws {
    try await withServer { server in
      try await ReadmeExamples(server: server.everyAddress[0]).waitAndWatch()
    }
  }

  @Test("the example of the map")
  func maps() throws {
    try withServer { server in
      let client = try BlockingClient(.map(path: server.arenaPath))
      try client.register(named: "hits", as: UInt64.self).store(20)
      try ReadmeExamples(server: "").map(server.arenaPath)
      #expect(try client.register(named: "hits", as: UInt64.self).load() == 21)
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

/// The blocks of the README's part on Swift, as they stand there.
private struct ReadmeExamples {
  /// What the README calls `atr://127.0.0.1:7070`.
  let server: String
  /// What an example prints comes out here.
  private let printed = AsyncStream.makeStream(of: String.self)

  init(server: String) { self.server = server }

  // swift-format-ignore: AlwaysUseLowerCamelCase
  private func ServerAddress(_ text: String) throws(ClientError) -> AtomicsClient.ServerAddress {
    _ = try AtomicsClient.ServerAddress(text)
    return try AtomicsClient.ServerAddress(server)
  }

  private func print(_ items: Any...) { printed.continuation.yield("\(items)") }

  func run(turn: Int) async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    let hits = try await atomics.register(named: "hits", as: UInt64.self)
    let before = try await hits.fetchAdd(1)
    let seats = try await atomics.register(named: "seats", as: Int32.self, initial: 100)
    let taken = try await seats.sub(2, overflow: .fail, within: 0...100)
    if taken.exchanged { print("visit", before, "took seats", taken.new, "and", taken.new + 1) }
    #expect(before == UInt64(turn) && taken.new == 98 - Int32(2 * turn))
  }

  func waitAndWatch() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    let hits = try await atomics.register(named: "hits", as: UInt64.self, initial: 10)
    _ = try await atomics.register(named: "jobs/one", as: UInt8.self)
    let watching = Task {
      let end = try await hits.wait(until: .atLeast(10), timeout: .seconds(1))
      for try await event in try await atomics.watch(prefix: "jobs/") {
        print(end, event.name, event.kind)
      }
    }
    var lines = printed.stream.makeAsyncIterator()
    let line = await lines.next()
    #expect(line?.contains("satisfied(10)") == true && line?.contains("jobs/one") == true)
    watching.cancel()
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await watching.value }
  }

  func map(_ path: String) throws {
    let arena = try Arena.open(at: path)
    let hits = try arena.register(named: "hits", as: UInt64.self)
    let before = hits.withView { $0.fetchAdd(1, order: .relaxed) }
    let outcome = try hits.wait(until: { $0 >= 10 }, timeout: .seconds(1))
    #expect(before == 20 && outcome == .satisfied(21))
  }
}
