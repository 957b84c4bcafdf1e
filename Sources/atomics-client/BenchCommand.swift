// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import AtomicsCore
import LoadGenerator

struct BenchCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench", abstract: "Measure a server's throughput and latency, beside others'.",
    discussion: """
      One thread, closed loop: every connection sends DEPTH requests together, and
      the next ones when all are answered. Targets are measured in alternating
      slices of 0.3 s within one run; the figures are medians of the slices, and a
      ratio above 1 means that the server is faster than that peer. Uses the
      register `bench` (made when missing, never deleted), and the key `bench` of
      redis and memcached.

      The default operation, inc_fetch, sends back the new value, as INCR and incr
      do.

      EXAMPLES:
        atomics-client bench -c 50 --depth 16
        atomics-client bench --compare redis://127.0.0.1:6379 \\
          memcached://127.0.0.1:11211
      """)

  @OptionGroup var common: CommonOptions
  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp("Connections to each target.", valueName: "number"))
  var connections = 50
  @Option(
    name: [.customShort("d"), .long],
    help: ArgumentHelp("Requests sent together on a connection.", valueName: "number"))
  var depth = 1
  @Option(help: ArgumentHelp("How long to measure each target.", valueName: "seconds"))
  var seconds = 4.5
  @Option(
    help: ArgumentHelp("Slices of each target, instead of --seconds.", valueName: "number"))
  var slices: Int?
  @Option(help: ArgumentHelp("The register under load, a u64.", valueName: "name"))
  var register = "bench"
  @Option(
    help: ArgumentHelp("The operation, by its wire name; operands are 1.", valueName: "name"))
  var op = "inc_fetch"
  @Option(help: ArgumentHelp("So many registers, NAME/000000 and on.", valueName: "number"))
  var names = 1
  @Option(
    help: ArgumentHelp(
      "Which of them a request asks for: uniform, or zipf[:SKEW] (0.99).", valueName: "shape"))
  var distribution = "uniform"
  @Flag(help: "Have every request carry its name, instead of a handle.")
  var byName = false
  @Option(
    help: ArgumentHelp(
      "Other servers: redis://HOST:PORT, memcached://HOST:PORT, atr://HOST:PORT, unix:PATH.",
      valueName: "address …"))
  var compare: [String] = []
  @Argument(help: .hidden)
  var more: [String] = []

  private static let sliceMilliseconds = 300

  func validate() throws {
    guard (1...10_000).contains(connections) else {
      throw ValidationError("--connections takes 1 to 10000.")
    }
    guard (1...4096).contains(depth) else { throw ValidationError("--depth takes 1 to 4096.") }
    guard seconds > 0, seconds <= 86_400 else {
      throw ValidationError("--seconds takes seconds above 0, up to 86400.")
    }
    guard (slices ?? 1) >= 1, (slices ?? 1) <= 100_000 else {
      throw ValidationError("--slices takes 1 to 100000.")
    }
    guard more.isEmpty || !compare.isEmpty else {
      throw ValidationError("bench takes no `\(more[0])`: name other servers with --compare.")
    }
  }

  func run(_ output: Output) throws -> Outcome {
    // Another server than ours may stand first too.
    let own = try common.server.map { try LoadTarget($0) } ?? LoadTarget("\(common.address())")
    let plan = LoadPlan(
      targets: try [own] + (compare + more).map { try LoadTarget($0) }, connections: connections,
      depth: depth,
      slices: slices ?? max(1, Int((seconds * 1000 / Double(Self.sliceMilliseconds)).rounded())),
      sliceMilliseconds: slices == nil
        ? min(Self.sliceMilliseconds, Int(seconds * 1000)) : Self.sliceMilliseconds,
      timeoutMilliseconds: common.timeoutMilliseconds,
      names: LoadNames(
        base: register, count: names, distribution: try NameDistribution(distribution),
        isByName: byName),
      mix: try OperationMix(op), token: try common.token())
    let report = try LoadRun.run(plan)
    output.line(common.json ? report.json : report.table)
    return .ok
  }
}
