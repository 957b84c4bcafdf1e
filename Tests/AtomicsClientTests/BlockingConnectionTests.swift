// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Glibc
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsClient

/// What a thread's connection does before the server's greeting, while it is idle, and with a
/// server that does not read.
@Suite(.timeLimit(.minutes(1))) struct BlockingConnectionTests {
  private let u64: RegisterType
  private let increment: AtomicRequest
  private let load: AtomicRequest

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
    load = try AtomicRequest(.load, on: u64)
  }

  @Test("a reference of another client never means another register, not even in the first call")
  func comparesBeforeGreeting() throws {
    let registers = ScriptedRegisters()
    let server = try registers.serve()
    let other = try server.connectBlocking()
    let stays = try other.create("stays", u64).register
    let goes = try other.create("goes", u64).register
    registers.delete("goes")
    registers.make("goes", value: 100)
    let client = try server.connectBlocking()
    #expect(throws: ClientError.notFound(name: "goes")) {
      try client.perform(increment, on: goes)
    }
    #expect(registers.value("goes") == 100)
    #expect(try client.perform(increment, on: stays).new == 1)
    // Pipelined, those behind it keep their place.
    let third = try server.connectBlocking()
    try third.submit(increment, on: stays)
    try third.submit(increment, on: goes)
    try third.submit(increment, on: stays)
    #expect(try third.nextOutcome().new == 2)
    #expect(throws: ClientError.notFound(name: "goes")) { try third.nextOutcome() }
    #expect(try third.nextOutcome().new == 3)
    registers.setArena(78)
    #expect(throws: ClientError.notFound(name: "stays")) {
      try server.connectBlocking().perform(increment, on: stays)
    }
  }

  @Test("over a connection that ended while nobody used it nothing is sent, and nothing is unknown")
  func looksBeforeSending() throws {
    let directory = try TemporaryArenaDirectory()
    for address in [
      SocketAddress.unix(path: "\(directory.path)/sock"), .ipv4(address: 0x7F00_0001, port: 0),
    ] {
      let registers = ScriptedRegisters()
      let server = try registers.serve(at: address)
      let client = try server.connectBlocking()
      let hits = try client.create("hits", u64).register
      server.stop()
      let next = try registers.serve(at: server.address)
      #expect(try client.perform(increment, on: hits).new == 1)
      next.stop()
      let third = try registers.serve(at: server.address)
      // Queued together, sent together.
      for _ in 0..<3 { try client.submit(increment, on: hits) }
      for new in 2...4 { #expect(try client.nextOutcome().new == UInt128(new)) }
      third.stop()
    }
  }

  @Test("a watch whose owner only looks goes on with the next connection")
  func reconnectsInPassing() throws {
    let registers = ScriptedRegisters()
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    let watch = try client.watch(hits)
    let end = Deadline.after(nanoseconds: 50_000_000_000)
    func look() throws -> RegisterEvent? {
      while Deadline.now < end {
        if let event = try watch.next(timeout: .zero) { return event }
      }
      return nil
    }
    #expect(try look()?.kind == .value(0))
    server.stop()
    #expect(try watch.next(timeout: .zero) == nil)
    let next = try registers.serve(at: server.address)
    #expect(try look()?.kind == .gap(0))
    next.stop()
  }

  @Test("a call's time holds also where the server does not read what is sent")
  func sendsNoLongerThanAllowed() throws {
    let directory = try TemporaryArenaDirectory()
    let path = "\(directory.path)/sock"
    // The kernel connects, and nobody accepts.
    let listener = try ListenerSocket(address: .unix(path: path))
    let options = ClientOptions.patient(maximumInFlight: 1 << 20)
    let server = try #require(try RemoteServer(.unix(path: path), options: options))
    let connection = try BlockingConnection(to: server, options: options)
    let name = String(repeating: "n", count: 200)
    var last: UInt64 = 0
    for _ in 0..<4000 { last = try connection.submit(.find(name: name), until: .now) }
    #expect((connection.channel?.output.count ?? 0) > 0)
    #expect(throws: ClientError.timeout(applied: .no)) {
      try connection.reply(to: last, until: .after(nanoseconds: 20_000_000))
    }
    #expect(connection.channel != nil)
    withExtendedLifetime(directory) {}
    _ = consume listener
  }

  @Test("what was never sent, because the first connection ends without a greeting, has not run")
  func knowsWhatWasNotSent() throws {
    let server = try ScriptedRegisters().serve()
    let hits = try server.connectBlocking().create("hits", u64).register
    let mute = try ScriptedServer { HangingUp() }
    let client = try mute.connectBlocking()
    for _ in 0..<2 { try client.submit(increment, on: hits) }
    for _ in 0..<2 {
      let error = #expect(throws: ClientError.self) { try client.nextOutcome() }
      guard case .unreachable? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test("a register's own time limit is that of its notifications, watches and waits")
  func limitsOtherCalls() async throws {
    let registers = ScriptedRegisters { frame in
      [Opcode.notify, .watch, .waitUntil].contains { $0.rawValue == frame.opcode }
        ? .ignore : .answer
    }
    let server = try registers.serve()
    // Each on a connection of its own: answers come in order, and one is missing then.
    let late = ClientError.timeout(applied: .no)
    func blocking() throws -> BlockingRegister<UInt64> {
      try server.connectBlocking().register(named: "hits", as: UInt64.self).within(
        .milliseconds(20))
    }
    #expect(throws: late) { try blocking().notify() }
    #expect(throws: late) {
      try blocking().wait(until: .equal(to: 1), timeout: .milliseconds(1))
    }
    let hasty = try blocking()
    #expect(throws: late) {
      try hasty.client.watch(hasty.reference, timeout: .milliseconds(20))
    }
    func asynchronous() async throws -> Register<UInt64> {
      try await RegisterClient.connect(
        to: ServerAddress("atr://\(server.address)"), options: .patient()
      ).register(named: "hits", as: UInt64.self).within(.milliseconds(20))
    }
    await #expect(throws: late) { try await asynchronous().notify() }
    await #expect(throws: late) { _ = try await asynchronous().changes() }
    await #expect(throws: late) {
      _ = try await asynchronous().wait(until: .equal(to: 1), timeout: .milliseconds(1))
    }
  }

  @Test("a closed client refuses calls, ends its watches, and tells what may have run")
  func closes() throws {
    let registers = ScriptedRegisters { frame in
      frame.opcode == AtomicOperation.increment.rawValue ? .ignore : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    let watch = try client.watch(hits)
    try client.submit(increment, on: hits)
    try client.flush()
    try client.submit(load, on: hits)
    client.close()
    client.close()
    let error = #expect(throws: ClientError.self) { try client.nextOutcome() }
    #expect(error?.applied == .unknown)
    #expect(throws: ClientError.closed) { try client.nextOutcome() }
    #expect(throws: ClientError.closed) { try client.ping() }
    #expect(throws: ClientError.closed) { while try watch.next() != nil {} }
    #expect(watch.hasEnded)
  }

  @Test("an address that nothing comes back from takes no more than its share of the time")
  func dividesTime() throws {
    let end = Deadline(nanoseconds: 1_100)
    #expect(end.share(among: 2, from: Deadline(nanoseconds: 100)).nanoseconds == 600)
    #expect(end.share(among: 1, from: Deadline(nanoseconds: 100)) == end)
    #expect(end.share(among: 2, from: Deadline(nanoseconds: 2_000)) == end)
    #expect(Deadline.never.share(among: 2, from: .now) == .never)
    // Its queue is full, and the kernel drops who comes then.
    let full = try ListenerSocket(address: .ipv4(address: 0x7F00_0001, port: 0))
    try #require(listen(full.descriptor, 0) == 0)
    for _ in 0..<4 {
      _ = try? Socket.connect(to: full.address, deadline: .after(nanoseconds: 50_000_000))
    }
    let good = try ListenerSocket(address: .ipv4(address: 0x7F00_0001, port: 0))
    let start = Deadline.now
    let limit = start.advanced(by: 4_000_000_000)
    _ = try BlockingSocket.connect(toOneOf: [full.address, good.address], named: "both", limit)
    let now = Deadline.now
    #expect(now > start.advanced(by: 1_000_000_000), "the first was to be dropped")
    #expect(now < limit)
    _ = consume full
    _ = consume good
  }
}

/// Ends every connection without a word.
private final class HangingUp: StreamHandler {
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream,
    endOfInput: Bool
  ) -> StreamProgress {
    StreamProgress(consumed: input.count, next: .close)
  }

  func closed(_ reason: StreamCloseReason) {}
}
