// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import TestSupport
import Testing
import WireProtocol

@testable import AtomicsClient

/// Typed registers beside what an operation does.
@Suite(.timeLimit(.minutes(1))) struct TypedRegisterTests {
  private func withMap(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (RegisterClient, BlockingClient) async throws -> Void
  ) async throws {
    try await withTemporaryArenaPath { path in
      let address = ServerAddress.map(path: path)
      let client = try await RegisterClient.connect(to: address)
      try await body(client, BlockingClient(address))
    }
  }

  @Test("a register is made once, with its first value, and found from then on")
  func makes() async throws {
    try await withMap { client, blocking in
      // There is no arena yet: the first register makes it.
      let made = try await client.register(named: "limit", as: Int16.self, initial: -5)
      #expect(try await made.load() == -5)
      let again = try blocking.register(named: "limit", as: Int16.self, initial: 9)
      #expect(try again.load() == -5 && again.name == "limit")
      let untyped = try await client.register(
        named: "wide", type: UInt128.registerType, initial: .max)
      let wide = try #require(client.register(untyped, as: UInt128.self))
      #expect(try await wide.load() == .max)
      #expect(client.register(untyped, as: Int128.self) == nil)
      let planned = try blocking.register(
        RegisterPlan(name: "planned", type: UInt8.registerType, initial: 3, label: "so"))
      #expect(try #require(blocking.register(planned, as: UInt8.self)).load() == 3)
      #expect(blocking.register(planned, as: Int8.self) == nil)
      #expect(try blocking.info(named: "planned").label == "so")
    }
  }

  @Test("a register that is not there is not made by looking for it")
  func finds() async throws {
    try await withMap { client, blocking in
      _ = try await client.register(named: "there", as: Float.self)
      #expect(try await client.find(named: "there", as: Float.self)?.load() == 0)
      #expect(try blocking.find(named: "there", as: Float.self)?.load() == 0)
      #expect(try await client.find(named: "elsewhere", as: Float.self) == nil)
      #expect(try blocking.find(named: "elsewhere", as: Float.self) == nil)
      #expect(try await client.find(named: "elsewhere") == nil)
      #expect(try blocking.find(named: "elsewhere") == nil)
    }
  }

  @Test("another type is an error that names both")
  func tellsTypes() async throws {
    try await withMap { client, blocking in
      _ = try await client.register(named: "hits", as: UInt64.self)
      let expected = ClientError.rejected(
        code: "type-mismatch", text: "The register `hits` is u64, not i64.", applied: .no)
      await #expect(throws: expected) { try await client.register(named: "hits", as: Int64.self) }
      await #expect(throws: expected) { try await client.find(named: "hits", as: Int64.self) }
      #expect(throws: expected) { try blocking.register(named: "hits", as: Int64.self) }
      #expect(throws: expected) { try blocking.find(named: "hits", as: Int64.self) }
      let error = #expect(throws: ClientError.self) {
        try blocking.register(named: "a b", as: Int64.self)
      }
      guard case .rejected("invalid-name", _, .no)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test("what no request can be is the caller's mistake, and says so")
  func refusesMistakes() async throws {
    try await withMap { client, blocking in
      let hits = try await client.register(named: "hits", as: UInt8.self)
      let same = try blocking.register(named: "hits", as: UInt8.self)
      let order = ClientError.usage(
        "`hits`: load does not permit order release; it permits relaxed, acquire, seq_cst.")
      await #expect(throws: order) { try await hits.load(order: .releasing) }
      #expect(throws: order) { try same.load(order: .releasing) }
      for index in [-1, 8, 256, Int.max] {
        let bit = ClientError.usage(
          "`hits`: bit index \(index) is out of range; this register has bits 0 to 7.")
        await #expect(throws: bit) { try await hits.bitTestAndSet(index) }
        #expect(throws: bit) { try same.bitTestAndSet(index) }
      }
      let bounds = ClientError.usage(
        "`hits`: bounds on add need the overflow policy saturate or fail.")
      await #expect(throws: bounds) { try await hits.add(1, overflow: .wrap, within: 0...3) }
      let failure = ClientError.usage(
        "`hits`: failure order seq_cst does not go with order relaxed; it permits relaxed.")
      await #expect(throws: failure) {
        try await hits.compareExchange(
          expected: 0, desired: 1, order: .relaxed, failureOrder: .sequentiallyConsistent)
      }
      await #expect(throws: failure) {
        try await hits.update(order: .relaxed, failureOrder: .sequentiallyConsistent) { _ in nil }
      }
      let attempts = ClientError.usage("`hits`: an update is tried once at least.")
      await #expect(throws: attempts) { try await hits.update(attempts: 0) { $0 } }
      #expect(throws: attempts) { try same.update(attempts: 0) { $0 } }
      #expect(try same.load() == 0)
    }
  }

  @Test("bytes are those of the memory")
  func bytes() async throws {
    try await withMap { client, blocking in
      let word = try await client.register(named: "word", as: UInt32.self, initial: 0x0403_0201)
      #expect(try await word.bytes() == [1, 2, 3, 4])
      let same = try blocking.register(named: "word", as: UInt32.self)
      #expect(try same.bytes(order: .relaxed) == [1, 2, 3, 4])
    }
  }

  @Test("a deleted register is not found, whoever has taken its name")
  func noticesDeletion() async throws {
    try await withMap { client, blocking in
      let hits = try await client.register(named: "hits", as: UInt64.self)
      try await client.delete("hits")
      _ = try await client.register(named: "hits", as: UInt64.self)
      await #expect(throws: ClientError.notFound(name: "hits")) { try await hits.inc() }
    }
  }

  @Test("updates of many tasks are all there, and each saw what it replaced")
  func updates() async throws {
    let (tasks, turns) = (8, 50)
    let server = try ScriptedServer { FramePeer() }
    let client = try await RegisterClient.connect(to: ServerAddress("atr://\(server.address)"))
    let total = try await client.register(named: "total", as: UInt64.self)
    let seen = try await withThrowingTaskGroup(of: [UInt64].self) { group in
      for _ in 0..<tasks {
        group.addTask {
          var seen: [UInt64] = []
          for _ in 0..<turns {
            let result = try await total.update { $0 + 3 }
            #expect(result.exchanged && result.new == result.original + 3)
            seen.append(result.original)
          }
          return seen
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(try await total.load() == UInt64(tasks * turns * 3))
    #expect(Set(seen).count == tasks * turns)
  }

  @Test("an update may leave the value alone, or give up after so many attempts")
  func givesUp() async throws {
    try await withMap { client, blocking in
      let hits = try await client.register(named: "hits", as: UInt64.self, initial: 7)
      let same = try blocking.register(named: "hits", as: UInt64.self)
      let alone = try await hits.update { _ in nil }
      #expect(!alone.exchanged && alone.original == 7 && alone.new == 7)
      var given: [UInt64] = []
      let beaten = try same.update(attempts: 3) { value in
        given.append(value)
        // Somebody is faster each time.
        let other = try? same.fetchInc()
        return other.map { $0 + 100 }
      }
      #expect(!beaten.exchanged && given == [7, 8, 9] && beaten.original == 10)
      #expect(try same.update { $0 * 2 }.new == 20)
    }
  }

  @Test("what returns nothing asks the server for nothing, and a conditional form tells")
  func asksForLess() throws {
    let u64 = UInt64.registerType
    let register = RegisterReference(
      name: "x", type: u64, generation: 1, place: .remote(connection: 1, handle: 7))
    func returns(_ command: ClientCommand, connection: UInt64 = 1) throws -> UInt8 {
      var output = OutputBuffer()
      FrameSession(connection: connection).submit(command, ticket: 1, into: &output)
      return output.withBytes { $0[2] >> 6 }
    }
    let add = try AtomicRequest(.add, on: u64, operand: 3)
    for connection: UInt64 in [1, 2] {
      #expect(try returns(.perform(add, on: register), connection: connection) == 1)
      #expect(
        try returns(.perform(add, on: register, returns: .nothing), connection: connection) == 0)
    }
    let store = try AtomicRequest(.store, on: u64, operand: 3)
    #expect(try returns(.perform(store, on: register)) == 0)
  }

  @Test("a reply without a value is one only where none was asked for")
  func readsShortReplies() throws {
    let u64 = UInt64.registerType
    let register = RegisterReference(
      name: "x", type: u64, generation: 1, place: .remote(connection: 1, handle: 7))
    let add = try AtomicRequest(.add, on: u64, operand: 3)
    let reply = FrameHeader(opcode: AtomicOperation.add.rawValue, sequence: 1)
    for (returns, isFine) in [(ReturnMode.nothing, true), (.old, false), (.new, false)] {
      let session = FrameSession(connection: 1)
      var output = OutputBuffer()
      session.submit(.perform(add, on: register, returns: returns), ticket: 1, into: &output)
      let body: [UInt8] = []
      if isFine {
        try session.take(reply, body: body.span)
        #expect(try session.nextReply()?.result.get().asOutcome().succeeded == true)
      } else {
        #expect(throws: ClientError.self) {
          try session.take(reply, body: body.span)
        }
      }
    }
  }

  @Test("a register that a server has not is made, and its methods run")
  func worksRemotely() async throws {
    let server = try ScriptedServer { FramePeer() }
    let client = try await RegisterClient.connect(to: ServerAddress("atr://\(server.address)"))
    #expect(try await client.find(named: "hits", as: UInt64.self) == nil)
    let hits = try await client.register(named: "hits", as: UInt64.self, initial: 40)
    try await hits.inc()
    try await hits.add(1)
    #expect(try await hits.fetchAdd(8) == 42)
    #expect(try await hits.load() == 50)
  }
}
