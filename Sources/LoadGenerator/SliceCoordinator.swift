// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop
import Synchronization

/// Keeps the threads of a run in step: a slice begins for all when the one before has ended for
/// all. Any thread.
final class SliceCoordinator: Sendable {
  /// What all workers do next.
  enum Step: Sendable {
    /// Slice `turn`, counted from 0 with the warm-up, which is the first of each target.
    case slice(turn: Int)
    /// Deletes what the run has made.
    case clean
    case finish
  }

  private enum Phase {
    case preparing, slice, cleaning, finished
  }

  /// What follows when all have arrived.
  private struct Decision {
    var step: Step
    /// Whether the slice that is over is measured.
    var counts: Bool
    var workers: [LoadWorker]
    var progress: LoadProgress?
  }

  private struct State {
    var workers: [LoadWorker] = []
    var arrived = 0
    var phase = Phase.preparing
    /// Slices begun.
    var turn = 0
    var slice: SliceRecord?
    var processorTimeBefore: UInt64?
    /// The measured ones of each target.
    var records: [[SliceRecord]]
    var firstStart: UInt64?
    var isInterrupted = false
    var failure: ClientError?
  }

  private let plan: LoadPlan
  private let surroundings: LoadSurroundings
  private let state: Mutex<State>

  init(_ plan: LoadPlan, _ surroundings: LoadSurroundings) {
    self.plan = plan
    self.surroundings = surroundings
    state = Mutex(State(records: plan.targets.map { _ in [] }))
  }

  /// Before any of them runs.
  func set(_ workers: [LoadWorker]) { state.withLock { $0.workers = workers } }

  var failure: ClientError? { state.withLock { $0.failure } }
  var isInterrupted: Bool { state.withLock { $0.isInterrupted } }
  /// Whether registers were to be deleted, and were not: the run was ended before it was set up.
  var leavesAll: Bool { state.withLock { plan.cleansUp && $0.phase == .preparing } }
  var records: [[SliceRecord]] { state.withLock { $0.records } }
  /// When the first measured slice began, in nanoseconds of the monotonic clock.
  var start: UInt64 { state.withLock { $0.firstStart ?? 0 } }

  /// A worker has done its step; of a slice it tells what it measured.
  func arrive(_ part: SlicePart? = nil) {
    let decision = state.withLock { state -> Decision? in
      if let part { state.slice?.add(part) }
      state.arrived += 1
      guard state.arrived == state.workers.count, state.phase != .finished else { return nil }
      state.arrived = 0
      let ended = endSlice(&state)
      return Decision(
        step: next(&state), counts: ended?.counts ?? false, workers: state.workers,
        progress: ended?.progress)
    }
    guard let decision else { return }
    if let progress = decision.progress { surroundings.onProgress(progress) }
    for worker in decision.workers {
      worker.loop.execute { worker.perform(decision.step, lastCounts: decision.counts) }
    }
  }

  private func endSlice(_ state: inout State) -> (counts: Bool, progress: LoadProgress)? {
    guard state.phase == .slice, var slice = state.slice else { return nil }
    state.slice = nil
    let turn = state.turn - 1
    let number = turn % plan.targets.count
    let target = plan.targets[number]
    if let before = state.processorTimeBefore, let process = target.process,
      let after = surroundings.processorTime(process), after >= before
    {
      slice.processorTime = after - before
    }
    let counts = turn >= plan.targets.count && !slice.isCut
    if counts {
      state.records[number].append(slice)
      if state.firstStart == nil { state.firstStart = slice.start }
    }
    let seconds = Double(plan.sliceMilliseconds) / 1000
    let progress = LoadProgress(
      elapsedSeconds: Double(turn + 1) * seconds,
      totalSeconds: Double(plan.targets.count * (plan.slices + 1)) * seconds, target: target.text,
      operationsPerSecond: slice.operationsPerSecond, p99: Double(slice.p99) / 1000)
    return (counts, progress)
  }

  private func next(_ state: inout State) -> Step {
    let isOver =
      state.isInterrupted || state.turn == plan.targets.count * (plan.slices + 1)
      || state.phase == .cleaning
    guard !isOver else {
      if plan.cleansUp, state.phase != .cleaning {
        state.phase = .cleaning
        return .clean
      }
      state.phase = .finished
      return .finish
    }
    state.phase = .slice
    let turn = state.turn
    state.turn += 1
    let process = plan.targets[turn % plan.targets.count].process
    state.processorTimeBefore = process.flatMap { surroundings.processorTime($0) }
    state.slice = SliceRecord(start: Deadline.now.nanoseconds)
    return .slice(turn: turn)
  }

  /// Ends the run: with what it has, which is nothing where it has not begun.
  func interrupt() {
    let (phase, workers) = state.withLock { state in
      state.isInterrupted = true
      return (state.phase, state.workers)
    }
    for worker in workers {
      switch phase {
      case .preparing: worker.loop.stop()
      case .slice: worker.cut()
      case .cleaning, .finished: break
      }
    }
  }

  /// Ends the run with an error; the first one counts.
  func fail(_ error: ClientError) {
    let workers = state.withLock { state in
      if state.failure == nil { state.failure = error }
      return state.workers
    }
    for worker in workers { worker.loop.stop() }
  }
}
