// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import Foundation
import LoadGenerator

struct BenchCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure a server's throughput and latency, beside others'.",
    discussion: """
      Without --rate the loop is closed: every connection sends DEPTH requests
      together, and the next ones when all are answered; a latency is from sending
      them to the last reply. With --rate it is open: requests are sent when they are
      due, and a latency counts from then, also where the request went out late; the
      loader does not sleep for the last millisecond before, so give it a core.

      Targets are measured in alternating slices of 0.3 s within one run, after one
      slice each that does not count. Figures are medians of the slices; a ratio
      above 1 means that the server is faster than that peer. Where the server's
      process runs here and belongs to you, its processor time for an operation is
      told too, all that it did in the slices counted in; where slices spread over
      10 %, the ratio by it decides.

      Uses the u64 register `bench`, or `bench/000000` and on with --names, and keys
      of the same names elsewhere. What is missing is made, and stays without
      --clean. With --names each connection opens, as handles, the names that it
      asks for.

      TARGETS (the server, and those to --compare):
        atr://HOST:PORT, unix:PATH   the binary protocol
        http://HOST:PORT             HTTP/2 and JSON
        shm:[PATH]                   the arena, mapped: operations run on --threads
        redis://HOST:PORT            INCR; GET for reads, SET for stores
        memcached://HOST:PORT        incr; get for reads, set for stores
        limit://HOST:PORT            a server that only echoes the binary protocol

      Ctrl-C and SIGTERM end the run: it prints what was measured by then, and exits
      with 130. bench speaks no TLS.

      The default operation, inc_fetch, sends back the new value, as INCR and incr
      do.

      EXAMPLES:
        atomics-client bench -c 50 --depth 16
        atomics-client bench --compare redis://127.0.0.1 memcached://127.0.0.1
        atomics-client bench --names 100000 --distribution zipf --by-name
        atomics-client bench --mix load=90,fetch_add=10 --threads 2 --json
        atomics-client bench --rate 50000 --seconds 30 --report latency.html
        atomics-client bench --server shm: --threads 2
      """)

  @OptionGroup var common: ServerOptions
  @OptionGroup(visibility: .hidden) var tls: TLSOptions
  @OptionGroup(title: "Load") var load: BenchLoadOptions
  @OptionGroup(title: "Registers and operations") var requests: BenchRequestOptions
  @OptionGroup(title: "Targets and output") var ends: BenchTargetOptions

  func validate() throws {
    if let option = tls.firstGiven {
      throw ValidationError("bench speaks no TLS: \(option) means nothing there.")
    }
    guard let target = ends.more.first, ends.compare.isEmpty else { return }
    throw ValidationError("bench takes no `\(target)`: name other servers with --compare.")
  }

  func run(_ output: Output) throws -> Outcome {
    let plan = try plan()
    if let report = ends.report { try BenchTargetOptions.check(report: report) }
    let progress = BenchProgress(isQuiet: ends.quiet)
    let control = LoadControl()
    let signals = InterruptSignals { control.stop() }
    let result = Result { () throws(ClientError) in
      try LoadRun.run(
        plan,
        in: LoadSurroundings(
          processorTime: { ServerProcess.processorTime(of: $0) },
          onProgress: { progress.show($0) }),
        control: control)
    }
    signals.end()
    progress.clear()
    if case .failure = result, ends.clean {
      output.complain("The run failed: --clean has deleted nothing.")
    }
    let report = try result.get()
    output.line(common.json ? report.json : report.table)
    if common.json, !report.isMeasured { output.complain("Not every target was measured.") }
    if report.leavesAll { output.complain("The run was ended early: --clean has deleted nothing.") }
    for target in report.plan.targets where target.process == nil {
      // Elsewhere nobody expects it.
      guard ServerProcess.isLocal(target.address) else { continue }
      let option = target == report.plan.targets[0] ? "--server-pid" : "--compare-pid"
      output.complain("\(target.text): processor time not known: give \(option).")
    }
    let written = ends.write(report, output)
    return written == .ok && report.isInterrupted ? .interrupted : written
  }

  private func plan() throws(ClientError) -> LoadPlan {
    // Another server than ours may stand first too.
    let own =
      if let server = common.server { try LoadTarget(server) } else {
        try LoadTarget("\(common.address())")
      }
    var targets = [own]
    for text in ends.compare + ends.more { targets.append(try LoadTarget(text)) }
    for (number, process) in try ends.processes(targets.count).enumerated() {
      targets[number].process = process ?? ServerProcess.listening(at: targets[number].address)
    }
    var seen: Set<String> = []
    for target in targets.dropFirst() where !seen.insert(target.text).inserted {
      throw .usage("--compare names `\(target.text)` twice.")
    }
    try load.check(against: targets)
    try requests.check(against: targets)
    return LoadPlan(
      targets: targets, connections: load.connectionCount, depth: load.depthOrUsual,
      threads: load.threads, rate: load.rate, slices: load.sliceCount,
      sliceMilliseconds: load.sliceMilliseconds,
      timeoutMilliseconds: try common.replyTimeoutMilliseconds(),
      names: try requests.loadNames(), mix: try requests.operationMix(),
      token: try common.token(), sendsTokenInPlainText: common.insecureToken,
      cleansUp: ends.clean)
  }
}
