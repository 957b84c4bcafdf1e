// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import TestSupport
import Testing
import WireProtocol

/// Calls that end before their answers come.
@Suite(.timeLimit(.minutes(5))) struct CallDeadlineTests {
  private let u64: RegisterType
  private let increment: AtomicRequest
  private let incrementCode = AtomicOperation.increment.rawValue

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
  }

  @Test("a deadline ends the call alone: the connection goes on, and the late reply is dropped")
  func endsInTime() async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { $0.opcode == code ? .hold : .answer }
    let server = try registers.serve()
    let client = try await server.connect()
    let hits = try await client.create("hits", u64).register
    let start = ContinuousClock.now
    await #expect(throws: ClientError.timeout(applied: .unknown)) {
      try await client.perform(increment, on: hits, timeout: .milliseconds(60))
    }
    #expect(start.duration(to: .now) >= .milliseconds(60))
    try await client.ping()
    #expect(try await client.register(named: "hits").generation == hits.generation)
    #expect(registers.connections == 1)
    #expect(registers.value("hits") == 1)
  }

  @Test("a call that was never sent is known not to have run")
  func endsInLine() async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { $0.opcode == code ? .ignore : .answer }
    let server = try registers.serve()
    let client = try await server.connect(.patient(maximumInFlight: 1))
    let hits = try await client.create("hits", u64).register
    let first = Task { try await client.perform(increment, on: hits) }
    try await registers.wait(for: 1, incrementCode)
    await #expect(throws: ClientError.timeout(applied: .no)) {
      try await client.perform(increment, on: hits, timeout: .milliseconds(30))
    }
    await #expect(throws: ClientError.timeout(applied: .no)) {
      try await client.perform(increment, on: hits, timeout: .zero)
    }
    let second = Task { try await client.perform(increment, on: hits) }
    second.cancel()
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await second.value }
    first.cancel()
    await #expect(throws: ClientError.cancelled(applied: .unknown)) { try await first.value }
    #expect(registers.count(incrementCode) == 1)
  }

  @Test("a task that is cancelled already sends nothing, nor does a call without time")
  func sendsNothing() async throws {
    let registers = ScriptedRegisters()
    let server = try registers.serve()
    let client = try await server.connect()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try await client.ping()
    }
    task.cancel()
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await task.value }
    await #expect(throws: ClientError.timeout(applied: .no)) {
      try await client.ping(timeout: .zero)
    }
    #expect(registers.count(Opcode.ping.rawValue) == 0)
  }

  @Test("a server that says nothing for the time limit is given up, though nobody waits any more")
  func abandonsSilence() async throws {
    let code = Opcode.ping.rawValue
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == code ? .ignore : .answer
    }
    let server = try registers.serve()
    let client = try await server.connect(ClientOptions(timeoutMilliseconds: 150))
    await #expect(throws: ClientError.timeout(applied: .no)) {
      try await client.ping(timeout: .milliseconds(20))
    }
    // It is sent into the silence, and once more when that has lasted.
    try await client.ping(timeout: .seconds(20))
    #expect(registers.connections == 2)
  }

  @Test("connecting can be cancelled")
  func cancelsConnecting() async throws {
    let server = try ScriptedServer { Mute() }
    let options = ClientOptions(timeoutMilliseconds: 60_000)
    let task = Task { try await server.connect(options) }
    await Task.yield()
    task.cancel()
    await #expect(throws: ClientError.cancelled(applied: .no)) { try await task.value }
  }

  @Test(
    "two thousand calls, cancelled and timed out at random: each ends once, and no sum is wrong")
  func survivesCancellation() async throws {
    let registers = ScriptedRegisters()
    let server = try registers.serve()
    let client = try await server.connect(.patient(maximumInFlight: 50))
    let hits = try await client.create("hits", u64).register
    var random = SeededGenerator(seed: 6)
    let plans = (0..<2_000).map { _ in
      (Int.random(in: 0..<4, using: &random), Int.random(in: 0..<20, using: &random))
    }
    let ends = try await withThrowingTaskGroup(of: Applied.self) { group in
      for (kind, number) in plans {
        group.addTask {
          let call = Task {
            try await client.perform(
              increment, on: hits, timeout: kind == 0 ? .milliseconds(number) : nil)
          }
          if kind == 1 {
            for _ in 0..<number { await Task.yield() }
            call.cancel()
          }
          do {
            _ = try await call.value
            return .yes
          } catch let error as ClientError {
            switch error {
            case .timeout, .cancelled: return error.applied
            default: throw error
            }
          }
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(ends.count == 2_000)
    try await client.ping()
    let sum = try #require(registers.value("hits"))
    let sure = ends.count { $0 == .yes }
    #expect(sum >= sure && sum <= sure + ends.count { $0 == .unknown })
    #expect(sure >= 900)
    #expect(registers.connections == 1)
  }

  @Test("closing ends calls under way and in line, and says which may have run")
  func closes() async throws {
    let code = incrementCode
    let registers = ScriptedRegisters { $0.opcode == code ? .ignore : .answer }
    let server = try registers.serve()
    let client = try await server.connect(.patient(maximumInFlight: 2))
    let hits = try await client.create("hits", u64).register
    let calls = (0..<20).map { _ in
      Task { try await client.perform(increment, on: hits) }
    }
    try await registers.wait(for: 2, incrementCode)
    client.close()
    var unknown = 0
    for call in calls {
      do {
        _ = try await call.value
        Issue.record("it was answered")
      } catch ClientError.connectionLost(_, .unknown) {
        unknown += 1
      } catch {
        #expect(error as? ClientError == .closed)
      }
    }
    #expect(unknown == 2)
    client.close()
    await #expect(throws: ClientError.closed) { try await client.ping() }
  }
}

/// Says nothing.
private final class Mute: StreamHandler {
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    StreamProgress(consumed: input.count, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}
}
