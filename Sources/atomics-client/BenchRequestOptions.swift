// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import LoadGenerator

/// What a load asks for.
struct BenchRequestOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The register under load, a u64; with --names what stands before the number.",
      valueName: "name"))
  var register = "bench"
  @Option(
    help: ArgumentHelp(
      "So many registers: NAME/000000, NAME/000001 and on.", valueName: "number"))
  var names = 1
  @Option(
    help: ArgumentHelp(
      "Which of them a request asks for: uniform, or zipf[:SKEW], where name i (from 0) comes "
        + "with a probability proportional to 1/(i+1)^SKEW; SKEW is 0.99 unless given. "
        + "(default: uniform)", valueName: "shape"))
  var distribution: String?
  @Flag(help: "Have every request carry its name, instead of a handle that was opened.")
  var byName = false
  @Option(
    help: ArgumentHelp(
      "The operation, by its wire name; operands are 1. (default: inc_fetch)", valueName: "name"))
  var op: String?
  @Option(
    help: ArgumentHelp(
      "Several operations with their weights, such as load=90,fetch_add=10.", valueName: "mix"))
  var mix: String?

  func validate() throws {
    guard (1...LoadNames.limit).contains(names) else {
      throw ValidationError("--names takes 1 to \(LoadNames.limit).")
    }
    guard distribution == nil || names > 1 else {
      throw ValidationError("--distribution says which of several names: give --names too.")
    }
    guard op == nil || mix == nil else {
      throw ValidationError("--op is one operation and --mix several: give one of them.")
    }
    guard op?.contains(where: { "=,".contains($0) }) != true else {
      throw ValidationError("--op takes one operation: several go with --mix.")
    }
  }

  func loadNames() throws(ClientError) -> LoadNames {
    LoadNames(
      base: register, count: names,
      distribution: try NameDistribution(distribution ?? "uniform"), isByName: byName)
  }

  func operationMix() throws(ClientError) -> OperationMix {
    try OperationMix(mix ?? op ?? "inc_fetch")
  }

  func check(against targets: [LoadTarget]) throws(ClientError) {
    guard byName, !targets.contains(where: { $0.wire == .atr || $0.wire == .limit }) else { return }
    throw .usage(
      "--by-name is for the binary protocol: HTTP always goes by name, and the map never does.")
  }
}
