// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import AtomicsClient
import LoadGenerator

/// How much load there is, and for how long.
struct BenchLoadOptions: ParsableArguments {
  @Option(
    name: [.customShort("c"), .long],
    help: ArgumentHelp(
      "Connections to each target, dealt to the threads. (default: 50)", valueName: "number"))
  var connections: Int?
  @Option(
    name: [.customShort("d"), .long],
    help: ArgumentHelp(
      "Requests sent together on a connection; with --rate, the most in flight on it. "
        + "(default: 1; 128 with --rate)", valueName: "number"))
  var depth: Int?
  @Option(help: ArgumentHelp("Loops of the load, each on a thread.", valueName: "number"))
  var threads = 1
  @Option(
    help: ArgumentHelp(
      "Operations a second over all connections of a target, sent when they are due.",
      valueName: "number"))
  var rate: Double?
  @Option(
    help: ArgumentHelp("How long to measure each target. (default: 4.5)", valueName: "seconds"))
  var seconds: Double?
  @Option(
    help: ArgumentHelp("Slices of each target, instead of --seconds.", valueName: "number"))
  var slices: Int?

  private static let fullSliceMilliseconds = 300
  private static let usualSeconds = 4.5
  /// Requests of a target that are in flight, or prepared, at once.
  private static let batchLimit = 1 << 22

  func validate() throws {
    guard (1...10_000).contains(connections ?? 1) else {
      throw ValidationError("--connections takes 1 to 10000.")
    }
    guard (1...4096).contains(depth ?? 1) else {
      throw ValidationError("--depth takes 1 to 4096.")
    }
    guard connectionCount * depthOrUsual <= Self.batchLimit else {
      throw ValidationError(
        "--connections times --depth is \(connectionCount * depthOrUsual), and at most "
          + "\(Self.batchLimit).")
    }
    guard (1...256).contains(threads) else { throw ValidationError("--threads takes 1 to 256.") }
    guard threads <= connectionCount else {
      throw ValidationError(
        "--threads \(threads) share --connections \(connectionCount): each needs one at least.")
    }
    guard seconds == nil || slices == nil else {
      throw ValidationError("--seconds and --slices say the same: give one of them.")
    }
    guard (seconds ?? 1) > 0, (seconds ?? 1) <= 86_400 else {
      throw ValidationError("--seconds takes seconds above 0, up to 86400.")
    }
    guard (1...100_000).contains(slices ?? 1) else {
      throw ValidationError("--slices takes 1 to 100000.")
    }
    if let rate {
      guard rate >= 1, rate <= 1e8 else {
        throw ValidationError("--rate takes 1 to 100000000 operations a second.")
      }
      guard rate * Double(sliceMilliseconds) >= 2000 else {
        throw ValidationError(
          "--rate \(decimal(rate)) leaves a slice of \(sliceMilliseconds) ms with less than 2 "
            + "requests: use a higher one.")
      }
    }
  }

  var connectionCount: Int { connections ?? max(50, threads) }
  var depthOrUsual: Int { depth ?? (rate == nil ? 1 : 128) }

  var sliceMilliseconds: Int {
    guard let seconds else { return Self.fullSliceMilliseconds }
    return max(1, min(Self.fullSliceMilliseconds, Int(seconds * 1000)))
  }

  var sliceCount: Int {
    let milliseconds = (seconds ?? Self.usualSeconds) * 1000
    return slices ?? max(1, Int((milliseconds / Double(Self.fullSliceMilliseconds)).rounded()))
  }

  func check(against targets: [LoadTarget]) throws(ClientError) {
    guard targets.allSatisfy({ $0.wire == .shm }) else { return }
    for (name, value) in [("--connections", connections), ("--depth", depth)] where value != nil {
      throw .usage("The map has no connections: \(name) means nothing there; use --threads.")
    }
  }
}
