// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsClient

/// Waits and watches whose connections end.
@Suite(.timeLimit(.minutes(5))) struct LastingCallTests {
  private let u64: RegisterType
  private let waitCode = Opcode.waitUntil.rawValue
  private let thenCode = Opcode.waitThen.rawValue
  private let watchCode = Opcode.watch.rawValue

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
  }

  private func connect(
    _ server: ScriptedServer, options: ClientOptions = .patient()
  ) async throws -> LoopConnection {
    let remote = try #require(try RemoteServer(server.location, options: options))
    return try await LoopConnection.connect(to: remote, options: options)
  }

  private func create(_ connection: LoopConnection) async throws -> RegisterReference {
    try await connection.call(.create(RegisterPlan(name: "hits", type: u64, initial: 5)))
      .asRegister().register
  }

  @Test("a wait under way is armed again on the next connection, with what is left of its time")
  func armsAgain() async throws {
    let code = waitCode
    let registers = ScriptedRegisters { frame in
      switch (frame.connection, frame.opcode) {
      case (1, code): .ignore
      case (1, Opcode.ping.rawValue): .close
      default: .answer
      }
    }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let plan = WaitPlan(predicate: .equal, operand: 5, timeoutMilliseconds: 50_000)
    let call = Task { try await connection.call(.wait(plan, on: hits)).asWaited() }
    try await registers.wait(for: 1, waitCode)
    let start = ContinuousClock.now
    while start.duration(to: .now) < .milliseconds(20) { await Task.yield() }
    _ = try await connection.call(.ping)
    #expect(try await call.value == .satisfied(5))
    let timeouts = registers.waitTimeouts
    try #require(timeouts.count == 2)
    #expect(timeouts[0] <= 50_000 && timeouts[1] > 0 && timeouts[1] <= timeouts[0] - 20)
    connection.close()
  }

  @Test("a wait with an operation is told as unknown when it is lost, and armed again after GOAWAY")
  func tellsLostOperations() async throws {
    let code = thenCode
    let registers = ScriptedRegisters { frame in
      guard frame.opcode == code else { return .answer }
      return frame.connection == 1 ? .close : frame.connection == 2 ? .goAway(.limit) : .answer
    }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let add = try AtomicRequest(.increment, on: u64)
    let plan = WaitPlan(predicate: .equal, operand: 5, timeoutMilliseconds: nil, then: add)
    let error = await #expect(throws: ClientError.self) {
      try await connection.call(.wait(plan, on: hits))
    }
    guard case .connectionLost(_, .unknown)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(registers.count(thenCode) == 1)
    guard case .performed(let outcome) = try await connection.call(.wait(plan, on: hits)).asWaited()
    else {
      Issue.record("not performed")
      return
    }
    #expect(outcome.old == 5)
    #expect(registers.count(thenCode) == 3)
    #expect(registers.connections == 3)
    connection.close()
  }

  @Test("a server that ends in order is heard to the end: what it gives up has not run")
  func hearsTheEnd() async throws {
    let code = thenCode
    let registers = ScriptedRegisters { frame in
      switch (frame.connection, frame.opcode) {
      case (1, code): .ignore
      case (1, AtomicOperation.increment.rawValue): .refuseAndLeave
      default: .answer
      }
    }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let add = try AtomicRequest(.increment, on: u64)
    let plan = WaitPlan(predicate: .equal, operand: 5, timeoutMilliseconds: nil, then: add)
    let calls = (0..<3).map { _ in
      Task { try await connection.call(.wait(plan, on: hits)).asWaited() }
    }
    try await registers.wait(for: 3, thenCode)
    _ = try await connection.call(.perform(add, on: hits))
    for call in calls {
      guard case .performed = try await call.value else {
        Issue.record("not performed")
        continue
      }
    }
    #expect(registers.connections == 2)
    connection.close()
  }

  @Test("a wait for a change is not sent again: what changed in between would be missed")
  func tellsLostChanges() async throws {
    let code = waitCode
    for (action, count) in [(ScriptedRegisters.Action.close, 1), (.goAway(.limit), 1)] {
      let registers = ScriptedRegisters { $0.opcode == code ? action : .answer }
      let server = try registers.serve()
      let connection = try await connect(server)
      let hits = try await create(connection)
      let plan = WaitPlan(predicate: .changed, timeoutMilliseconds: nil)
      let error = await #expect(throws: ClientError.self) {
        try await connection.call(.wait(plan, on: hits))
      }
      guard case .connectionLost(_, .no)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(registers.count(waitCode) == count)
      connection.close()
    }
  }

  @Test("a wait for a change that was refused before its first look is sent again")
  func repeatsRefusedChanges() async throws {
    let code = waitCode
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == code ? .refuse(.shuttingDown) : .answer
    }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let plan = WaitPlan(predicate: .changed, timeoutMilliseconds: nil)
    let end = try await connection.call(.wait(plan, on: hits)).asWaited()
    #expect(end == .satisfied(5))
    #expect(registers.count(waitCode) == 2)
    connection.close()
  }

  @Test("a wait that is cancelled ends at once, and at the server")
  func cancelsWaits() async throws {
    let code = waitCode
    let registers = ScriptedRegisters { $0.opcode == code ? .ignore : .answer }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let plan = WaitPlan(predicate: .equal, operand: 6, timeoutMilliseconds: nil)
    let call = Task { try await connection.call(.wait(plan, on: hits)) }
    try await registers.wait(for: 1, waitCode)
    call.cancel()
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await call.value }
    try await registers.wait(for: 1, Opcode.cancel.rawValue)
    // So does one whose time is up for the client.
    await #expect(throws: ClientError.timeout(applied: .no)) {
      try await connection.call(.wait(plan, on: hits), timeout: .milliseconds(20))
    }
    try await registers.wait(for: 2, Opcode.cancel.rawValue)
    _ = try await connection.call(.ping)
    #expect(registers.connections == 1)
    connection.close()
  }

  @Test("waits stand in nobody's way, however many there are")
  func letsOthersPass() async throws {
    let code = waitCode
    let registers = ScriptedRegisters { $0.opcode == code ? .ignore : .answer }
    let server = try registers.serve()
    let connection = try await connect(server, options: .patient(maximumInFlight: 1))
    let hits = try await create(connection)
    let plan = WaitPlan(predicate: .equal, operand: 6, timeoutMilliseconds: nil)
    let calls = (0..<200).map { _ in
      Task { try await connection.call(.wait(plan, on: hits)) }
    }
    try await registers.wait(for: 200, waitCode)
    _ = try await connection.call(.ping)
    connection.close()
    for call in calls {
      await #expect(throws: ClientError.closed) { try await call.value }
    }
  }

  @Test(
    "a server that is silent while only waits stand is asked, and given up when it says nothing")
  func probes() async throws {
    let (code, ping) = (waitCode, Opcode.ping.rawValue)
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && (frame.opcode == code || frame.opcode == ping) ? .ignore : .answer
    }
    let server = try registers.serve()
    let connection = try await connect(server, options: ClientOptions(timeoutMilliseconds: 100))
    let hits = try await create(connection)
    let plan = WaitPlan(predicate: .equal, operand: 5, timeoutMilliseconds: nil)
    #expect(try await connection.call(.wait(plan, on: hits)).asWaited() == .satisfied(5))
    #expect(registers.count(ping) == 1)
    #expect(registers.connections == 2)
    connection.close()
  }

  @Test("a watch goes on with the next connection, and tells that something may have been missed")
  func watchesOn() async throws {
    let ping = Opcode.ping.rawValue
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == ping ? .close : .answer
    }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let plan = WatchPlan(subject: .register(hits))
    let feed = WatchFeed(plan)
    try await connection.watch(plan, feed: feed)
    #expect(try await feed.next()?.kind == .value(5))
    _ = try await connection.call(.perform(try AtomicRequest(.increment, on: u64), on: hits))
    _ = try await connection.call(.ping)
    #expect(try await feed.next()?.kind == .gap(6))
    #expect(registers.connections == 2)
    feed.leave()
    try await registers.wait(for: 1, Opcode.unwatch.rawValue)
    connection.close()
  }

  @Test("a register that is deleted while nobody could see it ends its watch as a deletion does")
  func seesDeletions() async throws {
    let ping = Opcode.ping.rawValue
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == ping ? .close : .answer
    }
    let server = try registers.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let plan = WatchPlan(subject: .register(hits))
    let feed = WatchFeed(plan)
    try await connection.watch(plan, feed: feed)
    #expect(try await feed.next()?.kind == .value(5))
    registers.delete("hits")
    registers.make("hits", value: 9)
    _ = try await connection.call(.ping)
    #expect(try await feed.next()?.kind == .deleted)
    #expect(try await feed.next() == nil)
    connection.close()
  }

  @Test("a watch that is refused, cancelled or too late leaves nothing behind; closing ends it")
  func endsWatches() async throws {
    let code = watchCode
    let calls = ScriptedRegisters { $0.opcode == code ? .ignore : .answer }
    let server = try calls.serve()
    let connection = try await connect(server)
    let hits = try await create(connection)
    let plan = WatchPlan(subject: .register(hits))
    await #expect(throws: ClientError.timeout(applied: .no)) {
      try await connection.watch(plan, feed: WatchFeed(plan), timeout: .milliseconds(20))
    }
    let task = Task { try await connection.watch(plan, feed: WatchFeed(plan)) }
    try await calls.wait(for: 2, watchCode)
    task.cancel()
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await task.value }
    connection.close()

    let registers = ScriptedRegisters()
    let other = try registers.serve()
    let second = try await connect(other)
    let register = try await create(second)
    let standing = WatchPlan(subject: .register(register))
    let feed = WatchFeed(standing)
    try await second.watch(standing, feed: feed)
    #expect(try await feed.next()?.kind == .value(5))
    second.close()
    await #expect(throws: ClientError.closed) { try await feed.next() }
    registers.delete("hits")
    let third = try await connect(other)
    await #expect(throws: ClientError.notFound(name: "hits")) {
      try await third.watch(standing, feed: WatchFeed(standing))
    }
    third.close()
  }
}
