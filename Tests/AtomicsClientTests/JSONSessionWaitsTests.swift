// SPDX-License-Identifier: Apache-2.0

import AtomicsCore
import HTTP2Session
import HTTPMessage
import Testing

@testable import AtomicsClient

@Suite struct JSONSessionWaitsTests {
  private let register: RegisterReference
  private let i8: RegisterType

  init() throws {
    i8 = try #require(RegisterType(name: "i8"))
    register = RegisterReference(
      name: "a/b", type: i8, generation: 0, place: .byName(connection: 1))
  }

  private func wait(_ plan: WaitPlan) -> ClientCommand { .wait(plan, on: register) }

  private func end(_ pair: JSONPair) throws -> WaitEnd? {
    try pair.client.nextReply()?.result.get().asWaited()
  }

  @Test("a wait is a request with its predicate, time and order, or its operation")
  func asks() throws {
    let pair = try JSONPair()
    try pair.submit(
      wait(WaitPlan(predicate: .lessOrEqual, operand: 0xFB, timeoutMilliseconds: 0)), 1)
    let first = pair.take()
    #expect(first.target == "/v1/registers/a%2Fb/wait")
    #expect(first.body == #"{"until":"le:-5","timeout_ms":0,"order":"seq_cst"}"#)
    #expect(pair.client.outstandingCount == 0 && pair.client.quietlyAwaitedCount == 1)
    try pair.answer(first.stream, 200, #"{"satisfied":false,"value":"3"}"#)
    #expect(try end(pair) == .timedOut(3))
    let add = try AtomicRequest(
      .add, on: i8, modifier: .overflow(.fail, least: nil, greatest: 6), order: .relaxed,
      operand: 5)
    try pair.submit(wait(WaitPlan(predicate: .changed, then: add)), 2)
    let second = pair.take()
    #expect(
      second.body == #"{"until":"changed","timeout_ms":30000,"then":{"op":"add","#
        + #""operand":"5","overflow":"fail","max":"6","order":"relaxed"}}"#)
    try pair.answer(second.stream, 200, #"{"satisfied":true,"value":"1","old":"1","new":"6"}"#)
    #expect(try end(pair) == .performed(AtomicOutcome(old: 1, new: 6)))
    try pair.submit(wait(WaitPlan(predicate: .changed, then: add)), 3)
    let declined = #"{"type":"/problems/out-of-bounds","value":"2","applied":"no"}"#
    try pair.answer(pair.take().stream, 409, declined)
    #expect(try end(pair) == .performed(AtomicOutcome(old: 2, new: 2, succeeded: false)))
    #expect(pair.client.quietlyAwaitedCount == 0)
  }

  @Test("waits that are refused together learn the server's limit once")
  func learnsOnce() throws {
    let pair = try JSONPair()
    for ticket in 1...8 {
      try pair.submit(wait(WaitPlan(predicate: .equal, operand: 1)), UInt64(ticket))
    }
    let tooLong =
      #"{"type":"/problems/value-out-of-range","member":"timeout_ms","applied":"no"}"#
    let first = (1...8).map { _ in pair.take().stream }
    for stream in first { try pair.answer(stream, 400, tooLong) }
    for _ in first { #expect(pair.take().body.contains(#""timeout_ms":15000,"#)) }
  }

  @Test("a connection that is left keeps only waits that may have run an operation")
  func leaves() throws {
    let pair = try JSONPair()
    let then = try AtomicRequest(.add, on: i8, operand: 1)
    try pair.submit(wait(WaitPlan(predicate: .equal, operand: 1)), 1)
    try pair.submit(wait(WaitPlan(predicate: .equal, operand: 1, then: then)), 2)
    _ = pair.take()
    let last = pair.take().stream
    pair.client.leave()
    let ended = try #require(pair.client.nextReply())
    let error = #expect(throws: ClientError.self) { try ended.result.get() }
    #expect(ended.ticket == 1 && error?.isOfEndingConnection == true)
    #expect(pair.client.nextReply() == nil && pair.client.quietlyAwaitedCount == 1)
    // Its round is over: it may be asked for elsewhere.
    try pair.answer(last, 200, #"{"satisfied":false,"value":"0"}"#)
    let late = try #require(pair.client.nextReply())
    let lateError = #expect(throws: ClientError.self) { try late.result.get() }
    #expect(late.ticket == 2 && lateError?.isOfEndingConnection == true)
    #expect(pair.client.quietlyAwaitedCount == 0)
  }

  @Test("a wait goes on in rounds, shorter ones where the server wants that, and misses no change")
  func goesOn() throws {
    let pair = try JSONPair()
    try pair.submit(wait(WaitPlan(predicate: .changed)), 1)
    let tooLong =
      #"{"type":"/problems/value-out-of-range","member":"timeout_ms","applied":"no"}"#
    for milliseconds in [30_000, 15_000] {
      let round = pair.take()
      #expect(round.body.contains(#""until":"changed","timeout_ms":\#(milliseconds),"#))
      try pair.answer(round.stream, 400, tooLong)
    }
    let late = #"{"satisfied":false,"value":"-1"}"#
    var round = pair.take()
    #expect(round.body.contains(#""timeout_ms":7500,"#))
    for _ in 0..<3 {
      try pair.answer(round.stream, 200, late)
      round = pair.take()
      #expect(round.body.contains(#""until":"ne:-1","timeout_ms":7500,"#))
    }
    #expect(pair.client.nextReply() == nil && pair.client.quietlyAwaitedCount == 1)
    try pair.answer(round.stream, 200, #"{"satisfied":true,"value":"0"}"#)
    #expect(try end(pair) == .satisfied(0))
    // What was learned holds.
    try pair.submit(wait(WaitPlan(predicate: .equal, operand: 1, timeoutMilliseconds: 60_000)), 2)
    #expect(pair.take().body.contains(#""timeout_ms":7500,"#))
    try pair.submit(wait(WaitPlan(predicate: .equal, operand: 1, timeoutMilliseconds: 5)), 3)
    #expect(pair.take().body.contains(#""timeout_ms":5,"#))
  }

  @Test(
    "what the server refuses is the error that it is over the binary protocol",
    arguments: [
      (410, "gone", ValuePredicate.equal, ClientError.notFound(name: "a/b")),
      (404, "not-found", .equal, .notFound(name: "a/b")),
      (409, "cancelled", .equal, .cancelled(applied: .no)),
      (
        503, "shutting-down", .equal, .rejected(code: "shutting-down", text: "t", applied: .no)
      ),
      // It may have begun, and what changed since is not known.
      (503, "shutting-down", .changed, .cancelled(applied: .no)),
      (
        429, "too-many-requests", .equal,
        .rejected(code: "too-many-requests", text: "t", applied: .no)
      ),
    ])
  private func tellsRefusals(
    status: Int, slug: String, predicate: ValuePredicate, error: ClientError
  ) throws {
    let pair = try JSONPair()
    try pair.submit(wait(WaitPlan(predicate: predicate)), 1)
    let problem = #"{"type":"/problems/\#(slug)","detail":"t","applied":"no"}"#
    try pair.answer(pair.take().stream, status, problem)
    #expect(throws: error) { try end(pair) }
  }

  @Test("a wait that is cancelled is reset; with an operation, the server is heard first")
  func cancels() throws {
    let pair = try JSONPair()
    try pair.submit(wait(WaitPlan(predicate: .changed)), 1)
    try pair.cancel(1)
    #expect(pair.server.nextClosed() == pair.take().stream)
    #expect(throws: ClientError.cancelled(applied: .no)) { try end(pair) }
    let increment = try AtomicRequest(.increment, on: i8)
    try pair.submit(wait(WaitPlan(predicate: .changed, then: increment)), 2)
    try pair.cancel(2)
    #expect(pair.server.nextClosed() == pair.take().stream)
    #expect(pair.client.nextReply() == nil && pair.client.outstandingCount == 1)
    try pair.answer(pair.take().stream, 200, "{}")
    #expect(throws: ClientError.cancelled(applied: .unknown)) { try end(pair) }
    // A second time, or too late, nothing happens.
    try pair.cancel(2)
    #expect(pair.open.isEmpty && pair.client.nextReply() == nil)
    // Of one that the server ends by itself nobody knows either.
    try pair.submit(wait(WaitPlan(predicate: .changed, then: increment)), 3)
    pair.server.cancel(pair.take().stream)
    try pair.run()
    let error = #expect(throws: ClientError.self) { try end(pair) }
    #expect(error?.applied == .unknown)
  }

  @Test("waits leave streams for others, and so do watches")
  func leavesStreams() throws {
    var limits = HTTPLimits()
    limits.concurrentStreams = 16
    let pair = try JSONPair(limits: limits)
    #expect(pair.client.waitLimit == 8 && pair.client.inFlightLimit == 16)
    for ticket in 1...8 { try pair.submit(wait(WaitPlan(predicate: .changed)), UInt64(ticket)) }
    #expect(pair.client.inFlightLimit == 8)
    for ticket in 9...14 {
      try pair.submit(.watch(WatchPlan(subject: .prefix("a"))), UInt64(ticket))
    }
    #expect(pair.client.inFlightLimit == 2 && pair.client.nextReply() == nil)
    try pair.submit(.watch(WatchPlan(subject: .prefix("a"))), 15)
    let refusal = #expect(throws: ClientError.self) { try pair.client.nextReply()?.result.get() }
    guard case .rejected("too-many-requests", _, .no)? = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
    try pair.submit(.ping, 16)
    #expect(pair.open.count == 15)
  }
}
