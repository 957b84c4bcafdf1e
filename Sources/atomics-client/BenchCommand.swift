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

  @OptionGroup var common: CommonOptions
  @OptionGroup(title: "Load") var load: BenchLoadOptions
  @OptionGroup(title: "Registers and operations") var requests: BenchRequestOptions
  @OptionGroup(title: "Targets and output") var ends: BenchTargetOptions

  func validate() throws {
    guard let target = ends.more.first, ends.compare.isEmpty else { return }
    throw ValidationError("bench takes no `\(target)`: name other servers with --compare.")
  }

  func run(_ output: Output) throws -> Outcome {
    let plan = try plan()
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
    let report = try result.get()
    output.line(common.json ? report.json : report.table)
    return ends.write(report, output)
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
    try load.check(against: targets)
    try requests.check(against: targets)
    return LoadPlan(
      targets: targets, connections: load.connectionCount, depth: load.depthOrUsual,
      threads: load.threads, rate: load.rate, slices: load.sliceCount,
      sliceMilliseconds: load.sliceMilliseconds, timeoutMilliseconds: common.timeoutMilliseconds,
      names: try requests.loadNames(), mix: try requests.operationMix(),
      token: try common.token(), sendsTokenInPlainText: common.insecureToken,
      cleansUp: ends.clean)
  }
}
