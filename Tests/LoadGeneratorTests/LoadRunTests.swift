// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import LoadGenerator
import TestSupport
import Testing

@Suite struct LoadRunTests {
  private let increment: OperationName

  init() throws { increment = try #require(OperationName("inc_fetch")) }

  private func target(_ scheme: String, _ server: ScriptedServer) throws -> LoadTarget {
    try LoadTarget("\(scheme)://\(server.address)")
  }

  private func plan(_ targets: [LoadTarget], depth: Int = 1) -> LoadPlan {
    LoadPlan(
      targets: targets, connections: 3, depth: depth, slices: 2, sliceMilliseconds: 10,
      operation: increment)
  }

  @Test("all three protocols are loaded in one run", arguments: [1, 16])
  func loads(depth: Int) throws {
    let own = try ScriptedServer { FramePeer() }
    let redis = try ScriptedServer { LinePeer(good: ":1\r\n") }
    let memcached = try ScriptedServer { LinePeer(good: "1\r\n") }
    let report = try LoadRun.run(
      plan(
        [target("atr", own), target("redis", redis), target("memcached", memcached)],
        depth: depth))
    #expect(report.results.map(\.wire) == [.atr, .redis, .memcached])
    for result in report.results {
      #expect(result.slices.count == 2)
      #expect(result.operationsPerSecond > 0)
      #expect(result.latency.p50 > 0)
      #expect(result.latency.p50 <= result.latency.maximum)
    }
    #expect(report.ratios.map(\.peer) == ["redis", "memcached"])
  }

  @Test("a target where nobody listens ends the run", arguments: ["atr", "redis", "memcached"])
  func failsOnDeadTargets(scheme: String) throws {
    let own = try ScriptedServer { FramePeer() }
    let dead = try ScriptedServer { FramePeer() }
    let address = try target(scheme, dead)
    dead.stop()
    #expect(throws: ClientError.unreachable(server: address.text, reason: "Connection refused")) {
      try LoadRun.run(plan([target("atr", own), address]))
    }
  }

  @Test("a target that refuses ends the run with its words")
  func failsOnRefusals() throws {
    let own = try ScriptedServer { FramePeer() }
    let full = try ScriptedServer { LinePeer(good: "-OOM command not allowed\r\n") }
    let refusal = #expect(throws: ClientError.self) {
      try LoadRun.run(plan([target("atr", own), target("redis", full)]))
    }
    #expect(refusal?.description.contains("-OOM command not allowed") == true)

    let strict = try ScriptedServer { FramePeer(.refusesOperations(12, "not you")) }
    #expect(throws: ClientError.self) { try LoadRun.run(plan([target("atr", strict)])) }
  }

  @Test("a target that accepts and says nothing ends the run when the time is up")
  func failsOnSilence() throws {
    let silent = try ScriptedServer { SilentPeer() }
    var plan = try plan([target("atr", silent)])
    plan.timeoutMilliseconds = 50
    let address = try target("atr", silent).text
    let duration = ContinuousClock().measure {
      #expect(throws: ClientError.unreachable(server: address, reason: "no answer in time")) {
        try LoadRun.run(plan)
      }
    }
    #expect(duration < .seconds(4))
  }

  @Test("a name that no register has is refused before it becomes part of a request")
  func refusesNames() throws {
    var plan = try plan([LoadTarget("memcached://127.0.0.1:1")])
    plan.register = "a 0 0 1\r\n1\r\nflush_all\r\n"
    let error = #expect(throws: ClientError.self) { try LoadRun.run(plan) }
    #expect(error?.isConnectionFailure == false)
  }

  @Test("a target of another protocol ends the run")
  func failsOnForeigners() throws {
    let lines = try ScriptedServer { LinePeer(good: "1\r\n") }
    let error = #expect(throws: ClientError.self) {
      try LoadRun.run(plan([target("atr", lines)]))
    }
    #expect(error?.isConnectionFailure == true)
  }

  @Test("a connection that breaks during the load ends the run")
  func failsOnBrokenConnections() throws {
    let server = try ScriptedServer { FramePeer(.closesBeforeReply(20)) }
    let error = #expect(throws: ClientError.self) {
      try LoadRun.run(plan([target("atr", server)]))
    }
    #expect(error?.isConnectionFailure == true)
  }
}

/// Answers redis's and memcached's commands of a load, line by line.
private final class LinePeer: StreamHandler {
  private let good: String

  init(good: String) {
    self.good = good
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    var text = ""
    for index in input.indices { text.unicodeScalars.append(Unicode.Scalar(input[index])) }
    let whole = text.unicodeScalars.lastIndex(of: "\n").map { text.unicodeScalars.index(after: $0) }
    guard let whole else {
      // What begins like the binary protocol has no line to wait for.
      if text.unicodeScalars.first?.value == 0xA7 { output.append("ERROR\r\n") }
      return StreamProgress(
        consumed: text.unicodeScalars.first?.value == 0xA7 ? input.count : 0, next: .needInput)
    }
    let lines = text.unicodeScalars[..<whole].split(separator: "\n").map { String($0) }
    for line in lines {
      if line.hasPrefix("PING") {
        output.append("+PONG\r\n")
      } else if line.hasPrefix("add ") {
        output.append("STORED\r\n")
      } else if line.hasPrefix("incr ") || line.hasPrefix("INCR") {
        output.append(contentsOf: Array(good.utf8))
      }
    }
    return StreamProgress(
      consumed: text.unicodeScalars.distance(from: text.unicodeScalars.startIndex, to: whole),
      next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}
}

/// Takes everything and answers nothing.
private final class SilentPeer: StreamHandler {
  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    StreamProgress(consumed: input.count, next: .needInput)
  }

  func closed(_ reason: StreamCloseReason) {}
}
