// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop
import Histogram

/// One target within one thread's load: its connections and what they have measured. Loop thread
/// only.
final class LoadSide {
  let target: LoadTarget
  let plan: LoadPlan
  /// What is loaded: connections, or the map.
  private(set) var lanes: [any LoadLane] = []
  /// Lanes that are set up, or cleaned up.
  private var settledCount = 0
  /// Lanes with requests in flight.
  private(set) var busyCount = 0
  /// Whether requests are sent.
  private(set) var isActive = false
  /// When requests are due in the slice; nil: when the last ones are answered.
  private(set) var schedule: SendSchedule?
  /// Replies since the slice began.
  var replies = 0
  /// Of the slices that count.
  private(set) var measured = Measure()
  /// Of the slice under way, which may turn out not to count.
  private var slice = Measure()
  /// Set by the worker: all lanes are settled, the last busy one is idle, or one has failed.
  var onSettled: () -> Void = {}
  var onIdle: () -> Void = {}
  var onFailure: (ClientError) -> Void = { _ in }

  struct Measure {
    /// Nanoseconds from sending a batch, or from when a request was due, to its last reply.
    var latencies = Histogram<UInt64>(
      lowestDiscernibleValue: 1, highestTrackableValue: LoadSide.longest)
    /// Requests that were due and never sent.
    var unsent = 0
  }

  /// What takes longer counts as this long.
  private static let longest: UInt64 = 60_000_000_000

  init(_ target: LoadTarget, _ plan: LoadPlan) {
    self.target = target
    self.plan = plan
  }

  /// Lanes of all threads together.
  var laneCount: Int { target.wire == .shm ? plan.threads : plan.connections }

  func add(_ lane: any LoadLane) { lanes.append(lane) }

  func becameSettled() {
    settledCount += 1
    if settledCount == lanes.count {
      settledCount = 0
      onSettled()
    }
  }

  func becameBusy() { busyCount += 1 }

  func becameIdle() {
    busyCount -= 1
    if busyCount == 0, !isActive { onIdle() }
  }

  // MARK: - Slices

  func begin() {
    replies = 0
    isActive = true
    schedule = plan.rate.map {
      SendSchedule(
        start: Deadline.now.nanoseconds, nanoseconds: plan.sliceNanoseconds, rate: $0,
        connections: laneCount)
    }
    for lane in lanes { lane.begin() }
  }

  /// Sends no more.
  func end() {
    for lane in lanes { lane.end() }
    isActive = false
  }

  func record(nanoseconds: UInt64) { slice.latencies.record(min(nanoseconds, Self.longest)) }

  /// Counts requests that were due, one after the other from `first` on, and that nobody sent:
  /// they have waited at least until the end of the slice.
  func recordUnsent(_ range: Range<Int>, connection: Int, in schedule: SendSchedule) {
    slice.unsent += range.count
    // A server that is far behind leaves millions: they are counted in groups.
    let group = max(1, range.count / 1000)
    var index = range.lowerBound
    while index < range.upperBound {
      let waited = schedule.end &- schedule.due(index, connection: connection)
      let count = min(group, range.upperBound - index)
      slice.latencies.record(min(waited, Self.longest), count: UInt64(count))
      index += count
    }
  }

  /// The 99th percentile of the slice so far, in nanoseconds.
  var p99: UInt64 { slice.latencies.valueAtPercentile(99) }

  /// The slice is over for all threads: the warm-up and what was cut short count for nothing.
  func settle(counts: Bool) {
    if counts {
      measured.latencies.add(slice.latencies)
      measured.unsent += slice.unsent
    }
    slice.latencies.reset()
    slice.unsent = 0
  }
}

/// One connection, or one thread on the map, as its side sees it.
protocol LoadLane: AnyObject {
  /// A slice begins; nothing is in flight.
  func begin()
  /// The slice is over: nothing more is sent.
  func end()
  /// Has it called soon: something is due.
  func wake()
  /// Deletes what the lane has made; `LoadSide.becameSettled()` when that is done.
  func clean()
}
