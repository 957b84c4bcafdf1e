// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import SharedArena
import Testing

// The blocks of code in the articles, as they stand there; ClientDocumentationTests runs them, and
// compares.

struct ClientDocumentationExamples {
  let server: TestServer

  /// What the articles call so is the test's server.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private func ServerAddress(_ text: String) throws(ClientError) -> AtomicsClient.ServerAddress {
    try AtomicsClient.ServerAddress(
      text.replacing("127.0.0.1:7070", with: server.address))
  }

  /// Nobody reads what the examples print.
  private func print(_ items: Any...) {}

  func overview() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    let hits = try await atomics.register(named: "hits", as: UInt64.self)
    let ticket = try await hits.fetchAdd(1)
    let seats = try await atomics.register(named: "seats", as: Int32.self, initial: 100)
    if try await seats.decrementIfPositive().exchanged { print("ticket", ticket, "has a seat") }
    #expect(try await seats.load() == 99)
    #expect(ticket == 0)
  }

  func connecting() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    try await atomics.ping()
    let address = try ServerAddress("atr://127.0.0.1:7070")
    try await connecting(address, token: AccessToken.new().secret)
  }

  private func connecting(_ address: AtomicsClient.ServerAddress, token: String) async throws {
    var options = ClientOptions()
    options.timeoutMilliseconds = 2_000
    options.token = try AccessToken(token)
    let atomics = try await RegisterClient.connect(to: address, options: options)
    // This server asks nobody.
    try await atomics.ping()
  }

  func gettingStarted() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    try await atomics.delete("hits")
    let hits = try await atomics.register(named: "hits", as: UInt64.self)
    let ratio = try await atomics.register(named: "jobs/ratio", as: Double.self, initial: 0.5)
    let digest = try await atomics.register(named: "jobs/digest", as: InlineArray<16, UInt8>.self)
    #expect(try await digest.bytes() == [UInt8](repeating: 0, count: 16))

    let found = try await atomics.find(named: "jobs/ratio", as: Double.self)
    let known = try await atomics.register(named: "hits")
    print(known.type.name, try await found?.load() ?? 0)
    #expect(try await ratio.load() == 0.5 && known.type.name == "u64")

    try await operating(hits)
    try await declining(atomics.register(named: "seats", as: Int32.self))
    try await atRunTime(atomics)
  }

  private func operating(_ hits: Register<UInt64>) async throws {
    try await hits.add(2)
    let before = try await hits.fetchAdd(1)
    let after = try await hits.addFetch(1)
    let largest = try await hits.maxFetch(1_000)
    let wasSet = try await hits.bitTestAndSet(4)
    let swapped = try await hits.compareExchange(expected: 1_016, desired: 0)
    print(before, after, largest, wasSet, swapped.exchanged, swapped.original)
    #expect(before == 2 && after == 4 && largest == 1_000 && !wasSet)
    #expect(swapped.exchanged && swapped.original == 1_016)
  }

  private func declining(_ seats: Register<Int32>) async throws {
    let taken = try await seats.sub(2, overflow: .fail, within: 0...100)
    let unlessFull = try await seats.compareExchange(when: .less, 100, desired: 100)
    let doubled = try await seats.update { $0 > 50 ? nil : $0 * 2 }
    print(taken.exchanged, unlessFull.original, doubled.new)
    #expect(taken.exchanged && taken.new == 97 && unlessFull.original == 97)
    #expect(!doubled.exchanged && doubled.new == 100)
  }

  private func atRunTime(_ atomics: RegisterClient) async throws {
    guard let type = RegisterType(name: "i64") else { return }
    let level = try await atomics.register(named: "level", type: type)
    let request = try AtomicRequest(.add, on: level.type, operand: level.type.bits(of: -5))
    let outcome = try await atomics.perform(request, on: level)
    print(level.type.format(outcome.new))
    #expect(level.type.format(outcome.new) == "-5")
  }

  func failures() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    let hits = try await atomics.register(named: "failing", as: UInt64.self)
    // Whatever comes of it within its time.
    do throws(ClientError) {
      try await hits.within(.milliseconds(20)).add(1)
    } catch {
      switch error.applied {
      case .no: print("not counted: \(error)")
      case .yes: print("counted, though: \(error)")
      case .unknown: print("counted or not: \(error)")
      }
    }
    try await quickly(hits)
    try await mark(hits, 7)
    #expect(try await hits.bitTest(7))
    let owner = try await atomics.register(named: "owner", as: UInt64.self)
    #expect(try await claim(owner, as: 3) == 3)
    #expect(try await claim(owner, as: 4) == 3)
  }

  private func quickly(_ hits: Register<UInt64>) async throws {
    let quick = hits.within(.seconds(1))
    let value = try await quick.load()
    #expect(value <= 1)
  }

  func waiting() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    try await ClientWaitingExamples(atomics: atomics).run()
  }

  func servers() async throws {
    let counters = try await Counters(ServerAddress("atr://127.0.0.1:7070"))
    #expect(try await counters.visit() == 1)
    #expect(try await [counters.takeSeat(), counters.takeSeat()] == [true, true])
    #expect(try await !counters.takeSeat())
    counters.shutDown()
    await #expect(throws: ClientError.closed) { try await counters.visit() }
  }

  func blockingPrograms() throws {
    let client = try BlockingClient(ServerAddress("atr://127.0.0.1:7070"))
    let jobs = try client.register(named: "jobs/next", as: UInt64.self)
    let job = try jobs.fetchInc()
    let best = try client.register(named: "jobs/best", as: Float.self)
    try best.max(0.25)
    #expect(try job == 0 && best.load() == 0.25)

    let increment = try AtomicRequest(.increment, on: jobs.reference.type)
    for _ in 0..<1_000 { try client.submit(increment, on: jobs.reference) }
    var last: UInt128 = 0
    for _ in 0..<1_000 { last = try client.nextOutcome().new }
    #expect(last == 1_001)
  }

  func performance() async throws {
    let atomics = try await RegisterClient.connect(to: ServerAddress("atr://127.0.0.1:7070"))
    let hits = try await atomics.register(named: "hits", as: UInt64.self)
    let before = try await hits.load()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<1_000 { group.addTask { try await hits.add(1) } }
      try await group.waitForAll()
    }
    try byTheArena(server.arenaPath)
    #expect(try await hits.load() == before + 2_000)
  }

  private func byTheArena(_ path: String) throws {
    let arena = try Arena.open(at: path)
    let local = try arena.register(named: "hits", as: UInt64.self)
    local.withView { view in
      for _ in 0..<1_000 { view.add(1, order: .relaxed) }
    }
  }
}

/// The examples of waiting and watching.
struct ClientWaitingExamples {
  let atomics: RegisterClient
  /// What an example prints comes out here.
  private let printed = AsyncStream.makeStream(of: String.self)

  init(atomics: RegisterClient) { self.atomics = atomics }

  private func print(_ items: Any...) { printed.continuation.yield("\(items)") }

  func run() async throws {
    let hits = try await atomics.register(named: "waited", as: UInt64.self, initial: 12)
    let places = try await atomics.register(named: "places", as: Int32.self, initial: 2)
    _ = try await atomics.register(named: "jobs/short", as: Int32.self)
    try await waiting(hits)
    try await taking(places)
    #expect(try await places.load() == 2)
    try await changes(of: hits)
    async let watched: Void = watching()
    // What the examples above have printed, and the first event.
    var lines = printed.stream.makeAsyncIterator()
    while let line = await lines.next(), !line.contains("jobs/") {}
    try await atomics.delete("jobs/short")
    try await watched
  }

  private func waiting(_ hits: Register<UInt64>) async throws {
    let end = try await hits.wait(until: .atLeast(10), timeout: .seconds(1))
    switch end {
    case .satisfied(let value): print("it is", value)
    case .timedOut(let value): print("still", value)
    }
    #expect(end == .satisfied(12))
  }

  private func taking(_ places: Register<Int32>) async throws {
    let place = try await places.wait(until: .atLeast(1), then: .sub(1), timeout: .seconds(5))
    guard place.isPerformed else { return }
    // … what only so many may do at once …
    try await places.inc()
  }

  private func changes(of hits: Register<UInt64>) async throws {
    for try await change in try await hits.changes() {
      print(change.value)
      if change.value >= 10 { break }
    }
  }

  private func watching() async throws {
    for try await event in try await atomics.watch(prefix: "jobs/") {
      print(event.name, event.kind)
      if event.kind == .deleted { break }
    }
  }
}

private func mark(_ done: Register<UInt64>, _ part: UInt64) async throws(ClientError) {
  do throws(ClientError) {
    try await done.or(1 << part)
  } catch {
    guard error.applied == .unknown else { throw error }
    try await done.or(1 << part)
  }
}

private func claim(_ owner: Register<UInt64>, as me: UInt64) async throws(ClientError) -> UInt64 {
  do throws(ClientError) {
    let claim = try await owner.compareExchange(expected: 0, desired: me)
    return claim.exchanged ? me : claim.original
  } catch {
    guard error.applied == .unknown else { throw error }
    return try await owner.load()
  }
}

/// The registers of this program, found once.
struct Counters: Sendable {
  let client: RegisterClient
  let visits: Register<UInt64>
  let seats: Register<Int32>

  init(_ address: ServerAddress) async throws(ClientError) {
    client = try await RegisterClient.connect(to: address)
    visits = try await client.register(named: "shop/visits", as: UInt64.self)
    seats = try await client.register(named: "shop/seats", as: Int32.self, initial: 2)
  }

  /// For a handler: no look-up, one round trip.
  func visit() async throws(ClientError) -> UInt64 {
    try await visits.within(.seconds(1)).addFetch(1)
  }

  func takeSeat() async throws(ClientError) -> Bool {
    try await seats.decrementIfPositive().exchanged
  }

  func shutDown() { client.close() }
}
