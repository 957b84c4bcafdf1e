// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop
import Synchronization
import TestSupport
import Testing

@testable import LoadGenerator

@Suite struct LoadRunTests {
  private func target(_ scheme: String, _ server: ScriptedServer) throws -> LoadTarget {
    try LoadTarget("\(scheme)://\(server.address)")
  }

  private func plan(
    _ targets: [LoadTarget], depth: Int = 1, mix: String = "inc_fetch"
  ) throws -> LoadPlan {
    LoadPlan(
      targets: targets, connections: 3, depth: depth, slices: 2, sliceMilliseconds: 10,
      mix: try OperationMix(mix))
  }

  @Test(
    "all protocols are loaded in one run",
    arguments: [
      (depth: 1, threads: 1, mix: "inc_fetch", names: 1, byName: false),
      (16, 1, "inc_fetch", 1, false), (4, 2, "load=2,store=1,fetch_add=1", 100, false),
      (4, 1, "inc_fetch", 100, true),
    ])
  func loads(depth: Int, threads: Int, mix: String, names: Int, byName: Bool) throws {
    let own = try ScriptedServer { FramePeer() }
    let limit = try ScriptedServer { FramePeer() }
    let redis = try ScriptedServer { LinePeer(incremented: ":1\r\n") }
    let memcached = try ScriptedServer { LinePeer(incremented: "1\r\n") }
    var plan = try plan(
      [
        target("atr", own), target("limit", limit), target("redis", redis),
        target("memcached", memcached),
      ], depth: depth, mix: mix)
    // The peers have registers for each connection alone.
    if byName { plan.connections = 1 }
    plan.threads = threads
    plan.names.count = names
    plan.names.isByName = byName
    plan.cleansUp = true
    let report = try LoadRun.run(plan)
    #expect(report.results.map(\.wire) == [.atr, .limit, .redis, .memcached])
    for result in report.results {
      #expect(result.slices.count == 2)
      // On a busy machine the answers may come after the slice; they come.
      #expect(result.latency.count > 0)
      #expect(result.latency.p50 > 0)
      #expect(result.latency.p50 <= result.latency.maximum)
    }
    #expect(report.ratios.map(\.peer) == ["limit", "redis", "memcached"])
  }

  @Test("an arena is loaded without a server, and cleaned up")
  func loadsTheMap() throws {
    try withTemporaryArenaPath { path in
      var plan = try plan([LoadTarget("shm:\(path)")], mix: "fetch_add=1,load=1")
      plan.threads = 2
      plan.names.count = 10
      let result = try LoadRun.run(plan).results[0]
      #expect(result.slices.count == 2)
      #expect(result.operationsPerSecond > 1000)
      let client = try BlockingClient(ServerAddress("shm:\(path)"))
      #expect(try client.list(prefix: "bench/").registers.count == 10)
      // What was there before stays.
      plan.cleansUp = true
      _ = try LoadRun.run(plan)
      #expect(try client.list(prefix: "bench/").registers.count == 10)
      plan.names.base = "other"
      _ = try LoadRun.run(plan)
      #expect(try client.list(prefix: "other/").registers.isEmpty)
    }
  }

  @Test("a run that is ended early tells what it has")
  func isInterrupted() throws {
    let server = try ScriptedServer { FramePeer() }
    var plan = try plan([target("atr", server)])
    plan.slices = 100_000
    let control = LoadControl()
    // Three slices, of which the first does not count.
    let seen = Atomic(0)
    let report = try LoadRun.run(
      plan,
      in: LoadSurroundings(onProgress: { _ in
        if seen.add(1, ordering: .relaxed).newValue == 3 { control.stop() }
      }), control: control)
    #expect(report.isInterrupted)
    #expect((2..<100).contains(report.results[0].slices.count))
    #expect(report.table.contains("interrupted"))
  }

  @Test("a run that is ended before it begins measures nothing")
  func isInterruptedAtOnce() throws {
    let server = try ScriptedServer { SilentPeer() }
    let control = LoadControl()
    control.stop()
    var plan = try plan([target("atr", server)])
    plan.cleansUp = true
    let report = try LoadRun.run(plan, control: control)
    #expect(report.isInterrupted)
    #expect(report.results[0].slices.isEmpty)
    #expect(report.leavesAll, "what the setup has made is not deleted")
  }

  @Test(
    "a slice that is cut short counts for nothing, as the warm-up does",
    arguments: [0, 1], [nil, 1000])
  func forgetsCutSlices(measured: Int, rate: Double?) throws {
    let control = LoadControl()
    let ended = Atomic(0)
    let server = try ScriptedServer {
      CountingPeer { calls in
        // Some requests into the slice.
        if ended.load(ordering: .relaxed) == measured, calls % 20 == 19 { control.stop() }
      }
    }
    var plan = try plan([target("atr", server)])
    plan.rate = rate
    plan.sliceMilliseconds = 1000
    let report = try LoadRun.run(
      plan,
      in: LoadSurroundings(onProgress: { _ in ended.add(1, ordering: .relaxed) }),
      control: control)
    #expect(report.isInterrupted && !report.isMeasured && !report.leavesAll)
    #expect(report.results[0].slices.isEmpty)
    #expect(report.results[0].latency.count == 0)
    #expect(report.results[0].unsent == 0)
  }

  @Test("processor time is counted for each operation of the slices")
  func countsProcessorTime() throws {
    let server = try ScriptedServer { FramePeer() }
    var plan = try plan([target("atr", server)])
    plan.targets[0].process = 7
    // The clock of a process that is never idle.
    let report = try LoadRun.run(
      plan,
      in: LoadSurroundings(processorTime: { $0 == 7 ? Deadline.now.nanoseconds : nil }))
    let result = report.results[0]
    let time = try #require(result.processorNanoseconds)
    // Two slices of 10 ms at least, for as many operations as there are latencies.
    #expect(time * Double(result.latency.count) > 19e6)
    #expect(report.json.contains("\"cpu_ns_per_operation\":\(Decimal.tenths(time)),"))
  }

  @Test("at a fixed rate, a stall counts for every request that was due meanwhile")
  func omitsNothing() throws {
    let server = try ScriptedServer { StallingPeer(every: 100, milliseconds: 200) }
    var plan = try plan([target("atr", server)])
    plan.connections = 1
    plan.rate = 200
    plan.slices = 1
    plan.sliceMilliseconds = 800
    let latency = try LoadRun.run(plan).results[0].latency
    // Of 160 requests, one alone waits for the server, and 40 come due meanwhile. Counted from when
    // they were sent, a tenth of all would not have waited for long.
    #expect(latency.p999 > 190_000)
    #expect(latency.p90 > 90_000)
    #expect((159...161).contains(latency.count))
  }

  @Test("the rate asked for is the rate achieved, over all threads and targets")
  func keepsTheRate() throws {
    let server = try ScriptedServer { FramePeer() }
    try withTemporaryArenaPath { path in
      var plan = try plan([target("atr", server), LoadTarget("shm:\(path)")])
      plan.rate = 2000
      plan.depth = 1000
      plan.threads = 2
      plan.sliceMilliseconds = 200
      plan.slices = 1
      for result in try LoadRun.run(plan).results {
        // A busy machine may be late for some; none is sent too often.
        #expect(result.operationsPerSecond < 2100)
        #expect(result.operationsPerSecond > 200)
        #expect((399...401).contains(result.latency.count))
      }
    }
  }

  @Test("what falls due until the end of a slice is sent where there is room")
  func sendsTheLast() throws {
    let server = try ScriptedServer { FramePeer() }
    var plan = try plan([target("atr", server)])
    plan.rate = 100_000
    // More than is due on a connection in a whole slice.
    plan.depth = 1000
    plan.slices = 20
    let result = try LoadRun.run(plan).results[0]
    #expect(result.unsent == 0)
    #expect((19_980...20_020).contains(result.latency.count))
  }

  @Test("a target where nobody listens ends the run", arguments: ["atr", "redis", "memcached"])
  func failsOnDeadTargets(scheme: String) throws {
    let own = try ScriptedServer { FramePeer() }
    let dead = try ScriptedServer { FramePeer() }
    let address = try target(scheme, dead)
    dead.stop()
    #expect(throws: ClientError.unreachable(server: address.text, reason: "Connection refused")) {
      try LoadRun.run(try plan([target("atr", own), address]))
    }
  }

  @Test("a target that refuses ends the run with its words")
  func failsOnRefusals() throws {
    let own = try ScriptedServer { FramePeer() }
    let full = try ScriptedServer { LinePeer(incremented: "-OOM command not allowed\r\n") }
    let refusal = #expect(throws: ClientError.self) {
      try LoadRun.run(try plan([target("atr", own), target("redis", full)]))
    }
    #expect(refusal?.description.contains("-OOM command not allowed") == true)

    let strict = try ScriptedServer { FramePeer(.refusesOperations(12, "not you")) }
    #expect(throws: ClientError.self) { try LoadRun.run(try plan([target("atr", strict)])) }
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
    plan.names.base = "a 0 0 1\r\n1\r\nflush_all\r\n"
    let error = #expect(throws: ClientError.self) { try LoadRun.run(plan) }
    #expect(error?.isConnectionFailure == false)
  }

  @Test("a target of another protocol ends the run")
  func failsOnForeigners() throws {
    let lines = try ScriptedServer { LinePeer(incremented: "1\r\n") }
    let error = #expect(throws: ClientError.self) {
      try LoadRun.run(try plan([target("atr", lines)]))
    }
    #expect(error?.isConnectionFailure == true)
  }

  @Test("a connection that breaks during the load ends the run")
  func failsOnBrokenConnections() throws {
    let server = try ScriptedServer { FramePeer(.closesBeforeReply(20)) }
    let error = #expect(throws: ClientError.self) {
      try LoadRun.run(try plan([target("atr", server)]))
    }
    #expect(error?.isConnectionFailure == true)
  }
}

/// Answers redis's and memcached's commands of a load, line by line.
private final class LinePeer: StreamHandler {
  private let incremented: String

  init(incremented: String) {
    self.incremented = incremented
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    var text = ""
    for index in input.indices { text.unicodeScalars.append(Unicode.Scalar(input[index])) }
    // What begins like the binary protocol has no line to wait for.
    if text.unicodeScalars.first?.value == 0xA7 {
      output.append("ERROR\r\n")
      return StreamProgress(consumed: input.count, next: .needInput)
    }
    var lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
    let rest = lines.removeLast().count
    for line in lines {
      let command = String(line.prefix { $0 != "\r" && $0 != " " })
      output.append(contentsOf: Array((answer(command) ?? "").utf8))
    }
    return StreamProgress(consumed: input.count - rest, next: .needInput)
  }

  /// Nil for lines that are no commands: lengths, keys, data.
  private func answer(_ command: String) -> String? {
    switch command {
    case "PING": "+PONG\r\n"
    case "SETNX", "DEL": ":1\r\n"
    case "GET": "$1\r\n5\r\n"
    case "SET": "+OK\r\n"
    case "add", "set": "STORED\r\n"
    case "get": "VALUE bench 0 1\r\n5\r\nEND\r\n"
    case "delete": "DELETED\r\n"
    case "INCR", "incr": incremented
    default: nil
    }
  }

  func closed(_ reason: StreamCloseReason) {}
}

/// Answers nothing for a while after every so many calls.
private final class StallingPeer: StreamHandler {
  private let peer = FramePeer()
  private let period: Int
  private let milliseconds: UInt64
  private var calls = 0
  private var isStalled = false

  init(every period: Int, milliseconds: UInt64) {
    self.period = period
    self.milliseconds = milliseconds
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    calls += 1
    if calls % period == 0, !isStalled {
      isStalled = true
      stream.loop.schedule(afterNanoseconds: milliseconds * 1_000_000) {
        self.isStalled = false
        stream.requestTurn()
      }
      return StreamProgress(consumed: 0, next: .wait)
    }
    return peer.process(input, into: &output, stream: stream, endOfInput: endOfInput)
  }

  func closed(_ reason: StreamCloseReason) {}
}

/// Tells how often it was called.
private final class CountingPeer: StreamHandler {
  private let peer = FramePeer()
  private let onCall: @Sendable (Int) -> Void
  private var calls = 0

  init(onCall: @escaping @Sendable (Int) -> Void) {
    self.onCall = onCall
  }

  func process(
    _ input: Span<UInt8>, into output: inout OutputBuffer, stream: Stream, endOfInput: Bool
  ) -> StreamProgress {
    calls += 1
    onCall(calls)
    return peer.process(input, into: &output, stream: stream, endOfInput: endOfInput)
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
