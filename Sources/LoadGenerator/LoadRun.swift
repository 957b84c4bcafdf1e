// SPDX-License-Identifier: Apache-2.0

public import AtomicsClient
import EventLoop
import Histogram

/// A run of load: all targets' connections open throughout, and slices of time that alternate
/// between the targets, so that what disturbs the machine disturbs them all.
///
/// Without a rate the loop is closed: a connection sends a batch of `depth` requests, and the next
/// when all are answered, as redis-benchmark does; a latency is that of a batch. With a rate it is
/// open: a request is sent when it is due, or as soon after as there is room in `depth`, and its
/// latency counts from when it was due, so that a server that stalls is not spared the requests
/// that it kept from being sent.
public enum LoadRun {
  /// Runs `plan`, on the calling thread where it has one thread.
  ///
  /// - Throws: ``ClientError`` as soon as a target cannot be reached, refuses, or falls silent.
  public static func run(
    _ plan: LoadPlan, in surroundings: LoadSurroundings = LoadSurroundings(),
    control: LoadControl = LoadControl()
  ) throws(ClientError) -> LoadReport {
    try check(plan)
    let coordinator = SliceCoordinator(plan, surroundings)
    var workers: [LoadWorker] = []
    for number in 0..<plan.threads {
      workers.append(try LoadWorker(plan, number: number, coordinator))
    }
    coordinator.set(workers)
    control.attach(coordinator)
    try run(workers, coordinator)
    if let failure = coordinator.failure { throw failure }
    return report(plan, workers, coordinator)
  }

  private static func check(_ plan: LoadPlan) throws(ClientError) {
    guard !plan.targets.isEmpty else { throw .usage("A load run needs a target.") }
    // It becomes part of requests that know no quoting.
    try RegisterReference.check(name: plan.names.name(at: plan.names.count - 1))
    guard plan.threads <= plan.connections else {
      throw .usage(
        "\(plan.threads) threads share \(plan.connections) connections: each needs one at least.")
    }
    if let rate = plan.rate {
      guard rate >= 0.1, rate <= 1e9 else {
        throw .usage("A rate is from 0.1 to 1000000000 operations a second.")
      }
    }
  }

  private static func run(
    _ workers: [LoadWorker], _ coordinator: SliceCoordinator
  ) throws(ClientError) {
    var threads: [LoopThread] = []
    for (number, worker) in workers.enumerated().dropFirst() {
      do throws(EventLoopError) {
        threads.append(try LoopThread(name: "load \(number)") { worker.run() })
      } catch {
        coordinator.fail(.usage("No thread can be started: \(error)."))
        break
      }
    }
    workers[0].run()
    for thread in threads { thread.join() }
  }

  private static func report(
    _ plan: LoadPlan, _ workers: [LoadWorker], _ coordinator: SliceCoordinator
  ) -> LoadReport {
    let records = coordinator.records
    var results: [LoadReport.Result] = []
    for (number, target) in plan.targets.enumerated() {
      let parts = workers.map { $0.sides[number].measured }
      var latencies = parts[0].latencies
      for part in parts.dropFirst() { latencies.add(part.latencies) }
      results.append(
        LoadReport.Result(
          target, records[number], start: coordinator.start, latencies,
          unsent: parts.reduce(0) { $0 + $1.unsent }))
    }
    return LoadReport(
      plan: plan, results: results, isInterrupted: coordinator.isInterrupted,
      leavesAll: coordinator.leavesAll)
  }
}
