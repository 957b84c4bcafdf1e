// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import JSONText
import LoadGenerator

struct PingCommand: RegisterCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Measure round trips to the server.",
    discussion: """
      EXAMPLE:
        atomics-client ping --count 100
      """)

  @OptionGroup var common: CommonOptions
  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("How many round trips.", valueName: "number"))
  var count = 10

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count takes 1 to 1000000.")
    }
  }

  func run(_ output: Output) throws -> Outcome {
    let address = try common.address()
    let client = try common.connect()
    let clock = ContinuousClock()
    // The first one waits for the connection, or maps the arena.
    try client.ping()
    var times: [Double] = []
    for _ in 0..<count {
      let time = try clock.measure { try client.ping() }
      times.append(time / .microseconds(1))
    }
    times.sort()
    let median = LoadReport.median(times)
    if common.json {
      var object = JSONWriter.object()
      object.member("server", address.description)
      object.member("round_trips", count)
      object.decimal("min_us", times.first ?? 0)
      object.decimal("median_us", median)
      object.decimal("max_us", times.last ?? 0)
      output.line(object.line)
    } else {
      output.line(
        "\(address): \(count) round trips, min \(decimal(times.first ?? 0)) median "
          + "\(decimal(median)) max \(decimal(times.last ?? 0)) µs")
    }
    return .ok
  }
}
