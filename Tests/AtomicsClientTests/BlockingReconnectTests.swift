// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import TestSupport
import Testing
import WireProtocol

/// A thread's client whose connections end, and what becomes of its calls.
@Suite(.timeLimit(.minutes(5))) struct BlockingReconnectTests {
  private let u64: RegisterType
  private let increment: AtomicRequest
  private let load: AtomicRequest
  private static let incrementCode = AtomicOperation.increment.rawValue
  private static let loadCode = AtomicOperation.load.rawValue

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    increment = try AtomicRequest(.increment, on: u64)
    load = try AtomicRequest(.load, on: u64)
  }

  @Test("an operation that may have run is told as such and never sent again; the next one works")
  func reportsUnknownFate() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.incrementCode ? .close : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    for _ in 0..<3 { try client.submit(increment, on: hits) }
    try client.submit(load, on: hits)
    for _ in 0..<3 {
      let error = #expect(throws: ClientError.self) { try client.nextOutcome() }
      guard case .connectionLost(_, .unknown)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
    // What changes nothing is sent again by itself.
    #expect(try client.nextOutcome().old == 0)
    #expect(registers.count(Self.incrementCode) == 1)
    #expect(try client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 2)
  }

  @Test("what was never sent, or not looked at before the server's farewell, is sent once")
  func repeatsAfterGoAway() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection < 3 && frame.opcode == Self.incrementCode ? .goAway(.shuttingDown) : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking(.patient(maximumInFlight: 4))
    let hits = try client.create("hits", u64).register
    for _ in 0..<20 { try client.submit(increment, on: hits) }
    for old in 0..<20 { #expect(try client.nextOutcome().old == UInt128(old)) }
    #expect(registers.value("hits") == 20)
    #expect(registers.connections == 3)
  }

  @Test("a refusal because the server ends is no answer: the call goes to the next one")
  func repeatsAfterShutDown() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.incrementCode
        ? .refuse(.shuttingDown) : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    #expect(try client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 2)
  }

  @Test("a name that means another register by now is not found, silently nothing else")
  func comparesRegisters() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.loadCode ? .close : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let stays = try client.create("stays", u64, initial: 7).register
    let goes = try client.create("goes", u64).register
    registers.delete("goes")
    registers.make("goes", value: 100)
    for register in [stays, goes, stays, goes] { try client.submit(load, on: register) }
    #expect(try client.nextOutcome().old == 7)
    #expect(throws: ClientError.notFound(name: "goes")) { try client.nextOutcome() }
    #expect(try client.nextOutcome().old == 7)
    #expect(throws: ClientError.notFound(name: "goes")) { try client.nextOutcome() }
    #expect(try client.perform(load, on: client.register(named: "goes")).old == 100)
    #expect(registers.connections == 2)
  }

  @Test("the registers of another arena are others")
  func comparesArenas() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.loadCode ? .close : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    registers.setArena(78)
    #expect(throws: ClientError.notFound(name: "hits")) { try client.perform(load, on: hits) }
    #expect(try client.perform(load, on: client.register(named: "hits")).old == 0)
  }

  @Test(
    "when the time of a call is up it ends, and the connection stays; the late answer is dropped")
  func endsCallsInTime() throws {
    let registers = ScriptedRegisters { frame in
      frame.opcode == Self.incrementCode ? .hold : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    #expect(throws: ClientError.timeout(applied: .unknown)) {
      try client.perform(increment, on: hits, timeout: .milliseconds(20))
    }
    // Its answer comes before this one's.
    #expect(try client.perform(load, on: hits).old == 1)
    #expect(registers.connections == 1)
  }

  @Test("a server that says nothing for as long as answers may take is left, and not sent more")
  func leavesSilence() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.loadCode ? .ignore : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking(ClientOptions(timeoutMilliseconds: 1_000))
    let hits = try client.create("hits", u64).register
    let error = #expect(throws: ClientError.self) { try client.perform(load, on: hits) }
    // On a busy machine its time may be up while the next connection is made.
    #expect(error?.applied == .no && error?.isConnectionFailure == true)
    #expect(try client.perform(increment, on: hits).new == 1)
    #expect(registers.connections == 2)
    #expect(registers.count(Self.incrementCode) == 1)
  }

  @Test("a call longer than the silence of a connection goes to the next one")
  func outlivesSilence() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.loadCode ? .ignore : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking(ClientOptions(timeoutMilliseconds: 500))
    let hits = try client.create("hits", u64).register
    #expect(try client.perform(load, on: hits, timeout: .seconds(120)).old == 0)
    #expect(registers.connections >= 2)
  }

  @Test("a call waits for a server as long as it may, then tells why there is none")
  func waitsForServer() throws {
    let registers = ScriptedRegisters()
    let server = try registers.serve()
    let client = try server.connectBlocking()
    let hits = try client.create("hits", u64).register
    server.stop()
    // Until an attempt has been made, the reason is that the connection ended.
    let refusal = ClientError.unreachable(
      server: "atr://\(server.address)", reason: "Connection refused")
    let end = ContinuousClock.now.advanced(by: .seconds(60))
    var error: ClientError?
    repeat {
      error = #expect(throws: ClientError.self) {
        try client.perform(increment, on: hits, timeout: .milliseconds(150))
      }
      #expect(error?.applied == .no && error?.isConnectionFailure == true)
    } while error != refusal && ContinuousClock.now < end
    #expect(error == refusal)
    let next = try ScriptedServer(at: server.address) { ScriptedConnection(registers) }
    #expect(try client.perform(increment, on: hits).new == 1)
    next.stop()
  }

  @Test("a token that is not known any more ends the calls that wait, and no attempt follows")
  func endsUnknownTokens() throws {
    let registers = ScriptedRegisters { frame in
      frame.connection == 1 && frame.opcode == Self.loadCode ? .close : .answer
    }
    let server = try registers.serve()
    let client = try server.connectBlocking(ClientOptions(token: .new()))
    let hits = try client.create("hits", u64).register
    registers.setWelcome(.authenticationRequired)
    for _ in 0..<3 { try client.submit(load, on: hits) }
    for _ in 0..<3 {
      guard
        case .rejected("unauthorized", _, .no)? = #expect(
          throws: ClientError.self, performing: { try client.nextOutcome() })
      else {
        Issue.record("another error")
        return
      }
    }
    #expect(registers.connections == 2)
  }
}
