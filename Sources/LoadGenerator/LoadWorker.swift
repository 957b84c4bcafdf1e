// SPDX-License-Identifier: Apache-2.0

import AtomicsClient
import EventLoop
import Synchronization

/// One thread of a run: a loop and its share of every target's connections, all open throughout.
/// Loop thread only, except for what says otherwise.
final class LoadWorker {
  private let plan: LoadPlan
  /// Its number among the workers, from 0.
  private let number: Int
  private let coordinator: SliceCoordinator
  let loop: EventLoop
  let sides: [LoadSide]
  /// Sides that are set up, or cleaned up.
  private var settledSides = 0
  /// The side of the slice under way.
  private var current: LoadSide?
  /// That of the slice that is over for this thread, and perhaps not for others.
  private var last: LoadSide?
  private var sliceStart: UInt64 = 0
  private var sliceEnd: EventLoop.Timer?
  private var part: SlicePart?
  /// Slices ended, to tell one from the next.
  private var slicesEnded = 0
  /// Requests of the slice's schedule for which lanes were woken.
  private var woken = 0
  private let isCut = Atomic(false)

  init(
    _ plan: LoadPlan, number: Int, _ coordinator: SliceCoordinator
  ) throws(ClientError) {
    self.plan = plan
    self.number = number
    self.coordinator = coordinator
    do throws(EventLoopError) {
      // Linger would hold the last connections open for nothing.
      loop = try EventLoop(limits: StreamLimits(lingerNanoseconds: 0))
    } catch {
      throw ClientError(connecting: error, to: plan.targets[0].text)
    }
    sides = plan.targets.map { LoadSide($0, plan) }
  }

  /// Runs the share of the load on the calling thread.
  func run() {
    let sampler = RankSampler(count: plan.names.count, plan.names.distribution)
    do throws(ClientError) {
      // All is drawn and built before the first connection is made: servers need not wait for it.
      let handlers = try sides.map { side throws(ClientError) in try makeLanes(side, sampler) }
      for (side, handlers) in zip(sides, handlers) { try connect(side, handlers) }
    } catch {
      coordinator.fail(error)
    }
    loop.run()
  }

  /// The lanes of a side; those that are connections are returned.
  private func makeLanes(
    _ side: LoadSide, _ sampler: RankSampler
  ) throws(ClientError) -> [any StreamHandler] {
    side.onSettled = { [unowned self] in sideSettled() }
    side.onIdle = { [unowned self] in sliceIsAnswered(side) }
    side.onFailure = { [coordinator] error in coordinator.fail(error) }
    var handlers: [any StreamHandler] = []
    for number in stride(from: number, to: side.laneCount, by: plan.threads) {
      let sequence = RequestSequence(
        plan, connection: number, of: side.laneCount, sampler: sampler)
      if side.target.wire == .shm {
        let lane = try MapLoad(side, number: number, loop) { [unowned self] in
          isCut.load(ordering: .relaxed)
        }
        try lane.prepare(sequence)
        side.add(lane)
      } else {
        let (lane, handler) = try side.makeConnection(number, sequence)
        side.add(lane)
        handlers.append(handler)
      }
    }
    return handlers
  }

  private func connect(
    _ side: LoadSide, _ handlers: [any StreamHandler]
  ) throws(ClientError) {
    // What is mapped is ready.
    if side.target.wire == .shm { return side.becameSettled() }
    let address = try side.socketAddress()
    for handler in handlers {
      do throws(EventLoopError) {
        try loop.connect(to: address, handler: handler)
      } catch {
        throw ClientError(connecting: error, to: side.target.text)
      }
    }
  }

  private func sideSettled() {
    settledSides += 1
    guard settledSides == sides.count else { return }
    settledSides = 0
    coordinator.arrive()
  }

  /// - Parameter lastCounts: Whether the slice that is over is measured.
  func perform(_ step: SliceCoordinator.Step, lastCounts: Bool) {
    last?.settle(counts: lastCounts)
    last = nil
    switch step {
    case .slice(let turn): beginSlice(turn)
    case .clean: for side in sides { for lane in side.lanes { lane.clean() } }
    case .finish: loop.stop()
    }
  }

  // MARK: - Slices

  private func beginSlice(_ turn: Int) {
    let side = sides[turn % sides.count]
    current = side
    woken = 0
    sliceStart = Deadline.now.nanoseconds
    side.begin()
    sliceEnd = loop.schedule(afterNanoseconds: plan.sliceNanoseconds) { [unowned self] in
      endSlice(side, isCut: false)
    }
    if side.schedule != nil { wakeDue(side) }
  }

  private func endSlice(_ side: LoadSide, isCut: Bool) {
    sliceEnd = nil
    let nanoseconds = Deadline.now.nanoseconds &- sliceStart
    part = SlicePart(
      replies: side.replies, nanoseconds: nanoseconds, allReplies: 0, p99: 0, isCut: isCut)
    if side.schedule == nil || isCut { return stopSending(side) }
    // What fell due since the last look is sent before anything counts as never sent.
    for lane in side.lanes { lane.wake() }
    loop.execute { [self] in
      if let side = current { stopSending(side) }
    }
  }

  private func stopSending(_ side: LoadSide) {
    side.end()
    if side.busyCount == 0 { return sliceIsAnswered(side) }
    let ended = slicesEnded
    loop.schedule(afterNanoseconds: plan.timeoutNanoseconds) { [unowned self] in
      // A server that does not answer the last requests of a slice ends the run.
      if slicesEnded == ended { coordinator.fail(.timeout(applied: .unknown)) }
    }
  }

  private func sliceIsAnswered(_ side: LoadSide) {
    guard var part else { return }
    self.part = nil
    current = nil
    last = side
    slicesEnded += 1
    part.allReplies = side.replies
    part.p99 = side.p99
    coordinator.arrive(part)
  }

  /// Ends the slice under way at once, and it counts for nothing. Any thread.
  func cut() {
    isCut.store(true, ordering: .relaxed)
    loop.execute { [self] in
      guard let side = current, let sliceEnd else { return }
      loop.cancel(sliceEnd)
      endSlice(side, isCut: true)
    }
  }

  // MARK: - The open loop

  /// How long before the next request is due the loop no longer sleeps: epoll counts in
  /// milliseconds.
  private static let spinNanoseconds: UInt64 = 1_100_000

  /// Wakes lanes that have something to send, again and again until the slice ends.
  private func wakeDue(_ side: LoadSide) {
    guard side.isActive, side === current, let schedule = side.schedule else { return }
    let now = Deadline.now.nanoseconds
    let lanes = side.lanes
    var count = 0
    var next = due(woken, lanes.count, in: schedule)
    while next <= now, count < lanes.count {
      lanes[woken % lanes.count].wake()
      woken += 1
      count += 1
      next = due(woken, lanes.count, in: schedule)
    }
    // With more due than there are lanes, each is awake: it sees itself what is due.
    if next <= now { woken = max(woken, dueCount(now, lanes.count, in: schedule)) }
    next = due(woken, lanes.count, in: schedule)
    let wait = next > now &+ Self.spinNanoseconds ? next &- now &- Self.spinNanoseconds : 0
    loop.schedule(afterNanoseconds: wait) { [unowned self] in wakeDue(side) }
  }

  /// When request `index` of this thread is due: its lanes take turns.
  private func due(_ index: Int, _ lanes: Int, in schedule: SendSchedule) -> UInt64 {
    schedule.due(index / lanes, connection: number + index % lanes * plan.threads)
  }

  /// The least number of requests of this thread that are due at `now`.
  private func dueCount(_ now: UInt64, _ lanes: Int, in schedule: SendSchedule) -> Int {
    let last = number + (lanes - 1) * plan.threads
    return lanes * schedule.count(dueAt: now, connection: last)
  }
}

// Sendable because: other threads reach only `loop`, `cut()` and, once `run()` has returned, what
// was measured; all else belongs to the thread in `run()`.
extension LoadWorker: @unchecked Sendable {}
