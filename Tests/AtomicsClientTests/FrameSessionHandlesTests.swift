// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Testing
import WireProtocol

@testable import AtomicsClient

/// Handles whose registers are gone.
@Suite struct FrameSessionHandlesTests {
  private let u64: RegisterType
  private let session: ScriptedSession

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    session = try ScriptedSession()
  }

  private func header(_ sent: [UInt8]) -> FrameHeader {
    FrameHeader(sent.span.littleEndian64(at: 0), sent.span.littleEndian64(at: 8))
  }

  private func open(
    _ name: String, handle: UInt32, generation: UInt64
  ) throws -> RegisterReference {
    let asked = header(session.submit(.find(name: name), ticket: 1))
    try session.receive(
      ControlFrame.opened(
        answering: asked, handle: handle, type: u64, generation: generation, slot: 3,
        created: false))
    return try #require(session.session.nextReply()).result.get().asRegister().register
  }

  private func load(_ register: RegisterReference) throws -> [UInt8] {
    session.submit(.perform(try AtomicRequest(.load, on: u64), on: register), ticket: 1)
  }

  /// The handle by which the register is used.
  private func handle(of register: RegisterReference) throws -> UInt32 {
    let asked = header(try load(register))
    try session.receive(
      ControlFrame.done(answering: asked, type: u64.code, body: [UInt8](repeating: 0, count: 8)))
    _ = session.session.nextReply()
    return asked.handleOrAuxiliary
  }

  /// What the session sends of itself when the register was deleted by its name.
  private func delete(_ name: String) throws -> [UInt8] {
    let asked = header(session.submit(.delete(name: name), ticket: 1))
    let sent = try session.receive(ControlFrame.done(answering: asked))
    _ = session.session.nextReply()
    if !sent.isEmpty { try session.receive(ControlFrame.done(answering: header(sent))) }
    return sent
  }

  private func expectGone(_ command: ClientCommand) throws {
    #expect(session.submit(command, ticket: 6).isEmpty)
    let reply = try #require(session.session.nextReply())
    #expect(reply.ticket == 6)
    #expect(throws: ClientError.notFound(name: "x")) { try reply.result.get() }
  }

  @Test("however often a name is made and deleted, the server keeps no handle for it")
  func givesBack() throws {
    for cycle in 1...10 {
      _ = try open("x", handle: 7, generation: UInt64(cycle))
      let sent = try delete("x")
      try #require(sent.count == 16)
      #expect(sent == ControlFrame.request(.close, handle: 7, sequence: header(sent).sequence))
    }
  }

  @Test("a handle that means another register by now is not used for the one that was meant")
  func tellsNumbersApart() throws {
    let old = try open("x", handle: 7, generation: 1)
    _ = try delete("x")
    try expectGone(.perform(try AtomicRequest(.load, on: u64), on: old))
    try expectGone(.wait(WaitPlan(until: .equal, 1), on: old))
    try expectGone(.watch(WatchPlan(subject: .register(old))))
    try expectGone(.notify(old))
    let new = try open("y", handle: 7, generation: 5)
    #expect(try handle(of: new) == 7)
    try expectGone(.perform(try AtomicRequest(.load, on: u64), on: old))
    // A name that comes back is no other matter.
    let again = try open("x", handle: 8, generation: 9)
    #expect(try handle(of: again) == 8)
    try expectGone(.notify(old))
  }

  @Test("that an old register is gone costs the new one of its name nothing")
  func keepsNewHandle() throws {
    let old = try open("x", handle: 7, generation: 1)
    let late = header(try load(old))
    let asked = header(session.submit(.find(name: "x"), ticket: 2))
    let sent = try session.receive(
      WireFailure(.gone, "was deleted").frame(answering: late)
        + ControlFrame.opened(
          answering: asked, handle: 8, type: u64, generation: 5, slot: 3, created: false))
    try #require(sent.count == 16)
    #expect(header(sent).handleOrAuxiliary == 7)
    _ = session.session.nextReply()
    let new = try #require(session.session.nextReply()).result.get().asRegister().register
    #expect(header(try load(new)).handleOrAuxiliary == 8)
  }
}
