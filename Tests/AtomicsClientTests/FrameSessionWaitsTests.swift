// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import EventLoop
import Testing
import WireProtocol

@testable import AtomicsClient

@Suite struct FrameSessionWaitsTests {
  private let u64: RegisterType
  private let session: ScriptedSession

  init() throws {
    u64 = try #require(RegisterType(name: "u64"))
    session = try ScriptedSession()
  }

  private func register(connection: UInt64 = 1) -> RegisterReference {
    RegisterReference(
      name: "x", type: u64, generation: 1, place: .remote(connection: connection, handle: 7))
  }

  private func wait(
    _ ticket: UInt64, then: AtomicRequest? = nil, timeout: UInt32? = nil, connection: UInt64 = 1
  ) -> [UInt8] {
    let plan = WaitPlan(
      predicate: .greaterOrEqual, operand: 10, timeoutMilliseconds: timeout, then: then)
    return session.submit(.wait(plan, on: register(connection: connection)), ticket: ticket)
  }

  private func answer(
    _ opcode: Opcode, _ sequence: UInt32, _ status: Status = .ok, value: UInt128
  ) -> [UInt8] {
    WaitFrame.answer(
      to: FrameHeader(opcode: opcode.rawValue, sequence: sequence), status, value: value, type: u64)
  }

  @Test("waits are sent by handle, or by name where this connection has none")
  func sends() throws {
    let frame = WaitFrame(.greaterOrEqual, 10, timeoutMilliseconds: WaitFrame.withoutLimit)
    #expect(wait(1) == frame.frame(type: u64, handle: 7, sequence: 1))
    #expect(wait(2, connection: 2) == frame.frame(type: u64, name: "x", sequence: 2))
    let timed = WaitFrame(.greaterOrEqual, 10, timeoutMilliseconds: 0)
    #expect(wait(3, timeout: 0) == timed.frame(type: u64, handle: 7, sequence: 3))
    let subtract = try AtomicRequest(.sub, on: u64, operand: 1)
    let taking = WaitFrame(
      .greaterOrEqual, 10, timeoutMilliseconds: WaitFrame.withoutLimit, then: subtract,
      returns: .old)
    #expect(wait(4, then: subtract) == taking.frame(type: u64, handle: 7, sequence: 4))
  }

  @Test("answers find their waits in any order, beside the queue of the others")
  func answersOutOfOrder() throws {
    let subtract = try AtomicRequest(.sub, on: u64, operand: 4)
    _ = wait(1)
    _ = session.submit(.ping, ticket: 2)
    _ = wait(3, then: subtract)
    _ = wait(4, timeout: 5)
    #expect(session.session.outstandingCount == 1 && session.session.quietlyAwaitedCount == 3)
    try session.receive(answer(.waitUntil, 4, .timeout, value: 3))
    try session.receive(
      WaitFrame.answer(
        to: FrameHeader(opcode: Opcode.waitThen.rawValue, sequence: 3), .ok, value: 12, type: u64))
    try session.receive(ControlFrame.done(answering: FrameHeader(opcode: 1, sequence: 2)))
    try session.receive(answer(.waitUntil, 1, value: 10))
    #expect(try session.end(4) == .timedOut(3))
    #expect(try session.end(3) == .performed(AtomicOutcome(old: 12, new: 8)))
    #expect(session.session.nextReply()?.ticket == 2)
    #expect(try session.end(1) == .satisfied(10))
    #expect(session.session.outstandingCount == 0 && session.session.quietlyAwaitedCount == 0)
  }

  @Test("an operation that declines ends the wait, and tells the value found")
  func declines() throws {
    let seat = try AtomicRequest(
      .add, on: u64, modifier: .overflow(.fail, least: nil, greatest: 10), operand: 5)
    _ = wait(1, then: seat)
    try session.receive(answer(.waitThen, 1, .overflow, value: 10))
    #expect(
      try session.end(1) == .performed(AtomicOutcome(old: 10, new: 10, succeeded: false)))
  }

  @Test("a refusal is the wait's error: a deletion is that there is no such register")
  func refuses() throws {
    for (failure, error) in [
      (WireFailure(.gone, "was deleted"), ClientError.notFound(name: "x")),
      (
        WireFailure(.limit, "4096 waits are open"),
        .rejected(code: "too-many-requests", text: "4096 waits are open", applied: .no)
      ),
    ] {
      let session = try ScriptedSession()
      let plan = WaitPlan(predicate: .changed)
      _ = session.submit(.wait(plan, on: register()), ticket: 1)
      try session.receive(
        failure.frame(answering: FrameHeader(opcode: Opcode.waitUntil.rawValue, sequence: 1)))
      #expect(throws: error) { try session.end(1) }
    }
  }

  @Test("CANCEL ends a wait: it is cancelled, or tells what it had done before")
  func cancels() throws {
    let subtract = try AtomicRequest(.sub, on: u64, operand: 4)
    _ = wait(1)
    _ = wait(2, then: subtract)
    #expect(session.cancel(1) == CancelFrame(wait: 1).frame(sequence: 3))
    #expect(session.cancel(2) == CancelFrame(wait: 2).frame(sequence: 4))
    // Once is enough, and what there is not needs none.
    #expect(session.cancel(2).isEmpty && session.cancel(9).isEmpty)
    let cancelled = WireFailure(.cancelled, "was cancelled")
    try session.receive(
      cancelled.frame(answering: FrameHeader(opcode: Opcode.waitUntil.rawValue, sequence: 1)))
    try session.receive(
      ControlFrame.done(answering: FrameHeader(opcode: Opcode.cancel.rawValue, sequence: 3)))
    try session.receive(answer(.waitThen, 2, value: 12))
    try session.receive(
      WireFailure(.notFound, "no wait").frame(
        answering: FrameHeader(opcode: Opcode.cancel.rawValue, sequence: 4)))
    #expect(throws: ClientError.cancelled(applied: .no)) { try session.end(1) }
    #expect(try session.end(2) == .performed(AtomicOutcome(old: 12, new: 8)))
    #expect(session.session.nextReply() == nil)
    #expect(session.session.outstandingCount == 0)
    #expect(session.cancel(1).isEmpty)
  }

  @Test("what makes no sense as an answer ends the connection")
  func refusesStrangeAnswers() throws {
    let until = FrameHeader(opcode: Opcode.waitUntil.rawValue, sequence: 1)
    let pad = [UInt8](repeating: 0, count: 8)
    var short = until
    short.type = u64.code
    for bytes in [
      answer(.waitUntil, 2, value: 1), answer(.waitThen, 1, value: 1),
      // Without its value, of another type, with a status that has no place here.
      FrameWords(short).bytes, answer(.waitUntil, 1, .mismatch, value: 1),
      answer(.waitUntil, 1, .overflow, value: 1),
      FrameWords(
        FrameHeader(opcode: 0x50, orderOrStatus: 99, type: u64.code, bodyByteCount: 8, sequence: 1)
      ).bytes + pad,
      FrameWords(
        FrameHeader(opcode: 0x50, type: 0, bodyByteCount: 8, sequence: 1)
      ).bytes + pad,
    ] {
      let session = try ScriptedSession()
      _ = session.submit(.wait(WaitPlan(predicate: .changed), on: register()), ticket: 1)
      let error = #expect(throws: ClientError.self) { try session.receive(bytes) }
      guard case .protocolViolation? = error else {
        Issue.record("\(bytes): \(String(describing: error))")
        continue
      }
      // It is still one of those to be abandoned.
      session.session.abandon(.broken(.protocolViolation("")))
      #expect(session.session.nextReply()?.ticket == 1)
    }
  }

  @Test("when the connection ends a wait changed nothing, but for one with an operation")
  func abandons() throws {
    _ = wait(1)
    _ = wait(2, then: try AtomicRequest(.increment, on: u64))
    _ = session.cancel(1)
    session.session.abandon(.lost("cut"))
    var errors: [UInt64: ClientError] = [:]
    while let reply = session.session.nextReply() {
      if case .failure(let error) = reply.result { errors[reply.ticket] = error }
    }
    #expect(
      errors == [
        1: .connectionLost(reason: "cut", applied: .no),
        2: .connectionLost(reason: "cut", applied: .unknown),
      ])
    #expect(session.session.quietlyAwaitedCount == 0)
    #expect(session.cancel(1).isEmpty)
  }

  @Test("the numbers of open waits are left out when they come round")
  func keepsNumbersApart() throws {
    _ = wait(1)
    session.session.nextSequence = .max
    #expect(session.submit(.ping, ticket: 2) == ControlFrame.ping([], sequence: .max))
    #expect(session.submit(.ping, ticket: 3) == ControlFrame.ping([], sequence: 0))
    #expect(session.submit(.ping, ticket: 4) == ControlFrame.ping([], sequence: 2))
  }

  @Test("waking those who wait is a frame, by handle or by name")
  func notifies() throws {
    #expect(
      session.submit(.notify(register()), ticket: 1)
        == ControlFrame.request(.notify, handle: 7, sequence: 1))
    #expect(
      session.submit(.notify(register(connection: 2)), ticket: 2)
        == ControlFrame.request(.notify, name: "x", sequence: 2))
    let header = FrameHeader(opcode: Opcode.notify.rawValue, sequence: 1)
    try session.receive(ControlFrame.done(answering: header))
    guard case .success(.notified)? = session.session.nextReply()?.result else {
      Issue.record("no answer to NOTIFY")
      return
    }
  }
}
