// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import Synchronization
import TestSupport
import Testing
import WireProtocol

/// A client whose connections end, and what becomes of its calls.
@Suite(.timeLimit(.minutes(5))) struct ReconnectTests {
  private let u64: RegisterType
  private let increment: AtomicRequest
  private let load: AtomicRequest
  private let incrementCode = AtomicOperation.increment.rawValue
  private let loadCode = AtomicOperation.load.rawValue
  private let openCode = Opcode.open.rawValue

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
    load = try AtomicRequest(.load, on: u64)
  }

  @Test("an operation that may have run is told as such and never sent again; the next one works")
  func reportsUnknownFate() async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == code ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    let error = await #expect(throws: ClientError.self) {
      try await client.perform(increment, on: hits)
    }
    guard case .connectionLost(_, .unknown)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(registers.count(incrementCode) == 1)
    #expect(registers.value("hits") == 0)
    #expect(try await client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 2)
  }

  @Test("when a connection ends among many calls, each ends with its outcome or says what is known")
  func accountsForAll() async throws {
    let code = incrementCode
    let seen = Atomic(0)
    let registers = ScriptedRegisters { frame in
      guard frame.opcode == code else { return .answer }
      return seen.add(1, ordering: .relaxed).newValue % 100 == 0 ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect(.patient(maximumInFlight: 16))
    let hits = try await client.create("hits", u64).register
    let results = try await withThrowingTaskGroup(of: UInt128?.self) { group in
      for _ in 0..<500 {
        group.addTask {
          do {
            return try await client.perform(increment, on: hits).old
          } catch ClientError.connectionLost(_, .unknown) {
            return nil
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let olds = results.compactMap { $0 }
    let unknownCount = results.count - olds.count
    let value = try #require(registers.value("hits"))
    #expect(results.count == 500)
    #expect(Set(olds).count == olds.count)
    #expect(unknownCount >= 4 && unknownCount <= 5 * 16)
    #expect(value >= olds.count && Int(value) <= 500)
    #expect(registers.connections >= 5)
  }

  @Test("what changes nothing is sent again, as often as it takes")
  func repeatsLoads() async throws {
    let code = loadCode
    let registers = ScriptedRegisters { frame in
      frame.connection < 4 && frame.opcode == code ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64, initial: 8).register
    #expect(try await client.perform(load, on: hits).old == 8)
    #expect(registers.connections == 4)
    #expect(registers.count(loadCode) == 4)
  }

  @Test(
    "what the server had not looked at when it took its leave is sent again",
    arguments: [Status.shuttingDown, .limit, .authenticationRequired])
  func repeatsAfterGoAway(status: Status) async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { frame in
      frame.connection < 3 && frame.opcode == code ? .goAway(status) : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    #expect(try await client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 3)
    #expect(registers.value("hits") == 1)
  }

  @Test("a refusal because the server ends is no answer: the call goes to the next one")
  func repeatsAfterShutDown() async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == code ? .refuse(.shuttingDown) : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    #expect(try await client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 2)
  }

  @Test("a register whose making was confirmed is known to be made, though the connection is lost")
  func knowsWhatWasMade() async throws {
    let code = openCode
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == code ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let error = await #expect(throws: ClientError.self) { try await client.create("hits", u64) }
    guard case .connectionLost(_, .yes)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let again = try await client.create("hits", u64)
    #expect(!again.created)
    try await client.perform(increment, on: again.register)
  }

  @Test("a server that does not know the client any more is not asked again and again")
  func stopsWhenRefused() async throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Opcode.ping.rawValue
        ? .goAway(.authenticationRequired) : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    registers.setWelcome(.authenticationRequired)
    let error = await #expect(throws: ClientError.self) { try await client.ping() }
    guard case .rejected("unauthorized", _, .no)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(registers.connections == 2)
    // Who lets it in later is found, though.
    registers.setWelcome(.ok)
    try await client.ping()
    #expect(registers.connections == 3)
  }

  @Test("calls made while nobody listens wait for the next server, and are told when none comes")
  func waitsForServers() async throws {
    let directory = try TemporaryArenaDirectory()
    let address = try SocketAddress(unixPath: "\(directory.path)/s")
    let registers = ScriptedRegisters()
    let first = try ScriptedServer(at: address) { ScriptedConnection(registers) }
    let client = try await RegisterClient.connect(
      to: .unix(path: "\(directory.path)/s"), options: ClientOptions(timeoutMilliseconds: 20_000))
    let hits = try await client.create("hits", u64).register
    first.stop()
    // On a busy machine the time may be up before the client has seen its connection end.
    let patience = ContinuousClock.now.advanced(by: .seconds(60))
    var error: ClientError?
    repeat {
      let start = ContinuousClock.now
      error = await #expect(throws: ClientError.self) {
        try await client.perform(load, on: hits, timeout: .milliseconds(150))
      }
      #expect(start.duration(to: .now) >= .milliseconds(150))
    } while error == .timeout(applied: .no) && ContinuousClock.now < patience
    guard case .unreachable(_, let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason == "No such file or directory" || reason == "Connection refused")
    async let late = client.perform(increment, on: hits)
    await Task.yield()
    let second = try ScriptedServer(at: address) { ScriptedConnection(registers) }
    #expect(try await late.new == 1)
    #expect(registers.connections == 2)
    withExtendedLifetime((second, directory)) {}
  }

  @Test("a server that ends while a register is opened again has refused nothing")
  func opensAgainElsewhere() async throws {
    let registers = ScriptedRegisters { frame in
      switch (frame.connection, frame.opcode) {
      case (1, Opcode.ping.rawValue): .close
      case (2, Opcode.open.rawValue): .refuse(.shuttingDown)
      default: .answer
      }
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    try await client.ping()
    #expect(registers.connections == 2)
    #expect(try await client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 3)
  }

  @Test("a server that hangs up at once is unreachable")
  func connectsToNobody() async throws {
    let server = try ScriptedServer { HangingUp() }
    let error = await #expect(throws: ClientError.self) { try await server.connect() }
    guard case .unreachable? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("without calls there are no attempts")
  func rests() async throws {
    let registers = ScriptedRegisters { frame in
      frame.opcode == Opcode.ping.rawValue && frame.connection == 1 ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    // A ping is sent again, so that there is a second connection, which then ends.
    try await client.ping()
    server.stop()
    let other = try ScriptedServer(at: server.address) { ScriptedConnection(registers) }
    let bystander = try await other.connect()
    let end = ContinuousClock.now.advanced(by: .milliseconds(300))
    while ContinuousClock.now < end { try await bystander.ping() }
    #expect(registers.connections == 3)
    try await client.ping()
    #expect(registers.connections == 4)
  }

  @Test(
    "a reference works on the next connection, by another handle, opened once for all who use it")
  func keepsReferences() async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == code ? .goAway(.shuttingDown) : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    let olds = try await withThrowingTaskGroup(of: UInt128.self) { group in
      for _ in 0..<50 { group.addTask { try await client.perform(increment, on: hits).old } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(olds) == Set(0..<50))
    #expect(registers.count(openCode) == 2)
    #expect(registers.connections == 2)
  }

  @Test("another register of the same name is not taken for the one that was meant")
  func tellsRegistersApart() async throws {
    let code = Opcode.ping.rawValue
    let registers = ScriptedRegisters { frame in
      frame.opcode == code && frame.connection < 3 ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let old = try await client.create("hits", u64).register
    let other = try await client.create("other", u64).register
    registers.delete("hits")
    registers.make("hits", value: 100)
    try await client.ping()
    #expect(registers.connections == 3)
    for _ in 0..<2 {
      await #expect(throws: ClientError.notFound(name: "hits")) {
        try await client.perform(increment, on: old)
      }
    }
    #expect(registers.value("hits") == 100)
    #expect(try await client.perform(increment, on: other).new == 1)
    let new = try await client.register(named: "hits")
    #expect(try await client.perform(increment, on: new).new == 101)
  }

  @Test("a register of another arena is not taken for the one that was meant either")
  func tellsArenasApart() async throws {
    let code = Opcode.ping.rawValue
    let registers = ScriptedRegisters { frame in
      frame.opcode == code && frame.connection == 1 ? .close : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect()
    let old = try await client.create("hits", u64).register
    registers.setArena(78)
    try await client.ping()
    await #expect(throws: ClientError.notFound(name: "hits")) {
      try await client.perform(increment, on: old)
    }
    #expect(registers.count(openCode) == 1)
    #expect(registers.value("hits") == 0)
  }

  @Test("a reference of another client is opened and compared, too")
  func comparesForeignReferences() async throws {
    let registers = ScriptedRegisters()
    let server = try registers.serve()
    let hits = try await server.connect().create("hits", u64).register
    let client = try await server.connect()
    #expect(try await client.perform(increment, on: hits).new == 1)
    registers.delete("hits")
    registers.make("hits")
    let third = try await server.connect()
    await #expect(throws: ClientError.notFound(name: "hits")) {
      try await third.perform(increment, on: hits)
    }
  }
}

/// Accepts, and wants nothing.
private final class HangingUp: StreamHandler {
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    StreamProgress(consumed: input.count, next: .close)
  }

  func closed(_ reason: StreamCloseReason) {}
}
