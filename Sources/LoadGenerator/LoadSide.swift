// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import AtomicsCore
import EventLoop
import Histogram

/// One target within a run: its connections and what they have measured. Loop thread only.
final class LoadSide {
  let target: LoadTarget
  let plan: LoadPlan
  /// The operation, for the binary protocol.
  let request: AtomicRequest
  var streams: [Stream] = []
  /// Connections that are set up.
  private(set) var readyCount = 0
  /// Connections with requests in flight.
  private(set) var busyCount = 0
  /// Whether connections send the next batch when the last is answered.
  var isActive = false
  /// Replies since the slice began.
  var replies = 0
  /// Nanoseconds from sending a batch to its last reply.
  private var latencies = Histogram<UInt64>(
    lowestDiscernibleValue: 100, highestTrackableValue: 60_000_000_000)
  private(set) var slices: [Double] = []
  /// Set by the run: a connection is ready, the last busy one is idle, or one has failed.
  var onReady: () -> Void = {}
  var onIdle: () -> Void = {}
  var onFailure: (ClientError) -> Void = { _ in }

  init(_ target: LoadTarget, _ plan: LoadPlan, _ request: AtomicRequest) {
    self.target = target
    self.plan = plan
    self.request = request
  }

  func becameReady() {
    readyCount += 1
    onReady()
  }

  func becameBusy() { busyCount += 1 }

  func becameIdle() {
    busyCount -= 1
    if busyCount == 0, !isActive { onIdle() }
  }

  func record(nanoseconds: UInt64) {
    // Beyond a minute a batch counts as a minute.
    latencies.record(min(nanoseconds, 60_000_000_000))
  }

  /// Keeps a slice of so many operations in so many nanoseconds.
  func keepSlice(replies: Int, nanoseconds: UInt64) {
    slices.append(Double(replies) / (Double(max(nanoseconds, 1)) / 1e9))
  }

  /// Forgets the warm-up.
  func forgetLatencies() { latencies.reset() }

  var result: LoadReport.Result {
    func microseconds(_ percentile: Double) -> Double {
      Double(latencies.valueAtPercentile(percentile)) / 1000
    }
    return LoadReport.Result(
      target: target.text, wire: target.wire, operationsPerSecond: LoadReport.median(slices),
      slices: slices,
      latency: LoadReport.Latency(
        p50: microseconds(50), p90: microseconds(90), p99: microseconds(99),
        p999: microseconds(99.9), maximum: microseconds(100)))
  }
}
